"""What the simulated tenant holds after a demo over real mail, against what Python's parser says of the originals.

    read_back_mail.py UNBROKEN SOURCE OUT     UNBROKEN the built binary, SOURCE a folder of EML and mbox, OUT a folder that does not exist yet
    read_back_mail.py --tenant BASE TENANT CLIENT SECRET-FILE USER SOURCE BUNDLE     a restore that was done: tests/it/mail_corpus.rs

Starts the demo where it is not given a tenant, reads every message through Graph, and compares subject, addresses, date, words of the
body and SHA-256 of each attachment with the lines of tests/oracle/mail.py. Our parser has no part in it. Python's standard library alone.
A message that is signed in the open carries its own bytes as `signed-original.eml`: that file must be those bytes, and is then set aside.
Prints a line a difference and the counts; leaves with 1 when fewer than 98 % of the messages are equal in every field, or one is missing.
"""
import base64, glob, hashlib, html, json, os, re, subprocess, sys, time, urllib.parse, urllib.request

done = sys.argv[1] == "--tenant"
if done:
    base, tenant, client, secret_file, user, source, bundle = sys.argv[2:9]
else:
    unbroken, source, out = sys.argv[1:4]
    bundle = out + "/bundle"
here = os.path.dirname(os.path.abspath(__file__))
oracle = os.path.join(here, "..", "oracle", "mail.py")


def originals():
    lines = subprocess.run([sys.executable, oracle, source], check=True, capture_output=True, text=True).stdout
    rows = map(json.loads, lines.splitlines())
    return {row["path"] + (f"#{row['ordinal']}" if row["ordinal"] else ""): row for row in rows}


def signed_in():
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": open(secret_file).read(), "scope": "https://graph.microsoft.com/.default"}
    answer = urllib.request.urlopen(f"{base}/{tenant}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode(), timeout=30)
    return json.loads(answer.read())["access_token"]


def start():
    demo = subprocess.Popen([unbroken, "demo", "--source", source, "--out", out, "--keep-serving"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    for line in demo.stderr:
        if found := re.search(r"answers at (http://\S+);", line):
            return demo, found[1]
    sys.exit("the demo ended without serving")


def disclosed():
    """By locator: the target's id."""
    facts = {}
    for name in glob.glob(bundle + "/data/disclosures/*"):
        for line in open(name, encoding="utf-8"):
            row = json.loads(line)
            encoded = row["disclosure"]
            _, field, value = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            facts.setdefault(row["index"], {})[field] = value
    return {f["locator"]: f["target_id"] for f in facts.values() if "target_id" in f and "locator" in f}


def get(path):
    headers = {"Authorization": "Bearer " + token, "Prefer": "outlook.allow-unsafe-html"}
    request = urllib.request.Request(base + path, headers=headers)
    return urllib.request.urlopen(request, timeout=30).read()


def words(text):
    """No mark-up, no white space, nothing that a service re-encodes."""
    text = re.sub(r"(?is)<(script|style|title)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)", "", text)
    text = re.sub(r"<[a-zA-Z/!?][^>]*>", "", text)
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\s\ufeff\u00a0]+", "", html.unescape(text))
    return text


def same(python, found):
    """Where Python gave bytes up (U+FFFD), anything may stand."""
    if "\ufffd" not in python:
        return python == found
    first, *pieces = re.split("\ufffd+", python)
    if not found.startswith(first):
        return False
    at = len(first)
    for piece in pieces:
        at = found.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def takes(address):
    return re.fullmatch(r"[^\s<>,;\"@]+@[^\s<>,;\"]+", address) is not None or address.startswith("/o=")


def addresses(value):
    one = [value] if isinstance(value, dict) else value or []
    return [item["emailAddress"]["address"].lower() for item in one]


def compare(row, message, files, original):
    differences = []

    def check(field, expected, found, equal=None):
        if not (expected == found if equal is None else equal):
            start = 0
            if isinstance(expected, str):
                # The first place at which they part, and a little before it.
                start = max(0, len(os.path.commonprefix([expected, found])) - 20)
            differences.append(f"{field}: Python {str(expected)[start:][:60]!r}, tenant {str(found)[start:][:60]!r}")

    subject = re.sub(r"\s+", " ", message["subject"]).strip()
    expected = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", row["subject"])
    check("subject", expected, subject, same(expected[:255].strip(), subject) or same(words(expected[:255]), words(subject)))
    for field, name in (("from", "from"), ("to", "toRecipients"), ("cc", "ccRecipients")):
        theirs = row[field] if isinstance(row[field], list) else [row[field]] if row[field] else []
        theirs = [a for a in theirs if a and takes(a)]
        ours = addresses(message.get(name))
        theirs = theirs[:1] if field == "from" else theirs
        check(field, theirs, ours, len(theirs) == len(ours) and all(map(same, theirs, ours)))
    if row["date"]:
        check("date", row["date"], message["sentDateTime"])
    # Latin-1 as declared has controls at 0x80 to 0x9f; as it is written it is windows-1252, and we read it so (mail.py, oracle.rs).
    theirs = words(re.sub("[\x80-\x9f]", "\ufffd", row["body_text"] or ""))
    ours = words(message["body"]["content"])
    check("body", theirs, ours, same(theirs, ours))
    originals = [content for name, content in files if name == "signed-original.eml"]
    if originals and original is not None:
        check("signed original", hashlib.sha256(original).hexdigest(), hashlib.sha256(originals[-1]).hexdigest())
    files = [content for name, content in files if name != "signed-original.eml"]
    # An enclosed message has no bytes of its own in Python (see mail.py): it is counted, not hashed.
    check("attachments", len(row["attachments"]), len(files))
    hashed = sorted(one["sha256"] for one in row["attachments"] if one["size"] is not None)
    found = sorted(hashlib.sha256(content).hexdigest() for content in files)
    check("attachment hashes", hashed, found, all(hashed.count(h) <= found.count(h) for h in hashed))
    return differences


expected = originals()
demo = None
if not done:
    demo, base = start()
try:
    token = signed_in() if done else open(out + "/simulated-token").read()
    base += "/v1.0"
    ids = disclosed()
    user = user if done else json.loads(get("/users"))["value"][0]["id"]
    equal, unequal, missing = 0, 0, []
    for path, row in sorted(expected.items()):
        target = next((ids[name] for name in (path, os.path.relpath(path, source)) if name in ids), None)
        if target is None:
            missing.append(path)
            continue
        quoted = urllib.parse.quote(target, safe="")
        message = json.loads(get(f"/users/{user}/messages/{quoted}"))
        listed = json.loads(get(f"/users/{user}/messages/{quoted}/attachments?$top=1000"))["value"]
        files = [(one["name"], base64.b64decode(one["contentBytes"])) for one in listed]
        # One out of an mbox has lost the mbox's own quoting: what its bytes are is said by our reader alone.
        original = None if row["ordinal"] else open(os.path.join(source, row["path"]), "rb").read()
        found = compare(row, message, files, original)
        equal, unequal = equal + (not found), unequal + bool(found)
        for difference in found:
            print(f"{path}: {difference}")
finally:
    if demo:
        demo.kill()
readable = [path for path, row in expected.items() if row["readable"]]
lost = [path for path in missing if path in readable]
print(f"{len(expected)} files, {len(readable)} readable by Python, {equal} equal in every field, {unequal} not, {len(missing)} not restored {missing[:5]}")
sys.exit(0 if not lost and equal >= 0.98 * len(readable) else 1)
