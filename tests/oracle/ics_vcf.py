#!/usr/bin/env python3
"""What Python's `icalendar` and `vobject` read of a tree of .ics and .vcf files: one JSON line a file.

    python3 tests/oracle/ics_vcf.py FOLDER

`items` counts what a person would call an item: the components of one kind and UID are one (a series with its changed occurrences),
unless the same occurrence stands there again; each card that says something is one. `null` where the library refuses the file as a whole.
"""

import json
import sys
import warnings
from pathlib import Path

import icalendar
import vobject

warnings.simplefilter("ignore")
KINDS = ("VEVENT", "VTODO")


def calendar_items(data):
    items = 0
    seen = {}
    for top in icalendar.Calendar.from_ical(data, multiple=True):
        components = top.subcomponents if top.name == "VCALENDAR" else [top]
        for component in components:
            if component.name not in KINDS:
                continue
            uid = str(component.get("UID", "")).strip()
            occurrence = component.get("RECURRENCE-ID")
            occurrence = occurrence.to_ical() if hasattr(occurrence, "to_ical") else str(occurrence)
            group = seen.get((component.name, uid))
            if uid and group is not None and occurrence not in group:
                group.append(occurrence)
                continue
            seen[(component.name, uid)] = [occurrence]
            items += 1
    return items


def cards(data):
    text = data.decode("utf-8", "replace")
    found = vobject.readComponents(text, allowQP=True, ignoreUnreadable=True)
    return sum(1 for one in found if one.name == "VCARD" and says_something(one))


def says_something(card):
    """A card without a single value is no contact."""
    lines = [line for line in card.getChildren() if line.name not in ("VERSION", "PRODID", "UID")]
    return any(str(line.value).strip() for line in lines)


def main(folder):
    top = Path(folder)
    for path in sorted(top.rglob("*")):
        if not path.is_file():
            continue
        read = cards if path.suffix.lower() == ".vcf" else calendar_items
        try:
            items = read(path.read_bytes())
        except Exception:  # whatever the library raises: it does not read this file
            items = None
        print(json.dumps({"path": str(path.relative_to(top)), "items": items}))


if __name__ == "__main__":
    main(sys.argv[1])
