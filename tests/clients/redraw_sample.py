#!/usr/bin/env python3
"""Draws a sample of `unbroken sample` again from a full bundle, from docs/sampling.md and docs/ledger-format.md alone, and
checks each entry's proof. Standard library only. It does not check signatures: `unbroken-verify` does.

    redraw_sample.py BUNDLE SAMPLE

Exit code 0: the same sample, every proof holds. 1: it says what differs."""

import base64
import hashlib
import json
import pathlib
import sys

ITEM_TYPES = {
    "ItemAttempted/1", "AttemptFailed/1", "AttemptInterrupted/1", "PartialFound/1", "ContentScanned/1",
    "ItemRestored/1", "ItemHeld/1", "ItemSkipped/1", "ItemFailed/1",
}
ENDS = {"ItemHeld/1": "held", "ItemSkipped/1": "skipped", "ItemFailed/1": "failed"}


def expect(holds, what):
    if not holds:
        sys.exit(f"DIFFERS: {what}")


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(entry):
    return sha256(b"\x00", entry)


def root(leaves):
    """RFC 6962 section 2.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01", root(leaves[:split]), root(leaves[split:]))


def root_of_proof(index, size, leaf_hash, proof):
    """RFC 9162 section 2.1.3.2."""
    expect(index < size, f"entry {index} of {size}")
    fn, sn, found = index, size - 1, leaf_hash
    for sibling in proof:
        expect(sn > 0, f"the proof of entry {index} is too long")
        if fn & 1 or fn == sn:
            found = sha256(b"\x01", sibling, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = sha256(b"\x01", found, sibling)
        fn, sn = fn >> 1, sn >> 1
    expect(sn == 0, f"the proof of entry {index} is too short")
    return found


def entries_of(bundle):
    """docs/ledger-format.md 11.2: u16 big-endian length || entry, repeated."""
    for path in sorted((bundle / "data/entries").iterdir()):
        data, at = path.read_bytes(), 0
        while at < len(data):
            length = int.from_bytes(data[at:at + 2], "big")
            expect(length > 0 and at + 2 + length <= len(data), f"{path}: torn")
            yield data[at + 2:at + 2 + length]
            at += 2 + length


def event_of(entry):
    return json.loads(base64.b64decode(json.loads(entry)["event"]["payload"], validate=True))


def checkpoint(text):
    _origin, size, root_line = text.split("\n")[:3]
    return int(size), base64.b64decode(root_line, validate=True)


def population(entries, sample):
    members = {}
    for index, entry in enumerate(entries):
        event = event_of(entry)
        if event["type"] not in ITEM_TYPES or not event["stream"].startswith("custodian/"):
            continue
        custodian = event["stream"].removeprefix("custodian/")
        if sample["custodian"] not in ("", custodian):
            continue
        start = {"none": "all", "outcome": "open", "workload": "not-known"}[sample["stratify"]]
        member = members.setdefault(
            event["data"]["item"], {"custodian": custodian, "stratum": start, "entries": []})
        member["entries"].append(index)
        outcome = ENDS.get(event["type"])
        if event["type"] == "ItemRestored/1":
            outcome = "identical" if event["data"]["class"] == "identical" else "as_declared"
        if outcome and sample["stratify"] == "outcome":
            member["stratum"] = outcome
        if outcome and sample["stratify"] == "workload":
            member["stratum"] = event["data"]["workload"]
    return members


def redraw(members, sample):
    strata = {}
    for item, member in members.items():
        key = sha256(f"unbroken/sample/v1\n{sample['seed']}\n{item}".encode())
        strata.setdefault(member["stratum"], []).append((key, item))
    drawn = []
    for stratum in sorted(strata):
        for key, item in sorted(strata[stratum])[:sample["n"]]:
            drawn.append({"item": item, "key": key.hex(), **members[item]})
    return drawn, {stratum: len(keys) for stratum, keys in strata.items()}


def check_proof(folder, index, entry, size, wanted):
    path = folder / f"{index:012}.json"
    expect(path.read_bytes() == entry, f"{path} is not the bundle's entry")
    proof, note = path.with_suffix(".tlog-proof").read_text().split("\n\n", 1)
    head, place, *hashes = proof.split("\n")
    expect(head == "c2sp.org/tlog-proof@v1" and place == f"index {index}", f"{path}: its proof")
    expect(checkpoint(note) == (size, wanted), f"{path}: another checkpoint")
    hashes = [base64.b64decode(line, validate=True) for line in hashes]
    expect(root_of_proof(index, size, leaf(entry), hashes) == wanted, f"{path}: its proof")


def check_disclosures(folder, index, entry):
    path = folder / f"{index:012}.disclosures"
    count = 0
    for line in path.read_text().splitlines() if path.exists() else []:
        shown = json.loads(line)
        expect(shown["index"] == index, f"{path}: of another entry")
        digest = base64.urlsafe_b64encode(sha256(shown["disclosure"].encode())).rstrip(b"=").decode()
        expect(digest in event_of(entry)["sd"], f"{path}: a fact that the entry does not hold")
        count += 1
    return count


def main(bundle, folder):
    sample = json.loads((folder / "sample.json").read_text())
    expect(sample["algorithm"] == "unbroken/sample/v1", "another algorithm")
    size, wanted = checkpoint((folder / "checkpoint").read_text())
    expect((size, wanted.hex()) == (sample["size"], sample["root"]), "the checkpoint")
    entries = list(entries_of(bundle))
    expect(len(entries) >= size, f"the bundle holds {len(entries)} entries, the sample is of {size}")
    entries = entries[:size]
    expect(root([leaf(entry) for entry in entries]) == wanted, "the root over the bundle's entries")
    members = population(entries, sample)
    digest = sha256("".join(f"{item}\n" for item in sorted(members)).encode()).hex()
    expect(len(members) == sample["population"], f"a population of {len(members)}")
    expect(digest == sample["population_digest"], f"the population's digest: {digest}")
    drawn, strata = redraw(members, sample)
    expect(strata == sample["strata"], f"the strata: {strata}")
    fields = ["item", "key", "custodian", "stratum", "entries"]
    shown = [{field: item[field] for field in fields} for item in sample["drawn"]]
    expect(drawn == shown, "what is drawn")
    expect(sorted(path.name for path in (folder / "items").iterdir()) ==
           sorted(item["item"] for item in drawn), "the folders of the items")
    proofs = facts = 0
    for item in drawn:
        for index in item["entries"]:
            inside = folder / "items" / item["item"]
            check_proof(inside, index, entries[index], size, wanted)
            facts += check_disclosures(inside, index, entries[index])
            proofs += 1
    print(f"the same {len(drawn)} of {len(members)} items drawn again; "
          f"{proofs} proofs hold, {facts} facts belong to their entries")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.setrecursionlimit(10_000)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
