#!/usr/bin/env bash
# kill -9 at a hundred instants, a fifth of all requests failing, over 5,000 mails and files: tests/bench/kills.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test --quiet "$@" -p unbroken --test it a_hundred_kills_over_five_thousand_items -- --ignored --nocapture
