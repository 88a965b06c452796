#!/bin/bash
# Makes the pictures in docs/pictures again, of the page and of the report's first page: pictures.sh. Needs what run.sh needs, and
# pdftoppm for the paper.
set -eu
cd "$(dirname "$0")/../.."
pictures=$PWD/docs/pictures
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cargo run --quiet -- demo --out "$work/demo" >/dev/null 2>&1
mkdir -p "$pictures"
DEMO=$work/demo PAGE_PICTURES=$pictures node --test --test-name-pattern='pictures of it' tests/html/page.test.mjs
pdftoppm -png -r 80 -f 1 -l 1 -singlefile "$pictures/page-paper.pdf" "$pictures/page-paper"
rm "$pictures/page-paper.pdf"
pdftoppm -png -r 80 -f 1 -l 1 -singlefile "$work/demo/report/report.pdf" "$pictures/report-page-1" 2>/dev/null
