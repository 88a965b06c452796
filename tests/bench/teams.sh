#!/usr/bin/env bash
# kill -9 at fifty instants over a team of 20,000 messages, a twentieth of all requests failing: tests/bench/teams.sh
# Prints what it found and the peak memory of the restoring program, and fails where a message is missing, doubled, out of order, or under another author or time.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo test --quiet "$@" -p unbroken --test it fifty_kills_over_twenty_thousand_messages -- --ignored --nocapture
