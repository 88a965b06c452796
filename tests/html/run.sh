#!/bin/bash
# The page's verifier, held to published vectors and to every forged bundle of the independent verifier's adversary suite.
# Needs Node 18 or newer; without it this leaves itself out.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v node >/dev/null; then echo 'left out: the page is checked with node, which is not here'; exit 0; fi
forged=$(mktemp -d); trap 'rm -rf "$forged"' EXIT
cargo run --quiet -p unbroken-verify --example forged_bundles -- "$forged"
FORGED_BUNDLES=$forged node --test tests/html/
