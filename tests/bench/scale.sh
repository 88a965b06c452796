#!/usr/bin/env bash
# Plans of ten million items, in ten thousand custodians, and of a million of one: tests/bench/scale.sh
# Needs 10 GB of disk below TMPDIR. Prints the peak of resident memory after each step; more than 512 MiB fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
for test in a_million_items_of_one_custodian ten_million_items_of_ten_thousand_custodians; do
    echo "== $test"
    cargo test --quiet --release -p unbroken --lib "$test" -- --ignored --nocapture
done
