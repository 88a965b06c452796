#!/usr/bin/env bash
# The quotas of a whole tenant in virtual time: tests/bench/quotas.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo run --quiet --release --example quotas
