#!/usr/bin/env bash
# A thousand random tenants through the program, and kill -9 at every request of a restore and of what gives access back:
# tests/bench/access.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
for long in a_thousand_tenants_by_the_program killed_at_every_request_nobody_ever_had_more; do
    cargo test --quiet "$@" -p unbroken --test it "$long" -- --ignored --nocapture
done
