#!/bin/bash
# How fast a bundle is exported, and in how much memory: bundle.sh [ENTRIES [STREAMS [FACTS]]], default a million entries in 10,000 streams.
# Prints the export's speed as a share of three raw speeds over the same bytes: sha256sum, as a person would check them; one thread of our own
# that reads and hashes and does nothing else (with the processor's SHA instructions, where sha256sum may not use them); and this disk, writing
# them into one file, durable. Opening the ledger, which checks every signature, is not counted; making the bundle durable is. With FACTS, each
# item discloses so many, and the full edition is exported too. Leaves with 1 when the share of sha256sum is below 60%, or when an edition needs
# more than 96 MiB, and 24 bytes an entry where it shows facts, over what the open ledger holds. Where others work on the machine, the seconds
# of the processor say more than those of the wall.
set -eu
entries=${1:-1000000}; streams=${2:-10000}; facts=${3:-0}
cd "$(dirname "$0")/../.."
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet --release -p unbroken -p unbroken-verify --example bundle_export --example large_ledger
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
"$target/release/examples/large_ledger" "$dir/ledger" "$entries" "$streams" "$facts"
said=$("$target/release/examples/bundle_export" "$dir/ledger" "$dir/bundle")
echo "$said"
python3 - "$said" "$dir/bundle" <<'PY'
import json, resource, subprocess, sys, time
said = json.loads(sys.argv[1])
raws, processor = [], []
def used():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
for _ in range(2):
    start, before = time.time(), used()
    subprocess.run(f"find {sys.argv[2]} -type f -print0 | xargs -0 cat | sha256sum", shell=True, check=True, stdout=subprocess.DEVNULL)
    raws.append(time.time() - start)
    processor.append(used() - before)
first = said["editions"][0]
raw, export = min(raws), first["export_s"]
mib = said["bundle_bytes"] / 2**20
ratio = raw / export
cpu = said["read_and_hash_cpu_s"] / first["export_cpu_s"]
cpu_sum = min(processor) / first["export_cpu_s"]
print(f"{mib:.0f} MiB in {export:.1f} s ({mib / export:.0f} MiB/s; {first['export_cpu_s']:.1f} s of the processor)")
print(f"RATIO {ratio:.2f} of sha256sum ({raw:.1f} s; {cpu_sum:.2f} by seconds of the processor), {said['read_and_hash_s'] / export:.2f} of one thread of our own "
      f"({said['read_and_hash_s']:.1f} s; {cpu:.2f} by seconds of the processor), {said['write_s'] / export:.2f} of the disk ({said['write_s']:.1f} s)")
good = ratio >= 0.6
for one in said["editions"]:
    over = (one["peak_after_kib"] - one["peak_before_kib"]) / 1024
    bound = 96 + (24 * one["entries"] / 2**20 if one["disclosures"] else 0)
    print(f"{one['edition']}: {one['entries']} entries, {one['disclosures']} facts, {one['export_s']:.1f} s; "
          f"peak {one['peak_after_kib'] / 1024:.0f} MiB, {over:.0f} MiB over the open ledger (at most {bound:.0f})")
    good = good and over <= bound
sys.exit(0 if good else 1)
PY
