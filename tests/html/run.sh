#!/bin/bash
# The page that checks itself: its verifier against published vectors and every forged bundle of the independent verifier's
# adversary suite; then the pages of a demo in a headless Chromium. Pictures go to the folder PAGE_PICTURES when it is set.
# Needs Node 18 or newer, and Chromium for the pages; what it needs and does not find it leaves out, and says so.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v node >/dev/null; then echo 'left out: the page is checked with node, which is not here'; exit 0; fi
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cargo run --quiet -p unbroken-verify --example forged_bundles -- "$work/forged"
FORGED_BUNDLES=$work/forged node --test tests/html/vectors.test.mjs tests/html/forged.test.mjs
if ! command -v chromium chromium-browser google-chrome >/dev/null; then
    echo 'left out: the pages are looked at in a Chromium, which is not here'; exit 0
fi
unbroken=${CARGO_TARGET_DIR:-target}/debug/unbroken
cargo build --quiet
"$unbroken" demo --out "$work/demo" >/dev/null 2>&1
stream=$(node tests/html/streams.mjs "$work/demo/bundle" | sed -n 1p)
"$unbroken" bundle export --case "$work/demo" --out "$work/partial" --stream "$stream" --disclose all >/dev/null
mkdir "$work/mail"
printf '%s\r\n' 'From: <mallory@old.example>' 'To: alice@old.example' 'Date: Mon, 01 Sep 2025 10:00:00 +0000' \
    "Subject: </script><img src=x onerror=document.title='owned'><b>bold</b>" 'Message-ID: <1@old.example>' '' 'hello' > "$work/mail/one.eml"
"$unbroken" demo --source "$work/mail" --out "$work/hostile" >/dev/null 2>&1
DEMO=$work/demo PARTIAL=$work/partial HOSTILE=$work/hostile node --test tests/html/page.test.mjs
