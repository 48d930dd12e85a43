#!/bin/bash
# Requests a second to /live with four packs over TLS, 8 connections: uncached, cached, and beside
# them a static file and bare libfcgi of the same size. Lines: name value unit. SECONDS_EACH= (5)
# One load thread: two would queue for the cores that they measure.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

for tool in wrk node nginx spawn-fcgi; do
	PATH=$PATH:/usr/sbin command -v $tool >/dev/null || {
		echo "live.sh: $tool is missing" >&2
		exit 1
	}
done
each=${SECONDS_EACH:-5}
coproc serve { exec tests/api/serve; }
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null' EXIT
read -r -t 30 port cookie bytes <&"${serve[0]}" || {
	echo "live.sh: nothing to measure was started" >&2
	exit 1
}
echo "live_bytes $bytes B"

measure() { # NAME PATH
	BENCH_NAME=$1 wrk -t1 -c8 -d"${each}s" --latency -s tests/bench/wrk.lua -H "Cookie: $cookie" \
		"https://127.0.0.1:$port$2" | grep "^$1_"
}
measure live_static /assets/live-00000000.json
measure live_bare_fcgi /bench/bare
measure live_uncached /bench/live
measure live_cached /api/v1/live
