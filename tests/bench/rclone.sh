#!/usr/bin/env bash
# The same tree into the same simulated tenant, in turn: `rclone copy --checksum`, and `unbroken restore` with custody and
# read-back, over TLS, with the same number of items at a time. Prints each round with the peak memory of the process, and the
# ratio of the medians; fails where ours takes longer.
#
# tests/bench/rclone.sh [ROUNDS [WORKERS [FILES]]]
# Needs rclone 1.61 or later (1.60 sends its token to the upload URL, which this tenant refuses), ../shared/clients, root (or
# `unshare -U -r -n -m`), iproute2, openssl, curl, python3.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3} workers=${2:-4} files=${3:-5000}
if [ "${INSIDE:-}" != yes ]; then
    command -v rclone >/dev/null || { echo 'rclone: NOT MEASURED, it is not here'; exit 0; }
    if printf '%s\nv1.61\n' "$(rclone version | sed -n 's/^rclone //p')" | sort -V | tail -1 | grep -q '^v1.61$'; then
        echo "rclone: NOT MEASURED, $(rclone version | head -1) is too old"
        exit 0
    fi
    [ -e ../shared/clients/simns.sh ] || { echo 'rclone: NOT MEASURED, ../shared is not here'; exit 0; }
    cargo build --quiet --release
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    export CERTS=$work/certs WORK=$work INSIDE=yes
    mkdir "$CERTS"
    (cd "$CERTS" && sh "$OLDPWD/../shared/clients/mkca.sh" >/dev/null 2>&1)
    head -c 24 /dev/urandom | base64 | tr -d "\n" >"$work/secret"
    users=''
    for round in $(seq "$rounds"); do
        users="$users --user theirs$round@clean.example --user ours$round@clean.example"
    done
    unbroken=${CARGO_TARGET_DIR:-target}/release/unbroken
    bash ../shared/clients/simns.sh \
        "$unbroken simulate --listen 127.0.0.1:443 --tls $CERTS --unthrottled --secret-file $work/secret $users" \
        "$0" "$rounds" "$workers" "$files"
    exit
fi

unbroken=$(realpath "${CARGO_TARGET_DIR:-target}/release/unbroken")
cd "$WORK"
python3 - "$files" <<'PY'
import os, sys
for number in range(int(sys.argv[1])):
    folder = f"tree/folder {number % 50}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/{number}.dat", "wb") as file:
        file.write(os.urandom(10_000))
PY
tenant=5f1b7d1e-0c5a-4b8e-9a55-00000000c1ea client=00000000-0000-0000-0000-00000000a001
graph=https://graph.microsoft.com/v1.0
token=$(curl -sS https://login.microsoftonline.com/$tenant/oauth2/v2.0/token \
    -d grant_type=client_credentials -d client_id=$client -d scope=https://graph.microsoft.com/.default \
    --data-urlencode client_secret@secret | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
access="--tenant $tenant --client-id $client --secret-file secret --login-base https://localhost --graph-base https://localhost/v1.0"

# Runs a command, and leaves its seconds and its peak in MiB in the file `took`: GNU time is not everywhere.
measured() { # LOG COMMAND...
    python3 - "$@" <<'PY'
import resource, subprocess, sys, time
start = time.monotonic()
with open(sys.argv[1], "w") as log:
    done = subprocess.run(sys.argv[2:], stdout=log, stderr=log)
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
with open("took", "w") as took:
    print(f"{seconds:.2f} s, PEAK {peak} MiB", file=took)
if done.returncode:
    sys.exit(open(sys.argv[1]).read())
PY
}

theirs() { # ROUND
    drive=$(curl -sS -H "Authorization: Bearer $token" $graph/users/theirs$1@clean.example/drive \
        | python3 -c 'import json,sys; print(json.load(sys.stdin)["id"])')
    printf '[sim]\ntype = onedrive\ndrive_id = %s\ndrive_type = business\ntoken = {"access_token":"%s","token_type":"Bearer","expiry":"2099-01-01T00:00:00Z"}\n' \
        "$drive" "$token" >rclone.conf
    measured log rclone --config rclone.conf copy --checksum --transfers "$workers" --checkers "$workers" tree sim:tree
}

ours() { # ROUND
    case=case-$1
    { "$unbroken" keys set $case/keys --no-passphrase
      "$unbroken" case declare --case $case --name example.org/race --title race --source-tenant old.example --declared-by race --window-from 2020-01-01T00:00:00Z --window-to 2020-01-02T00:00:00Z --simulated
      "$unbroken" source register --case $case tree
      "$unbroken" case connect --case $case $access
      printf 'source,target\ndrive,ours%s@clean.example\n' "$1" >map.csv
      "$unbroken" case map --case $case --csv map.csv $access
      "$unbroken" plan make --case $case --source tree
      "$unbroken" plan propose --case $case
      "$unbroken" plan approve --case $case --yes
      "$unbroken" plan adopt --case $case; } >log 2>&1 || { cat log; exit 1; }
    measured log "$unbroken" restore --case $case --source tree $access --without-quotas --workers "$workers"
    grep -q "$files" log || { cat log; exit 1; }
}

for round in $(seq "$rounds"); do
    for side in theirs ours; do
        $side "$round"
        echo "$side $round $(cat took)"
    done
done | tee times
python3 - "$workers" "$files" <<'PY'
import statistics, sys
lines = [line.split() for line in open("times")]
side = lambda name: statistics.median(float(line[2]) for line in lines if line[0] == name)
ours, theirs = side("ours"), side("theirs")
print(f"RATIO race {ours / theirs:.2f} (ours {ours:.1f} s of rclone's {theirs:.1f} s, medians; "
      f"{sys.argv[2]} files of 10 KB, {sys.argv[1]} at a time)")
if ours > theirs:
    sys.exit("ours takes longer than rclone")
PY
