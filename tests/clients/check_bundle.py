"""Other people's tools on a bundle: each holds it valid, and each refuses it after one byte was changed where it looks.

check_bundle.py BUNDLE [--large] [--tsa-root PEM]. One line a check; leaves with 1 when one of them is wrong.
"""
import argparse, base64, hashlib, json, logging, os, shutil, subprocess, sys, tempfile, time

import bagit
from cryptography import x509
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

parser = argparse.ArgumentParser()
parser.add_argument("bundle")
parser.add_argument("--large", action="store_true", help="validate one file of data/case, and bend case.jsonld alone: the shapes are slow")
parser.add_argument("--tsa-root", help="the root certificate of the authority, where there are time stamps")
options = parser.parse_args()
bundle = os.path.abspath(options.bundle)
failed = 0
logging.disable(logging.CRITICAL)  # what bagit thinks of the changed byte is told in our words


def at(*parts):
    return os.path.join(bundle, *parts)


def read(*parts):
    with open(at(*parts), "rb") as file:
        return file.read()


def run(*words, stdin=None):
    done = subprocess.run(words, input=stdin, capture_output=True, cwd=bundle)
    return done.returncode == 0


def told(what, valid, refused):
    """What a tool said of the bundle as it is, and of one with a changed byte."""
    global failed
    good = valid and refused
    failed += not good
    print(f"{'ok' if good else 'WRONG'}  {what}: {'valid' if valid else 'NOT VALID'}, one changed byte {'refused' if refused else 'NOT REFUSED'}", flush=True)


class Changed:
    """A file of the bundle with one byte changed, put back afterwards."""

    def __init__(self, path, offset=None):
        self.path, self.offset = at(path), offset

    def __enter__(self):
        with open(self.path, "rb") as file:
            self.before = file.read()
        after = bytearray(self.before)
        after[len(after) // 2 if self.offset is None else self.offset] ^= 1
        with open(self.path, "wb") as file:
            file.write(after)

    def __exit__(self, *_):
        with open(self.path, "wb") as file:
            file.write(self.before)


def bag_is_valid():
    try:
        return bagit.Bag(bundle).validate(processes=2)
    except bagit.BagError:
        return False


def raw_key():
    pem = read("data/keys/signer.pem").decode().splitlines()[1]
    return base64.b64decode(pem)[-32:]


def dsse_holds(text):
    envelope = json.loads(text)
    keyid = envelope["signatures"][0]["keyid"]
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": raw_key().hex()})
    try:
        Envelope.from_dict(envelope).verify([key], 1)
    except VerificationError:
        return False
    return True


def ssh_holds():
    words = "ssh-keygen -Y verify -f data/keys/allowed_signers -I service -n bundle-manifest-v1@unbroken -s manifest-sha256.txt.sig"
    return run(*words.split(), stdin=read("manifest-sha256.txt"))


def pkeyutl_holds():
    envelope = json.loads(read("head.dsse.json"))
    body, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    with tempfile.TemporaryDirectory() as work:
        with open(work + "/pae", "wb") as file:
            file.write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))
        with open(work + "/sig", "wb") as file:
            file.write(base64.b64decode(envelope["signatures"][0]["sig"]))
        key = at("data/keys/signer.pem")
        return run("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", work + "/pae", "-sigfile", work + "/sig")


def case_conforms(*paths):
    tool = os.path.join(os.path.dirname(sys.executable), "case_validate")
    return run(tool, *paths)


def token_holds(token, root):
    # The library reads whole replies: the token behind a status of "granted".
    content = b"\x30\x03\x02\x01\x00" + token
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    head = b"\x30" + (length if len(content) < 128 else bytes([0x80 | len(length)]) + length)
    verifier = VerifierBuilder().add_root_certificate(root).build()
    try:
        return verifier.verify_message(decode_timestamp_response(head + content), read("data/checkpoint"))
    except Exception:
        return False


def openssl_token_holds(name):
    return run("openssl", "ts", "-verify", "-token_in", "-in", name, "-data", "data/checkpoint", "-CAfile", os.path.abspath(options.tsa_root))


# A graph whose hash has lost its value, and whose time is none: what the shapes are there for.
def bent(path):
    graph = json.loads(read(path))
    for node in graph["@graph"]:
        facet = node.get("uco-core:hasFacet")
        if facet and "uco-observable:hash" in facet:
            del facet["uco-observable:hash"]["uco-types:hashValue"]
            break
        if "uco-action:endTime" in node:
            node["uco-action:endTime"]["@value"] = "yesterday"
            break
    out = tempfile.NamedTemporaryFile("w", suffix=".jsonld", delete=False)
    json.dump(graph, out)
    out.close()
    return out.name


valid = bag_is_valid()
with Changed("data/bundle.json"):
    told("bagit-python", valid, not bag_is_valid())

text = read("head.dsse.json").decode()
envelope = json.loads(text)
payload = bytearray(base64.b64decode(envelope["payload"]))
payload[len(payload) // 2] ^= 1
changed = json.dumps(envelope | {"payload": base64.b64encode(payload).decode()})
told("securesystemslib DSSE", dsse_holds(text), not dsse_holds(changed))
statement = json.loads(base64.b64decode(envelope["payload"]))
subjects = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
for name, digest in subjects.items():
    same = hashlib.sha256(read(*name.split("/"))).hexdigest() == digest
    with Changed(name):
        differs = hashlib.sha256(read(*name.split("/"))).hexdigest() != digest
    told(f"the statement's subject {name}", same, differs)

valid = ssh_holds()
with Changed("manifest-sha256.txt"):
    told("ssh-keygen -Y", valid, not ssh_holds())

valid = pkeyutl_holds()
with Changed("data/keys/signer.pem", 60):
    told("openssl pkeyutl", valid, not pkeyutl_holds())

names = sorted(os.listdir(at("data/case"))) if os.path.isdir(at("data/case")) else []
actions = names[-1:] if options.large else [*names[:1], *names[-1:]]
chosen = ["data/case.jsonld"] + [f"data/case/{name}" for name in actions]
for path in dict.fromkeys(chosen):
    began = time.time()
    valid, refused = case_conforms(path), True
    if not options.large or path == "data/case.jsonld":
        other = bent(path)
        refused = not case_conforms(other)
        os.unlink(other)
    size, seconds = os.path.getsize(at(path)), time.time() - began
    told(f"case_validate {path} ({size} bytes, {seconds:.0f} s; data/case has {len(names)} files)", valid, refused)

tokens = sorted(os.listdir(at("data/timestamps"))) if os.path.isdir(at("data/timestamps")) else []
if tokens and options.tsa_root:
    with open(options.tsa_root, "rb") as file:
        root = x509.load_pem_x509_certificate(file.read())
    for name in tokens:
        path = f"data/timestamps/{name}"
        token = read(path)
        spoilt = bytearray(token)
        spoilt[-10] ^= 1
        valid = openssl_token_holds(path)
        with Changed("data/checkpoint"):
            told(f"openssl ts {name}", valid, not openssl_token_holds(path))
        told(f"rfc3161-client {name}", token_holds(token, root), not token_holds(bytes(spoilt), root))
else:
    print("left out: openssl ts and rfc3161-client, the bundle holds no time stamps or no root was named")
if not bag_is_valid():
    failed += 1
    print("WRONG  the bundle is not what it was before")
sys.exit(1 if failed else 0)
