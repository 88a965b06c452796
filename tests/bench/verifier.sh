#!/bin/bash
# How much memory and time the verifier takes: verifier.sh [ENTRIES [STREAMS]], default a million entries in 100,000 streams.
# Prints what the verifier says, its peak resident memory, and its time beside that of `sha256sum` over the same bytes on this machine.
# Leaves with 1 when the peak is above 64 MiB or the ledger does not hold.
set -eu
entries=${1:-1000000}; streams=${2:-100000}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release -p unbroken-verify --bins --examples
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
"$target/release/examples/large_ledger" "$dir/ledger" "$entries" "$streams"
start=$(date +%s.%N); cat "$dir"/ledger/segments/* | sha256sum > /dev/null; raw=$(echo "$(date +%s.%N) - $start" | bc)
python3 - "$target/release/unbroken-verify" "$dir/ledger" "$raw" <<'PY'
import resource, subprocess, sys, time
start = time.time()
done = subprocess.run(sys.argv[1:3], capture_output=True, text=True)
seconds, peak = time.time() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(done.stdout)
print(f"peak {peak:.1f} MiB; {seconds:.1f} s, {seconds / float(sys.argv[3]):.1f} times sha256sum over the same bytes; exit {done.returncode}")
sys.exit(0 if peak <= 64 and done.returncode == 21 else 1)
PY
