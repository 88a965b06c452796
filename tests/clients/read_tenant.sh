#!/bin/bash
# Other people's Graph clients read the simulated tenant after a demo and must find what its summary claims.
#
# read_tenant.sh UNBROKEN OUT [SOURCE]: UNBROKEN is the built binary, OUT an empty folder, SOURCE a backup (default: the sample).
# Needs ../shared/clients, root (or `unshare -U -r -n -m`), iproute2, openssl, rclone, and a python3 with msgraph-sdk.
# Prints `N passed, 0 failed`; leaves with 1 when a client sees something else than the summary says.
set -eu
unbroken=$(realpath "$1"); out=$(realpath -m "$2"); source=${3:-}
clients=$(cd "$(dirname "$0")/../../../shared/clients" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
export CERTS=$out/certs; mkdir -p "$CERTS"
[ -f "$CERTS/leaf.pem" ] || (cd "$CERTS" && sh "$clients/mkca.sh")
demo="$unbroken demo --out $out/demo --listen 127.0.0.1:443 --tls $CERTS --keep-serving ${source:+--source $source}"
exec bash "$clients/simns.sh" "$demo" bash "$here/inside.sh" "$out"
