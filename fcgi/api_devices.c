/* One device with everything that is known of it. */
#include "present.h"
#include "routes.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An id is 1 to 15 digits without leading zeros; anything else names nothing. */
static int64_t device_id(const char *s)
{
	size_t n = strlen(s);

	return n <= 15 && *s != '0' && strspn(s, "0123456789") == n ? strtoll(s, NULL, 10) : 0;
}

int api_device_get(struct req *q, struct reply *r, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	PRESENT_AUTO struct present p = { 0 };
	int64_t id = device_id(q->id);
	int rc = store_stmt(q->store, STORE_DEVICE, &st, e);

	if (rc < 0)
		return rc;
	db_bind(st, "i", id);
	rc = db_step(st, e);
	if (rc == 0)
		reply_problem(r, 404, "not_found", "there is no device with this id");
	if (rc > 0)
		rc = present_open(&p, q, e) < 0 ? e->code : 1;
	if (rc <= 0)
		return rc;
	jw_obj(&r->w);
	rc = present_write_device(&p, &r->w, st, PRESENT_CONFIG | PRESENT_VALUES | PRESENT_LINK, e);
	if (rc == 0)
		rc = present_write_doc(&p, &r->w, id, "info", e);
	if (rc == 0)
		rc = present_write_doc(&p, &r->w, id, "settings", e);
	jw_end(&r->w);
	return rc;
}
