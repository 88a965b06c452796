#!/usr/bin/env bash
# One large file from a backup into the simulated tenant and read back: tests/bench/large_file.sh [GIB], 20 where none is given.
# Prints the peak memory of each step of ours; more than 256 MiB fails. The tenant keeps the file in a file without a name; of
# both only what is not zero takes space, a 64th. Every byte is sent, hashed on both sides and read back.
set -euo pipefail
cd "$(dirname "$0")/../.."
gib=${1:-20} port=${PORT:-18443}
[ -n "${UNBROKEN:-}" ] || cargo build --quiet --release
unbroken=$(realpath "${UNBROKEN:-${CARGO_TARGET_DIR:-target}/release/unbroken}")
work=$(mktemp -d)
cd "$work"
mkdir tree
python3 - "$gib" <<'PY'
import os, sys
size = int(sys.argv[1]) << 30
with open("tree/large.dat", "wb") as file:
    # A mebibyte of randomness in each 64: a part at the wrong place is seen.
    for at in range(0, size, 64 << 20):
        file.seek(at)
        file.write(os.urandom(1 << 20))
    file.truncate(size)
PY
head -c 24 /dev/urandom | base64 >secret
"$unbroken" simulate --listen "127.0.0.1:$port" --unthrottled --secret-file secret --user ada@clean.example >tenant.log &
tenant=$!
trap 'kill $tenant; rm -rf "$work"' EXIT
access="--tenant 5f1b7d1e-0c5a-4b8e-9a55-00000000c1ea --client-id 00000000-0000-0000-0000-00000000a001 --secret-file secret
        --login-base http://127.0.0.1:$port --graph-base http://127.0.0.1:$port/v1.0"
step() {
    python3 - "$unbroken" "$@" <<'PY'
import resource, subprocess, sys, time
start = time.time()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(f"{' '.join(sys.argv[2:4])}: {time.time() - start:.1f} s, PEAK {peak} MiB")
if done.returncode:
    sys.exit(done.stdout)
if peak > 256:
    sys.exit("more than 256 MiB: it is not streamed")
PY
}
step keys set case/keys --no-passphrase
step case declare --case case --name example.org/large --title large --source-tenant old.example --declared-by bench \
    --window-from 2020-01-01T00:00:00Z --window-to 2020-01-02T00:00:00Z --simulated
step source register --case case tree
step case connect --case case $access
printf 'source,target\ndrive,ada@clean.example\n' >map.csv
step case map --case case --csv map.csv $access
step plan make --case case --source tree
step plan propose --case case
step plan approve --case case --yes
step plan adopt --case case
step restore --case case --source tree $access --without-quotas
echo "the tenant's own PEAK $(awk '/VmHWM/ { print int($2 / 1024) }' /proc/$tenant/status) MiB"
