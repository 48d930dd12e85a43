/* Devices added, changed and removed. Each in one transaction. */
#include "devices.h"
#include "jobs.h"
#include "kinds.h"
#include "routes.h"
#include "sealed.h"
#include "store.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX 256

struct change {
	struct req *q;
	const struct kind *kind;
	int64_t id, job, serial;
	char address[KIND_ADDRESS_MAX], other[NAME_MAX]; /* other: who has the address */
};

/* ---- what the tables of parameters cannot say ---- */

static int check_name(const struct req *q, struct err *e)
{
	const struct value *v = req_value(q, "name");

	if (!v->set)
		return 0;
	if (strspn(v->s, " ") == strlen(v->s))
		return err_set(e, -EINVAL, "name must not be blank");
	if (strlen(v->s) >= NAME_MAX)
		return err_set(e, -EINVAL, "name must have less than %d bytes", NAME_MAX);
	return 0;
}

static int check_options(const struct req *q, struct err *e)
{
	const char *adapter = req_str(q, "adapter"), *pin = req_str(q, "pin");
	size_t n = strlen(pin);

	if (*adapter && (strncmp(adapter, "hci", 3) != 0 || strlen(adapter) > 6 || !adapter[3] ||
			 strspn(adapter + 3, "0123456789") != strlen(adapter + 3)))
		return err_set(e, -EINVAL, "adapter must be a name like hci0, or empty");
	for (size_t i = 0; i < n; i++)
		if (!isascii((unsigned char)pin[i]) || !isalnum((unsigned char)pin[i]))
			n = 1;
	if (n && n < 4)
		return err_set(e, -EINVAL, "pin must be 4 to 16 digits or letters, or empty");
	return 0;
}

/* ---- what is written ---- */

/* Gives the new text, to be freed; NULL when it stays as it is: the collector connects anew for
 * another one. Keys that are not ours are kept. */
static int options_text(const struct change *c, const char *old, char **ret, struct err *e)
{
	json_t *o = json_loads(old, 0, NULL);
	bool changed = false;
	int r = 0;

	*ret = NULL;
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	if (o && c->serial) {
		changed = true;
		r = json_object_set_new(o, "serial", json_integer(c->serial));
	}
	if (!o || r < 0 || kind_options_set(c->kind, o, c->q, &changed) < 0 ||
	    (changed && !(*ret = json_dumps(o, JSON_COMPACT))))
		r = err_set(e, -ENOMEM, "out of memory");
	json_decref(o);
	return r;
}

static int pin_drop(struct change *c, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_PIN_DROP, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", c->id);
	return db_run(st, e);
}

static int pin_set(struct change *c, const char *pin, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	uint8_t blob[SEAL_BLOB_MAX];
	char context[SEAL_CONTEXT_MAX];
	int n, r;

	snprintf(context, sizeof(context), SEAL_PIN_CONTEXT, (long long)c->id);
	n = sealed_put(c->q, blob, context, pin, "a PIN", e);
	if (n < 0)
		return n;
	r = store_stmt(c->q->store, STORE_PIN_SET, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "ibi", c->id, (const void *)blob, (size_t)n, c->q->now_ms);
	return db_run(st, e);
}

static int pin_change(struct change *c, struct err *e)
{
	const struct value *v = req_value(c->q, "pin");

	if (!v->set)
		return 0;
	return *v->s ? pin_set(c, v->s, e) : pin_drop(c, e);
}

/* Answers what the API says in words of its own; else the error goes on. */
static int change_failed(struct change *c, struct reply *r, int rc, const struct err *e)
{
	switch (rc) {
	case -ESRCH:
		reply_problem(r, 404, "not_found", "there is no device with this id");
		return 0;
	case -EALREADY:
		reply_conflict(r, "exists", "device", c->id,
			       "\"%s\" (device %" PRId64 ") has this address already", c->other,
			       c->id);
		return 0;
	case -EDQUOT: /* sql/migrations/config/0005_limits.sql */
		reply_problem(r, 409, "device_limit", "%s", err_text(e));
		return 0;
	case -ENOKEY:
		sealed_failed(r, e);
		return 0;
	default:
		return rc;
	}
}

/* ---- adding ---- */

/* -EALREADY: a device has the address: c->id, c->other. */
static int address_free(struct change *c, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_DEVICE_AT, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", c->address);
	r = db_step(st, e);
	if (r <= 0)
		return r;
	c->id = sqlite3_column_int64(st, 0);
	snprintf(c->other, sizeof(c->other), "%s", db_text(st, 1));
	return -EALREADY;
}

