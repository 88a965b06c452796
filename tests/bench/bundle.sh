#!/bin/bash
# How fast a bundle is exported, and in how much memory: bundle.sh [ENTRIES [STREAMS]], default a million entries in 10,000 streams.
# Prints the export's speed as a share of reading and hashing the same bytes: by sha256sum, as a person would, and by one thread of our own
# that does nothing else (it uses the processor's SHA instructions, where sha256sum may not). Opening the ledger, which checks every
# signature, is not counted; making the bundle durable is. Leaves with 1 when the share of sha256sum is below 60%, or when the export needs
# more than 96 MiB over what the open ledger holds. On a machine where others work, the seconds of the processor say more than those of the wall.
set -eu
entries=${1:-1000000}; streams=${2:-10000}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release -p unbroken -p unbroken-verify --example bundle_export --example large_ledger
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
"$target/release/examples/large_ledger" "$dir/ledger" "$entries" "$streams"
said=$("$target/release/examples/bundle_export" "$dir/ledger" "$dir/bundle")
echo "$said"
python3 - "$said" "$dir/bundle" <<'PY'
import json, resource, subprocess, sys, time
said = json.loads(sys.argv[1])
raws = []
for _ in range(2):
    start = time.time()
    subprocess.run(f"find {sys.argv[2]} -type f -print0 | xargs -0 cat | sha256sum", shell=True, check=True, stdout=subprocess.DEVNULL)
    raws.append(time.time() - start)
raw, export = min(raws), said["export_s"]
mib = said["bundle_bytes"] / 2**20
over = (said["peak_after_kib"] - said["peak_before_kib"]) / 1024
ratio = raw / export
print(f"{mib:.0f} MiB in {export:.1f} s ({mib / export:.0f} MiB/s; {said['export_cpu_s']:.1f} s of the processor)")
print(f"RATIO {ratio:.2f} of sha256sum ({raw:.1f} s), {said['ratio']:.2f} of one thread of our own ({said['read_and_hash_s']:.1f} s)")
print(f"peak {said['peak_after_kib'] / 1024:.0f} MiB, {over:.0f} MiB over the open ledger")
sys.exit(0 if ratio >= 0.6 and over <= 96 else 1)
PY
