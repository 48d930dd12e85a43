/* Devices added, changed and removed. Each in one transaction. */
#include "devices.h"
#include "jobs.h"
#include "routes.h"
#include "store.h"

#include "svitlo/seal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MAX 512 /* bytes, as the collector's */
#define NAME_MAX    256
#define ADDRESS_LEN 17

struct change {
	struct req *q;
	int64_t id, job;
	char address[ADDRESS_MAX], other[NAME_MAX]; /* other: who has the address */
};

/* ---- what the tables of parameters cannot say ---- */

static int check_bluetooth(char *a, struct err *e)
{
	static const char zero[] = "00:00:00:00:00:00", ones[] = "FF:FF:FF:FF:FF:FF";
	bool ok = strlen(a) == ADDRESS_LEN;

	for (size_t i = 0; ok && i < ADDRESS_LEN; i++) {
		a[i] = (char)toupper((unsigned char)a[i]);
		ok = i % 3 == 2 ? a[i] == ':' : isxdigit((unsigned char)a[i]);
	}
	if (ok && strcmp(a, zero) != 0 && strcmp(a, ones) != 0)
		return 0;
	return err_set(e, -EINVAL,
		       "address must be a Bluetooth address like C8:47:80:12:34:56, or "
		       "capture: and the file's whole path");
}

/* Into c->address, as BlueZ writes it: the same pack must not be there twice. */
static int check_address(struct change *c, struct err *e)
{
	static const char capture[] = "capture:";
	const char *a = req_str(c->q, "address");

	if (strlen(a) >= sizeof(c->address))
		return err_set(e, -EINVAL, "address must have less than %d bytes", ADDRESS_MAX);
	memcpy(c->address, a, strlen(a) + 1);
	if (strncmp(a, capture, sizeof(capture) - 1) != 0)
		return check_bluetooth(c->address, e);
	if (a[sizeof(capture) - 1] == '/' && a[sizeof(capture)])
		return 0;
	return err_set(e, -EINVAL, "address: capture: needs the file's whole path, from / on");
}

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

/* Has another value than is there or goes without saying? Then it is set. */
static int option_set(json_t *options, const struct req *q, const char *name, const char *usual,
		      bool *changed)
{
	const struct value *v = req_value(q, name);
	const char *now = json_string_value(json_object_get(options, name));

	if (!v->set || strcmp(now ? now : usual, v->s) == 0)
		return 0;
	*changed = true;
	return json_object_set_new(options, name, json_string(v->s));
}

/* Gives the new text, to be freed; NULL when it stays as it is: the collector connects anew for
 * another one. Keys that are not ours are kept. */
static int options_text(const struct req *q, const char *old, char **ret, struct err *e)
{
	json_t *o = json_loads(old, 0, NULL);
	bool changed = false;
	int r = 0;

	*ret = NULL;
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	if (!o || option_set(o, q, "notify", "auto", &changed) < 0 ||
	    option_set(o, q, "adapter", "", &changed) < 0 ||
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

/* The collector's public key; -ENOENT: it has never been started. */
static int pin_key(struct change *c, char ret[SEAL_PUBLIC_MAX], struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	int r = store_stmt(c->q->store, STORE_SETTING, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "s", SEAL_PUBLIC_NAME);
	r = db_step(st, e);
	if (r == 0)
		return err_set(e, -ENOKEY,
			       "a PIN cannot be kept yet: the collector has not made its key, "
			       "start it");
	if (r > 0)
		snprintf(ret, SEAL_PUBLIC_MAX, "%s", db_text(st, 0));
	return r < 0 ? r : 0;
}

static int pin_set(struct change *c, const char *pin, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	uint8_t blob[SEAL_BLOB_MAX];
	char key[SEAL_PUBLIC_MAX], context[SEAL_CONTEXT_MAX];
	int n, r = pin_key(c, key, e);

	if (r < 0)
		return r;
	snprintf(context, sizeof(context), SEAL_PIN_CONTEXT, (long long)c->id);
	n = seal_put(blob, key, context, pin, strlen(pin), e);
	if (n < 0) /* not what was asked for is wrong, but what the collector has left */
		return err_set(e, -ENOKEY,
			       "a PIN cannot be kept: the collector's key is damaged, start the "
			       "collector anew");
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
	case -ENOKEY:
		reply_problem(r, 503, "not_ready", "%s", err_text(e));
		r->retry_s = 5;
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
	const char *kind = req_str(c->q, "kind");
	int r = address_free(c, e);

	if (r == 0)
		r = options_text(c->q, "{}", &options, e);
	if (r == 0)
		r = store_stmt(c->q->store, STORE_DEVICE_ADD, &st, e);
	if (r < 0)
		return r;
	db_bind(st, "ssssi", *kind ? kind : "jk-bms", req_str(c->q, "name"), c->address,
		options ? options : "{}", c->q->now_ms);
	r = store_insert(st, &c->id, e);
	return r < 0 ? r : pin_change(c, e);
}

int api_devices_post(struct req *q, struct reply *r, struct err *e)
{
	struct change c = { .q = q };
	int rc = check_address(&c, e);

	if (rc == 0)
		rc = check_name(q, e);
	if (rc == 0)
		rc = check_options(q, e);
	if (rc == 0)
		rc = store_write(q->store, add_run, &c, e);
	return rc < 0 ? change_failed(&c, r, rc, e) : device_answer(q, r, c.id, e);
}

/* ---- changing ---- */

/* The options as they are; -ESRCH: there is no such device. */
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
		r = options_text(c->q, old, &options, e);
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

static int drop_run(void *ud, struct err *e)
{
	STORE_AUTO_RESET sqlite3_stmt *st = NULL;
	struct change *c = ud;
	int r = store_stmt(c->q->store, STORE_DEVICE_DROP, &st, e);

	if (r < 0)
		return r;
	db_bind(st, "i", c->id);
	r = db_run(st, e);
	if (r <= 0)
		return r < 0 ? r : -ESRCH;
	if (strcmp(req_str(c->q, "history"), "remove") != 0)
		return 0;
	return job_add(c->q, "forget", c->id, "{}", &c->job, e);
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
