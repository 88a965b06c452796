"""What Python's email parser says of real mail: one JSON line a message, for tests/it/oracle.rs to compare ours with.

    mail.py PATH...        each PATH an .eml file, an .mbox file, or a folder of them

Python's standard library alone; nothing here knows our parser. Headers, structure, body and attachments are those of `policy.default`; a
header on which that policy fails is read as the older `compat32` reads it. The fields are:

    path, ordinal   the file below PATH; for an mbox the message from 1, else 0
    readable        there is a header, or a body that is not blank
    subject         unfolded, encoded words decoded, runs of blanks as one
    from, to, cc    addresses alone (the part that delivers), lowercase; groups flattened
    date            `Date` in UTC, RFC 3339, or null; a date without a zone counts as UTC
    body_text       of get_body(("html", "plain")), decoded; runs of blanks as one
    attachments     every leaf but the body and the plainer forms of it: name or null, size, sha256 of the decoded content

Normalisations, each because neither side is wrong:

  blanks        runs of ASCII white space are one space: line endings and folding carry no meaning here.
  rfc822        Python keeps no bytes of an enclosed message, it writes it anew (line endings, folds, blanks, a closing boundary where
                there was none). So a message/* leaf is hashed without white space and closing boundaries, and its size is null.
  nothing       a text of no bytes, a broken multipart of blanks, a part without a header or a byte is no attachment.
  base64        of a length that cannot be: Python hands out the encoded text; here what decodes of it counts. And a blank after the
                name of a transfer encoding is no part of the name.
  structure     where `policy.default` loses an unquoted boundary and finds no part, and `compat32` finds them, that one counts.
  mbox          `>From ` lines lose one `>`: mailbox.mbox leaves the quoting in.
  mac           a file with CR as its only line ending is read with LF: mailbox.mbox would see one message in it.
  no multipart  a multipart whose boundary never comes has its text as the body; get_body finds none.
"""

import base64
import email
import email.errors
import email.generator
import email.header
import email.message
import email.policy
import email.utils
import hashlib
import json
import mailbox
import os
import re
import sys
import tempfile
from datetime import timezone

sys.setrecursionlimit(5000)


