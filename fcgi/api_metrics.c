/* The vocabulary, for programs that want units and ranges. */
#include "routes.h"

#include "svitlo/metrics.h"

int api_metrics_get(struct req *q, struct reply *r, struct err *e)
{
	(void)q;
	(void)e;
	jw_obj(&r->w);
	jw_key(&r->w, "metrics");
	jw_arr(&r->w);
	for (int m = 0; m < METRIC__MAX; m++) {
		jw_obj(&r->w);
		jw_kstr(&r->w, "key", metrics[m].key);
		jw_kstr(&r->w, "unit", metrics[m].unit);
		jw_kstr(&r->w, "kind", metric_kind_name(metrics[m].kind));
		jw_kstr(&r->w, "shape", metrics[m].room > 1 ? "many" : "one");
		jw_kint(&r->w, "digits", metrics[m].digits);
		jw_key(&r->w, "range");
		jw_arr(&r->w);
		jw_num(&r->w, metrics[m].lo, 3);
		jw_num(&r->w, metrics[m].hi, 3);
		jw_end(&r->w);
		jw_end(&r->w);
	}
	jw_end(&r->w);
	jw_end(&r->w);
	return 0;
}
