"""What libpff says of Outlook data files: one JSON line an item, for tests/it/pst.rs to compare ours with.

    pst.py FILE...         each an Outlook data file; needs libpff-python

libpff reads the file; this script only picks properties out of its records. Nothing here knows our reader. The fields are:

    file, node      the file's name and the item's node
    class           PidTagMessageClass
    subject         PidTagSubject, without the two characters that tell the length of its prefix
    body            PidTagBody; html says whether there is a PidTagHtml
    headers         PidTagTransportMessageHeaders
    message_id      PidTagInternetMessageId
    submitted, delivered   PidTagClientSubmitTime, PidTagMessageDeliveryTime in whole seconds since 1970
    flags, importance      PidTagMessageFlags, PidTagImportance
    from_name, from_address   PidTagSentRepresentingName, PidTagSentRepresentingEmailAddress
    recipients      [type, name, address, SMTP address], in order
    attachments     [size, SHA-256 of the bytes], in order; null where libpff cannot read it as a file
"""

import hashlib
import json
import sys

import pypff

NAMES = {
    0x001A: "class",
    0x0037: "subject",
    0x1000: "body",
    0x007D: "headers",
    0x1035: "message_id",
    0x0039: "submitted",
    0x0E06: "delivered",
    0x0E07: "flags",
    0x0017: "importance",
    0x0042: "from_name",
    0x0065: "from_address",
}


def entries(item):
    """The properties of the item's first record set, by id: (type, entry)."""
    found = {}
    if item.number_of_record_sets:
        record_set = item.get_record_set(0)
        for place in range(record_set.number_of_entries):
            entry = record_set.get_entry(place)
            found.setdefault(entry.entry_type, entry)
    return found


def value(entry):
    kind = entry.value_type
    if kind == 0x001F:
        return entry.data.decode("utf-16-le", "replace").rstrip("\0") if entry.data else ""
    if kind == 0x001E:
        return entry.data.decode("cp1252", "replace").rstrip("\0") if entry.data else ""
    if kind in (0x0002, 0x0003):
        return entry.data_as_integer
    if kind == 0x0040:
        ticks = int.from_bytes(entry.data, "little")
        if ticks == 0 or ticks == 0x0CB34557A3DD4000:
            return None
        return (ticks - 116444736000000000) // 10_000_000
    return None


def recipients(message):
    try:
        table = message.recipients
    except Exception:
        return None
    if table is None:
        return []
    rows = []
    for place in range(table.number_of_record_sets):
        record_set = table.get_record_set(place)
        row = {}
        for number in range(record_set.number_of_entries):
            entry = record_set.get_entry(number)
            row.setdefault(entry.entry_type, entry)
        get = lambda key: value(row[key]) if key in row else None
        rows.append([get(0x0C15), get(0x3001), get(0x3003), get(0x39FE)])
    return rows


def attachments(message):
    found = []
    for place in range(getattr(message, "number_of_attachments", 0)):
        try:
            attachment = message.get_attachment(place)
            size = attachment.get_size()
            content = attachment.read_buffer(size) if size else b""
            found.append([size, hashlib.sha256(content).hexdigest()])
        except Exception:
            found.append(None)
    return found


def messages(folder):
    for place in range(folder.number_of_sub_messages):
        yield folder.get_sub_message(place)
    for place in range(folder.number_of_sub_folders):
        yield from messages(folder.get_sub_folder(place))


def main():
    for path in sys.argv[1:]:
        file = pypff.file()
        try:
            file.open(path)
        except Exception:
            continue
        for message in messages(file.root_folder):
            row = {"file": path.rsplit("/", 1)[-1], "node": message.identifier}
            found = entries(message)
            for key, name in NAMES.items():
                row[name] = value(found[key]) if key in found else None
            subject = row["subject"]
            if subject and subject[0] == "\x01":
                row["subject"] = subject[2:]
            row["html"] = 0x1013 in found
            row["recipients"] = recipients(message)
            row["attachments"] = attachments(message)
            print(json.dumps(row))


main()