static int add_run(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	SV_AUTO_FREE char *options = NULL;
	struct change *c = ud;
	int r = address_free(c, e);

	if (r == 0)
		r = options_text(c, "{}", &options, e);
	if (r == 0)
		r = store_stmt(c->q->store, STORE_DEVICE_ADD, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "ssssi", kind_name(c->kind), req_str(c->q, "name"), c->address,
		options ? options : "{}", c->q->now_ms);
	r = store_insert(st, &c->id, e);
	return r < 0 ? r : pin_change(c, e);
}

int api_devices_post(struct req *q, struct reply *r, struct err *e)
{
	struct change c = { .q = q, .kind = kind_find(req_str(q, "kind")) };
	int rc = kind_address(c.kind, req_str(q, "address"), c.address, &c.serial, e);

	if (rc == 0)
		rc = kind_check(c.kind, q, e);
	if (rc == 0)
		rc = check_name(q, e);
	if (rc == 0)
		rc = check_options(q, e);
	if (rc == 0)
		rc = store_write(q->store, add_run, &c, e);
	return rc < 0 ? change_failed(&c, r, rc, e) : device_answer(q, r, c.id, e);
}

/* ---- changing ---- */

/* The options as they are, and the kind; -ESRCH: there is no such device. */
static int options_now(struct change *c, char **ret, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_DEVICE, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", c->id);
	r = db_step(st, e);
	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	c->kind = kind_find(db_text(st, STORE_DEVICE_KIND));
	if (!c->kind)
		return err_set(e, -EINVAL, "a device of this kind cannot be changed here");
	*ret = strdup(db_text(st, STORE_DEVICE_OPTIONS));
	return *ret ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int change_fields(struct change *c, const char *options, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const struct value *enabled = req_value(c->q, "enabled");
	int r = store_stmt(c->q->store, STORE_DEVICE_CHANGE, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "isis", c->id, req_value(c->q, "name")->s, (int64_t)enabled->b, options);
	if (!enabled->set)
		sqlite3_bind_null(st, 3);
	return db_run(st, e);
}

static int change_position(struct change *c, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	const struct value *position = req_value(c->q, "position");
	int r = position->set ? store_stmt(c->q->store, STORE_DEVICE_MOVE, &st, e) : 0;

	if (r < 0 || !st)
		return r;
	db_bind(st, "ii", c->id, position->i);
	return db_run(st, e);
}

static int change_run(void *ud, struct err *e)
{
	SV_AUTO_FREE char *old = NULL, *options = NULL;
	struct change *c = ud;
	int r = options_now(c, &old, e);

	if (r >= 0)
		r = kind_check(c->kind, c->q, e);
	if (r >= 0)
		r = options_text(c, old, &options, e);
	if (r >= 0)
		r = change_fields(c, options, e);
	if (r >= 0)
		r = change_position(c, e);
	return r < 0 ? r : pin_change(c, e);
}

int api_device_patch(struct req *q, struct reply *r, struct err *e)
{
	struct change c = { .q = q, .id = req_id(q) };
	int rc = check_name(q, e);

	if (rc == 0)
		rc = check_options(q, e);
	if (rc == 0)
		rc = store_write(q->store, change_run, &c, e);
	return rc < 0 ? change_failed(&c, r, rc, e) : device_answer(q, r, c.id, e);
}

/* ---- removing ---- */

/* The sockets of a strip go with it: so does their history. */
static int drop_sockets_history(struct change *c, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_FORGET_SOCKETS, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "iis", c->id, c->q->now_ms, c->q->session.name);
	return db_run(st, e);
}

static int drop_run(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct change *c = ud;
	bool forget = strcmp(req_str(c->q, "history"), "remove") == 0;
	int r = forget ? drop_sockets_history(c, e) : 0;

	if (r >= 0)
		r = store_stmt(c->q->store, STORE_DEVICE_DROP, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "i", c->id);
	r = db_run(st, e);
	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	return forget ? job_add(c->q, "forget", c->id, "{}", &c->job, e) : 0;
}

int api_device_delete(struct req *q, struct reply *r, struct err *e)
{
	struct change c = { .q = q, .id = req_id(q) };
	int rc = store_write(q->store, drop_run, &c, e);

	if (rc < 0)
		return change_failed(&c, r, rc, e);
	jw_obj(&r->w);
	jw_key(&r->w, "job");
	if (c.job)
		jw_int(&r->w, c.job);
	else
		jw_null(&r->w);
	jw_end(&r->w);
	return 0;
}
