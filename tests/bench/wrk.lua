-- What counts of a wrk run, one line each: NAME_rps, NAME_p99_ms, NAME_p999_ms, NAME_errors.
function done(summary, latency)
	local name = os.getenv("BENCH_NAME")
	local e = summary.errors
	local bad = e.connect + e.read + e.write + e.status + e.timeout
	print(string.format("%s_rps %.0f req/s", name, summary.requests / summary.duration * 1e6))
	print(string.format("%s_p99_ms %.2f ms", name, latency:percentile(99) / 1000))
	print(string.format("%s_p999_ms %.2f ms", name, latency:percentile(99.9) / 1000))
	print(string.format("%s_errors %d 1", name, bad))
end
