#!/usr/bin/env python3
"""What Python's `icalendar` and `vobject` read of a tree of .ics and .vcf files: one JSON line a file.

    python3 tests/oracle/ics_vcf.py FOLDER

`items` counts what a person would call an item: the components of one kind and UID are one (a series with its changed occurrences),
unless the same occurrence stands there again; each card that says something is one. `null` where the library refuses the file as a whole.
`facts` says of each item, in the same order, what it is about: of an event or a task its kind, UID, summary, start, end, whether it
repeats, and how many were asked to come; of a card its name, addresses and telephones. A time without a zone is read as UTC.
"""

import datetime
import json
import sys
import warnings
from pathlib import Path

import icalendar
import vobject

warnings.simplefilter("ignore")
KINDS = ("VEVENT", "VTODO")


def instant(value):
    """A day as it is, a time in UTC."""
    if value is None:
        return None
    if not isinstance(value, datetime.datetime):
        return value.isoformat()
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc)
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")


def value_of(component, name):
    found = component.get(name)
    found = found[0] if isinstance(found, list) else found
    return getattr(found, "dt", None)


def event_facts(component, uid):
    start, end = value_of(component, "DTSTART"), value_of(component, "DTEND")
    length = value_of(component, "DURATION")
    if end is None and start is not None and isinstance(length, datetime.timedelta):
        end = start + length
    attendees = component.get("ATTENDEE", [])
    return {
        "kind": component.name,
        "uid": uid,
        "summary": str(component.get("SUMMARY", "")),
        "start": instant(start),
        "end": instant(end),
        "repeats": "RRULE" in component,
        "attendees": len(attendees) if isinstance(attendees, list) else 1,
        "occurrence": "RECURRENCE-ID" in component,
    }


def calendar_items(data):
    items = []
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
            try:
                facts = event_facts(component, uid)
            except Exception:  # one that the library holds and cannot make sense of: it is counted, and compared in nothing
                facts = {"occurrence": "RECURRENCE-ID" in component}
            if uid and group is not None and occurrence not in group[0]:
                group[0].append(occurrence)
                # The series itself says what the item is about, wherever it stands among its occurrences.
                if items[group[1]]["occurrence"] and not facts["occurrence"]:
                    items[group[1]] = facts
                continue
            seen[(component.name, uid)] = ([occurrence], len(items))
            items.append(facts)
    return items


def cards(data):
    text = data.decode("utf-8", "replace")
    found = vobject.readComponents(text, allowQP=True, ignoreUnreadable=True)
    return [card_facts(one) for one in found if one.name == "VCARD" and says_something(one)]


def card_facts(card):
    def values(name):
        return [str(line.value).strip() for line in card.contents.get(name, []) if str(line.value).strip()]

    return {"name": " ".join(values("fn")[:1]), "emails": values("email"), "telephones": values("tel")}


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
            facts = read(path.read_bytes())
        except Exception:  # whatever the library raises: it does not read this file
            facts = None
        items = None if facts is None else len(facts)
        print(json.dumps({"path": str(path.relative_to(top)), "items": items, "facts": facts}))


if __name__ == "__main__":
    main(sys.argv[1])
