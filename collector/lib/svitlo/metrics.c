#include "metrics.h"

#include "util.h"

const struct metric_info metrics[METRIC__MAX] = {
#define METRIC(id, key, unit, kind, room, digits, lo, hi)                                          \
	[METRIC_##id] = { key, unit, METRIC_##kind, room, digits, lo, hi },
#include "metrics.def"
#undef METRIC
};

const char *metric_kind_name(enum metric_kind k)
{
	static const char *const names[] = { "gauge", "counter", "state", "names", "bits" };

	return (size_t)k < SV_LEN(names) ? names[k] : "gauge";
}

const char *quality_name(enum quality q)
{
	static const char *const names[] = { "ok", "estimated", "suspect", "stale", "none" };

	return (size_t)q < SV_LEN(names) ? names[q] : "none";
}

bool metric_sane(enum metric m, double v)
{
	return v >= metrics[m].lo && v <= metrics[m].hi; /* false for NaN */
}
