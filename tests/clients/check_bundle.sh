#!/bin/bash
# Other people's tools on a bundle of the demo, full and redacted, and on one of 100,000 events: check_bundle.sh [PYTHON]
# PYTHON has what requirements.txt beside this names; without it an environment is made below the target folder.
# Each tool must hold the bundle valid, and refuse it when one byte is another. Leaves with 1 when one does not.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
python=${1:-}
if [ -z "$python" ]; then
    tools="$target/bundle-python"
    [ -x "$tools/bin/python" ] || python3 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet -r tests/clients/requirements.txt
    python="$tools/bin/python"
fi
for tool in openssl ssh-keygen; do
    command -v "$tool" > /dev/null || { echo "left out: $tool is not here, and nothing was checked"; exit 0; }
done
cargo build --quiet -p unbroken -p unbroken-verify --bins --examples
work=$(mktemp -d)
authority=
trap '[ -z "$authority" ] || kill "$authority"; rm -rf "$work"' EXIT

mkdir "$work/tsa"
"$python" tests/clients/authority.py "$work/tsa" & authority=$!
"$target/debug/unbroken" demo --out "$work/demo" > /dev/null
for _ in $(seq 100); do [ -e "$work/tsa/url" ] && break; sleep 0.1; done
mkdir "$work/demo/anchors"
cp "$work/tsa/roots.pem" "$work/demo/anchors/roots.pem"
printf 'authority a1 %s roots.pem\n' "$(cat "$work/tsa/url")" > "$work/demo/anchors/authorities"
"$target/debug/unbroken" ledger anchor --case "$work/demo" > /dev/null
"$target/debug/unbroken" bundle export --case "$work/demo" --edition full --out "$work/full"
"$python" tests/clients/check_bundle.py "$work/full" --tsa-root "$work/tsa/roots.pem"
"$target/debug/unbroken" bundle export --case "$work/demo" --edition redacted --out "$work/redacted"
"$python" tests/clients/check_bundle.py "$work/redacted" --large --tsa-root "$work/tsa/roots.pem"
# What the authority stamped stands in a later report under its name, in every rendering.
"$target/debug/unbroken" report issue --case "$work/demo" --edition full --out "$work/later" > /dev/null
for file in report.json tables/time-stamps.csv; do
    grep -q '1\.2\.3\.4\.1' "$work/later/$file" || { echo "WRONG  $file does not name the authority"; exit 1; }
done
[ "$(grep -c ',Authority,' "$work/later/tables/time-stamps.csv")" -gt 0 ]
if command -v pdftotext > /dev/null; then
    pdftotext -layout "$work/later/report.pdf" "$work/text"
    grep -q '1\.2\.3\.4\.1' "$work/text" || { echo 'WRONG  report.pdf does not name the authority'; exit 1; }
fi
echo 'ok  the report names the authority, its time, serial and policy: JSON, CSV and PDF'

pdf=$work/demo/bundle/data/report/report.pdf
seal=$work/demo/seal
judge() { "$python" -m pyhanko sign validate --pretty-print --trust-replace --trust "$seal/certificate.pem" --trust "$seal/authority.pem" "$1"; }
"$python" - "$pdf" "$work/changed.pdf" <<'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[5000] ^= 1
open(sys.argv[2], "wb").write(data)
PYTHON
if "$python" -c 'import pyhanko.cli' 2> /dev/null; then
    judge "$pdf" > "$work/judged" 2>&1 || { cat "$work/judged"; exit 1; }
    for words in 'judged VALID' 'timestamp token is cryptographically sound' 'covers the entire file'; do
        grep -q "$words" "$work/judged" || { cat "$work/judged"; echo "WRONG  pyHanko does not say: $words"; exit 1; }
    done
    ! judge "$work/changed.pdf" > /dev/null 2>&1 || { echo 'WRONG  pyHanko did not see one changed byte of the demo'"'"'s report'; exit 1; }
    echo "ok  pyHanko: the demo's report is sealed with a time stamp (B-T), one changed byte refused"
else
    echo "left out: $python has no pyHanko; nobody has judged the seal of the demo's report"
fi
if command -v pdfsig > /dev/null && command -v qpdf > /dev/null; then
    pdfsig -nocert "$pdf" > "$work/signed"
    grep -q 'Signature is Valid' "$work/signed"
    pdfsig -nocert "$work/changed.pdf" > "$work/signed" 2>&1 || true
    ! grep -q 'Signature is Valid' "$work/signed" || { echo 'WRONG  pdfsig did not see one changed byte'; exit 1; }
    qpdf --check "$pdf" > /dev/null
    echo "ok  pdfsig and qpdf: the demo's report, one changed byte refused"
else
    echo "left out: pdfsig and qpdf are not both here; nobody else has read the demo's report"
fi
for edition in redacted full; do
    "$target/debug/unbroken" export siem --case "$work/demo" --format ocsf --edition "$edition" > "$work/siem"
    echo "ok  OCSF schema, $edition: $("$python" tests/clients/check_ocsf.py < "$work/siem")"
    sed 's/"class_uid":6003/"class_uid":"6003"/' "$work/siem" > "$work/bent"
    ! "$python" tests/clients/check_ocsf.py < "$work/bent" > /dev/null 2>&1 || { echo 'WRONG  the OCSF schema takes a class that is text'; exit 1; }
done

"$target/debug/examples/large_ledger" "$work/large" 100000 1000
"$target/debug/examples/bundle_export" "$work/large" "$work/large-bundle" > /dev/null
echo '100,000 events'
"$target/debug/unbroken-verify" "$work/large-bundle" --trust "$work/large-bundle.trust" > "$work/said" || { cat "$work/said"; exit 1; }
"$python" tests/clients/check_bundle.py "$work/large-bundle" --large
