"""Compares what Microsoft's SDK and rclone saw of the simulated tenant with the demo's summary and its own disclosures.

compare.py OUT TOKEN, inside the namespace of read_tenant.sh. The expected digests come from the bundle's disclosures
(ItemRestored: `readback_digest` and `target_name` of files), never from the simulator.
"""
import base64, glob, hashlib, json, os, subprocess, sys, tempfile, urllib.request

out, token = sys.argv[1], sys.argv[2]
passed, failed = 0, 0


def check(what, wanted, found):
    global passed, failed
    if wanted == found:
        passed += 1
    else:
        failed += 1
        print(f"DIFFERENT {what}: the summary says {wanted!r}, the client sees {found!r}")


def graph(path):
    request = urllib.request.Request("https://graph.microsoft.com/v1.0" + path, headers={"Authorization": "Bearer " + token})
    return json.load(urllib.request.urlopen(request, timeout=30))


def entries(bundle):
    for name in sorted(glob.glob(bundle + "/data/entries/*")):
        raw = open(name, "rb").read()
        while raw:
            size = int.from_bytes(raw[:2], "big")
            entry = json.loads(raw[2 : 2 + size])
            yield entry["index"], json.loads(base64.b64decode(entry["event"]["payload"]))
            raw = raw[2 + size :]


def disclosed(bundle):
    facts = {}
    for name in sorted(glob.glob(bundle + "/data/disclosures/*")):
        for line in open(name, encoding="utf-8"):
            row = json.loads(line)
            encoded = row["disclosure"]
            _, field, value = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            facts.setdefault(row["index"], {})[field] = value
    return facts


bundle = out + "/demo/bundle"
summary = json.load(open(out + "/demo/summary.json"))
facts = disclosed(bundle)
restored = [facts.get(i, {}) | {"data": e["data"]} for i, e in entries(bundle) if e["type"] == "ItemRestored/1"]
mails = [r for r in restored if r["data"]["workload"] == "mail"]
files = [r for r in restored if r["data"]["workload"] == "files"]
check("restored items in the ledger", summary["restored"], len(restored))

seen = [json.loads(line) for line in open(out + "/msgraph.jsonl")]
check("messages that msgraph-sdk lists", len(mails), sum(row["messages"] for row in seen))

config = os.path.join(tempfile.mkdtemp(), "rclone.conf")
hashes, sizes = [], []
for user in graph("/users")["value"]:
    drive = graph(f"/users/{user['id']}/drive")
    static = json.dumps({"access_token": token, "token_type": "Bearer", "refresh_token": "none", "expiry": "2099-01-01T00:00:00Z"})
    with open(config, "w") as file:
        file.write(f"[sim]\ntype = onedrive\ndrive_id = {drive['id']}\ndrive_type = business\ntoken = {static}\n")
    local = tempfile.mkdtemp()
    # Two names that differ only in how an accent is written are two files: rclone would take them for one.
    rclone = ["rclone", "--config", config, "--no-unicode-normalization"]
    subprocess.run([*rclone, "copy", "--checksum", "sim:", local], check=True)
    subprocess.run([*rclone, "check", "sim:", local], check=True)  # quickXorHash, by rclone's own code
    for folder, _, names in os.walk(local):
        for name in names:
            path = os.path.join(folder, name)
            hashes.append(hashlib.sha256(open(path, "rb").read()).hexdigest())
check("files that rclone copies", len(files), len(hashes))
check("SHA-256 of every file that rclone copies", sorted(f["readback_digest"] for f in files), sorted(hashes))
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
