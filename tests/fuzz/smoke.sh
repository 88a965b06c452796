#!/usr/bin/env bash
# Builds every fuzz target once and runs each from its seeds: tests/fuzz/smoke.sh [SECONDS [TARGET...]]
# What is found new stays in a folder that is thrown away; a crash ends the run, and its input stays in tests/fuzz/artifacts.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds="${1:-10}"
shift || true
tests=tests/fuzz
build="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
# No sanitizer: that needs a nightly compiler, and there is no unsafe code to watch. Overflows and assertions are on.
cargo fuzz build --fuzz-dir "$tests" --sanitizer none --target-dir "$build"

corpus="$(mktemp -d)"
trap 'rm -rf "$corpus"' EXIT
targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cargo fuzz list --fuzz-dir "$tests")
for target in "${targets[@]}"; do
    if [ -z "$(ls "$tests/seeds/$target" 2>/dev/null)" ]; then
        echo "$target has no seeds in $tests/seeds/$target" >&2
        exit 1
    fi
    mkdir -p "$corpus/$target"
    printf '%-12s ' "$target"
    log="$corpus/$target.log"
    if ! RUST_BACKTRACE=0 cargo fuzz run --fuzz-dir "$tests" --sanitizer none --target-dir "$build" "$target" \
        "$corpus/$target" "$tests/seeds/$target" \
        -- -max_total_time="$seconds" -timeout=10 -dict="$tests/json.dict" >"$log" 2>&1; then
        echo 'CRASHED'
        grep -a -A 3 -e 'panicked at' -e '^ERROR' -e '^Reproduce' "$log" >&2
        exit 1
    fi
    grep '^Done' "$log"
done
