#!/bin/bash
# What the running system costs with 4 and with 8 packs at two frames a second, and how old a frame
# is when the page shows it. Prints "name value unit" lines.
set -eu
cd "$(dirname "$0")/../.."
seconds=${SECONDS_MEASURED:-30}
work=$(mktemp -d)
run_pid=
stop() {
	[ -z "$run_pid" ] || { kill -TERM "$run_pid" && wait "$run_pid"; } 2>/dev/null || true
	run_pid=
}
finish() {
	stop
	rm -rf "$work"
}
trap finish EXIT
port=
for p in $(shuf -i 20000-29999 -n 20); do
	(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { port=$p && break; }
done
api=https://127.0.0.1:$port/api/v1
tick=$(getconf CLK_TCK)

start() { # PACKS
	local code
	STATE=$work/state$1 PORT=$port LISTEN=127.0.0.1 HOUSE="seed=1 packs=$1 rate=2 inverters=0" scripts/run >"$work/out" 2>&1 &
	run_pid=$!
	for ((i = 0; i < 300; i++)); do
		grep -q '^code:' "$work/out" && break
		sleep 0.1
	done
	code=$(sed -n 's/^code: //p' "$work/out")
	curl -fsk -c "$work/jar" -o "$work/claim" -X POST -H 'Content-Type: application/json' \
		-d "{\"code\":\"$code\",\"user\":\"bench\",\"password\":\"bench-$RANDOM$RANDOM\"}" "$api/claim"
	for ((i = 0; i < 300; i++)); do
		[ "$(live | jq '[.devices[] | select(.state == "live")] | length')" = "$1" ] && break
		sleep 0.1
	done
	pid=$(cut -d' ' -f1 "$work/state$1/collector.lock")
}
live() { curl -fsk -b "$work/jar" "$api/live"; }
cpu() { awk '{print $14 + $15}' "/proc/$pid/stat"; }

measure() { # NAME
	local from to
	from=$(cpu)
	: >"$work/ages"
	for ((i = 0; i < seconds; i += 2)); do
		sleep 2
		live | jq '[.devices[].age_ms] | max' >>"$work/ages"
	done
	to=$(cpu)
	echo "$1_cpu_percent $(awk -v a="$from" -v b="$to" -v t="$tick" -v s="$seconds" 'BEGIN {printf "%.2f", (b - a) / t / s * 100}') %"
	echo "$1_rss_mib $(awk '/^VmRSS/ {printf "%.1f", $2 / 1024}' "/proc/$pid/status") MiB"
}

start 4
measure collector
echo "frame_age_at_page_median_ms $(sort -n "$work/ages" | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}') ms"
echo "frame_age_at_page_max_ms $(sort -n "$work/ages" | tail -n 1) ms"
stop
start 8
measure collector_8_packs
