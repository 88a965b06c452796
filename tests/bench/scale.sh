#!/usr/bin/env bash
# Plans of a million items, of one custodian and of a thousand, of ten million in ten thousand, and what is known of many that
# have ended: tests/bench/scale.sh [TEST...]
# Needs 12 GB of disk below TMPDIR. Prints the peak of resident memory after each step; more than 512 MiB fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- two_hundred_thousand_items_that_end a_million_items_of_one_custodian \
    a_million_items_of_a_thousand_custodians ten_million_items_of_ten_thousand_custodians
for test in "$@"; do
    echo "== $test"
    cargo test --quiet --release -p unbroken --lib "$test" -- --ignored --nocapture
done
