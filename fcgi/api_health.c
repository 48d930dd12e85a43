/* For people and supervisors without a session: does it run? */
#include "present.h"
#include "routes.h"
#include "store.h"

#include "svitlo/version.h"

#include <errno.h>

int api_health_get(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	PRESENT_AUTO struct present p = { 0 };
	int claimed, rc = store_stmt(q->store, STORE_CLAIMED, &st, e);

	if (rc == 0)
		rc = db_step(st, e);
	if (rc < 0)
		return rc;
	claimed = sqlite3_column_int(st, 0);
	rc = present_open(&p, q, e);
	if (rc < 0)
		return rc;
	jw_obj(&r->w);
	jw_kstr(&r->w, "status", p.running && !*p.problem ? "ok" : "degraded");
	jw_kstr(&r->w, "version", sv_version);
	jw_kint(&r->w, "time_ms", q->now_ms);
	jw_kbool(&r->w, "claimed", claimed);
	jw_key(&r->w, "collector");
	present_write_collector(&p, &r->w, false);
	jw_end(&r->w);
	return 0;
}
