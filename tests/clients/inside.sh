#!/bin/bash
# The part of read_tenant.sh that runs inside the private namespace, where the Microsoft hosts are the simulator.
set -eu
out=$1; here=$(cd "$(dirname "$0")" && pwd)
clients=$(cd "$here/../../../shared/clients" && pwd)
for _ in $(seq 600); do [ -f "$out/demo/summary.json" ] && [ -f "$out/demo/simulated-token" ] && break; sleep 0.2; done
token=$(cat "$out/demo/simulated-token")
"${PYTHON:-python3}" "$clients/msgraph_read.py" https://graph.microsoft.com/v1.0 "$token" > "$out/msgraph.jsonl"
"${PYTHON:-python3}" "$here/compare.py" "$out" "$token"