def plain(text):
    """Surrogates are bytes that Python could not decode."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def spaced(text):
    return re.sub("[ \t\r\n\f]+", " ", plain(text).replace("\x00", "")).strip(" ")


def header(modern, old, name):
    try:
        value = modern[name]
        return None if value is None else str(value)
    except Exception:
        value = old[name]
        if value is None:
            return None
        try:
            return str(email.header.make_header(email.header.decode_header(str(value))))
        except Exception:
            return str(value)


def addresses(modern, old, name):
    try:
        found = [a for field in modern.get_all(name, []) for a in field.addresses]
        spelled = [a.addr_spec for a in found]
    except Exception:
        spelled = [a for _, a in email.utils.getaddresses([str(v) for v in old.get_all(name, [])])]
    return [plain(a).strip().lower() for a in spelled if a.strip() and a != "<>"]


def date(modern, old):
    try:
        field = modern["date"]
        found = None if field is None else field.datetime
    except Exception:
        try:
            found = email.utils.parsedate_to_datetime(str(old["date"]))
        except Exception:
            found = None
    if found is None:
        return None
    try:
        if found.tzinfo is not None:
            found = found.astimezone(timezone.utc)
        return found.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError:
        return None


def content(part):
    coding = part.get("content-transfer-encoding")
    if coding is not None and str(coding) != str(coding).strip():
        part.replace_header("content-transfer-encoding", str(coding).strip())
    payload = part.get_payload(decode=True)
    if payload and str(coding).strip().lower() == "base64" and payload == bare(part):
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", payload)
        return base64.b64decode(letters[: len(letters) // 4 * 4])
    return payload if payload is not None else b""


def bare(part):
    return part.get_payload().encode("ascii", "surrogateescape").replace(b"\r", b"").replace(b"\n", b"")


def text(part):
    raw = content(part)
    charset = part.get_param("charset", "ascii")
    try:
        charset = email.utils.collapse_rfc2231_value(charset)
        return raw.decode(charset, "replace")
    except (LookupError, ValueError, TypeError):
        return raw.decode("ascii", "replace")


def leaves(part, path=()):
    """Every part that holds no others, with where it stands; an enclosed message is one leaf."""
    if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
        for number, inner in enumerate(part.get_payload()):
            yield from leaves(inner, path + (number,))
    else:
        yield path, part


def at(root, path):
    for step in path:
        root = root.get_payload()[step]
    return root


def filename(part):
    try:
        name = part.get_filename()
    except Exception:
        return None
    return spaced(name) or None if name else None


def disposition(part):
    try:
        return part.get_content_disposition()
    except Exception:
        return None


def is_other_form(root, body, path, part):
    shared = os.path.commonprefix([body, path])
    return (
        at(root, shared).get_content_type() == "multipart/alternative"
        and part.get_content_type() in ("text/plain", "text/html")
        and disposition(part) != "attachment"
        and filename(part) is None
    )


def attachment(part):
    name = filename(part)
    if part.get_content_maintype() == "message" and isinstance(part.get_payload(), list):
        old = [email.message_from_bytes(flat(inner)) for inner in part.get_payload()]
        raw = b"".join(flat(inner) for inner in old)
        coding = str(part.get("content-transfer-encoding", "")).strip().lower()
        if coding in ("base64", "quoted-printable"):
            # Not allowed (RFC 2046 section 5.2.1), and found all the same: Python takes the encoded text for the message.
            holder = email.message.Message()
            holder["Content-Transfer-Encoding"] = coding
            holder.set_payload(raw.decode("ascii", "surrogateescape"))
            raw = holder.get_payload(decode=True)
        raw = re.sub(rb"(?m)^--\S[^\r\n]*--[ \t]*\r?$", b"", raw)
        digest = hashlib.sha256(b"".join(raw.split())).hexdigest()
        return {"name": name, "size": None, "sha256": digest}
    raw = content(part)
    return {"name": name, "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def flat(message):
    from email.generator import BytesGenerator
    from io import BytesIO

    out = BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=email.policy.compat32).flatten(message)
    return out.getvalue()


def lost_boundary(message):
    return any(
        part.get_content_maintype() == "multipart"
        and any(isinstance(defect, email.errors.StartBoundaryNotFoundDefect) for defect in part.defects)
        for _, part in leaves(message)
    )


def old_structure(raw):
    """The parts as compat32 splits them, with the methods of the newer class."""
    policy = email.policy.compat32.clone(message_factory=email.message.EmailMessage)
    return email.message_from_bytes(raw, policy=policy)


def described(raw):
    modern = email.message_from_bytes(raw, policy=email.policy.default)
    old = email.message_from_bytes(raw)
    headers = modern
    if lost_boundary(modern):
        modern = old_structure(raw)
    parts = list(leaves(modern))
    payload = modern.get_payload()
    blank = not isinstance(payload, list) and not content(modern).strip()
    readable = bool(old.keys()) or not blank
    try:
        body = modern.get_body(("html", "plain"))
    except Exception:
        body = None
    if body is None and modern.get_content_maintype() == "multipart" and not isinstance(payload, list):
        body = modern
    body_path = next((path for path, part in parts if part is body), None)
    attachments = []
    for path, part in parts:
        if part is body or (body is not None and is_other_form(modern, body_path, path, part)):
            continue
        found = attachment(part)
        kind = part.get_content_maintype()
        says_nothing = found["size"] == 0 if kind == "text" else kind == "multipart" and not content(part).strip()
        if found["name"] is None and (says_nothing or (found["size"] == 0 and not part.keys())):
            continue
        attachments.append(found)
    body_text = "" if body is None else spaced(text(body))
    return {
        "readable": readable,
        "subject": spaced(header(headers, old, "subject") or ""),
        "from": addresses(headers, old, "from"),
        "to": addresses(headers, old, "to"),
        "cc": addresses(headers, old, "cc"),
        "date": date(headers, old),
        "body_text_sha256": hashlib.sha256(body_text.encode()).hexdigest(),
        "body_text": body_text,
        "attachments": attachments,
    }


def messages(path):
    with open(path, "rb") as file:
        whole = file.read()
    if not path.lower().endswith((".mbox", ".mbx")):
        yield 0, whole
        return
    if b"\n" not in whole:
        whole = whole.replace(b"\r", b"\n")
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(whole)
        copy.flush()
        box = mailbox.mbox(copy.name, create=False)
        for ordinal, key in enumerate(box.keys(), 1):
            yield ordinal, re.sub(rb"^>(>*From )", rb"\1", box.get_bytes(key), flags=re.M)


def main(paths):
    for top in paths:
        found = [top] if os.path.isfile(top) else []
        for folder, _, names in os.walk(top):
            found += [os.path.join(folder, name) for name in names]
        for path in sorted(found):
            for ordinal, raw in messages(path):
                row = {"path": os.path.relpath(path, top) if path != top else os.path.basename(path), "ordinal": ordinal}
                try:
                    row |= described(raw)
                except Exception as error:
                    row |= {"readable": None, "error": f"{type(error).__name__}: {error}"}
                print(json.dumps(row, ensure_ascii=True))


if __name__ == "__main__":
    main(sys.argv[1:])
