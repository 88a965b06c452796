"""What extract_msg and tnefparse say of message files and TNEF streams: one JSON line a file, for tests/it/msg.rs to compare ours with.

    msg.py FILE...         needs extract-msg and tnefparse

Nothing here knows our reader. The fields are:

    path            as given
    error           the tool's own words where it does not read the file; all else is null then
    class, subject, body, message_id
    submitted, delivered   in whole seconds since 1970
    recipients      [type, name, address], in order of their storages
    attachments     [name, size, SHA-256] of those that are files, in order; [name, null, null] for a message within
    rtf             ["html" or "text", what RTFDE takes out of the RTF]; null where there is none, or it cannot
"""

import hashlib
import json
import logging
import sys
import warnings
from datetime import timezone

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import compressed_rtf
import extract_msg
from RTFDE.deencapsulate import DeEncapsulator
from tnefparse import TNEF


def seconds(value):
    if value is None:
        return None
    if value.tzinfo is None:
        value = value.replace(tzinfo=timezone.utc)
    return int(value.timestamp())


def text(value):
    if isinstance(value, bytes):
        return value.decode("cp1252", "replace").rstrip("\0")
    return value.rstrip("\0") if isinstance(value, str) else value


def taken_out_of_rtf(file):
    compressed = file.getStream("__substg1.0_10090102")
    if not compressed:
        return None
    try:
        read = DeEncapsulator(compressed_rtf.decompress(compressed))
        read.deencapsulate()
        content = read.html if read.content_type == "html" else read.text
        # RTFDE hands over UTF-8.
        content = content.decode("utf-8") if isinstance(content, bytes) else content
        return [read.content_type, text(content)]
    except Exception:  # RTF that was written as such, or in a code page that the library does not know
        return None


def message(path):
    file = extract_msg.openMsg(
        path,
        errorBehavior=extract_msg.enums.ErrorBehavior.SUPPRESS_ALL,
        delayAttachments=False,
    )
    get = lambda tag: file.getPropertyVal(tag)
    stream = lambda tag: text(file.getStringStream("__substg1.0_" + tag))
    row = {
        "class": stream("001A"),
        "subject": stream("0037"),
        "body": stream("1000"),
        "message_id": stream("1035"),
        "submitted": seconds(get("00390040")),
        "delivered": seconds(get("0E060040")),
        "rtf": taken_out_of_rtf(file),
        "recipients": [],
        "attachments": [],
    }
    for recipient in getattr(file, "recipients", None) or []:
        kind = recipient.getPropertyVal("0C150003")
        name = text(recipient.getStringStream("__substg1.0_3001"))
        address = text(recipient.getStringStream("__substg1.0_3003"))
        row["recipients"].append([kind, name, address])
    for attachment in file.attachments:
        name = attachment.longFilename or attachment.shortFilename
        data = attachment.data
        if isinstance(data, bytes):
            row["attachments"].append([text(name), len(data), hashlib.sha256(data).hexdigest()])
        else:
            row["attachments"].append([text(name), None, None])
    return row


def tnef(path):
    read = TNEF(open(path, "rb").read(), do_checksum=False)
    attachments = []
    for attachment in read.attachments:
        data = attachment.data
        attachments.append([text(attachment.long_filename()), len(data), hashlib.sha256(data).hexdigest()])
    return {"attachments": attachments}


def main():
    for path in sys.argv[1:]:
        try:
            row = message(path) if path.lower().endswith(".msg") else tnef(path)
        except Exception as error:
            row = {"error": f"{type(error).__name__}: {error}"}
        row["path"] = path
        print(json.dumps(row, default=str))


main()
