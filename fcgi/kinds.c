#include "kinds.h"

#include "svitlo/endpoint.h"
#include "svitlo/plug_address.h"
#include "svitlo/util.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define BLUETOOTH_LEN 17

/* An option: of a request, and under the same name among the device's. */
struct option {
	const char *name;
	const char *usual; /* what goes without saying; NULL: it is a number */
	int64_t usual_n;
	int64_t least; /* number, where the request's table, which is for all kinds, has less */
};

struct kind {
	const char *name;
	int (*address)(const char *a, char ret[KIND_ADDRESS_MAX], int64_t *ret_serial,
		       struct err *e);
	bool pin, plug;
	enum reading_kind reading;
	struct option options[12]; /* name NULL ends them */
};

/* As BlueZ writes it: the same pack must not be there twice. */
static int bluetooth_address(char *a, struct err *e)
{
	static const char zero[] = "00:00:00:00:00:00", ones[] = "FF:FF:FF:FF:FF:FF";
	bool ok = strlen(a) == BLUETOOTH_LEN;

	for (size_t i = 0; ok && i < BLUETOOTH_LEN; i++) {
		a[i] = (char)toupper((unsigned char)a[i]);
		ok = i % 3 == 2 ? a[i] == ':' : isxdigit((unsigned char)a[i]);
	}
	if (ok && strcmp(a, zero) != 0 && strcmp(a, ones) != 0)
		return 0;
	return err_set(e, -EINVAL,
		       "address must be a Bluetooth address like C8:47:80:12:34:56, or "
		       "capture: and the file's whole path");
}

static int jk_address(const char *a, char ret[KIND_ADDRESS_MAX], int64_t *ret_serial, struct err *e)
{
	static const char capture[] = "capture:";

	(void)ret_serial;
	if (strlen(a) >= KIND_ADDRESS_MAX)
		return err_set(e, -EINVAL, "address must have less than %d bytes",
			       KIND_ADDRESS_MAX);
	memcpy(ret, a, strlen(a) + 1);
	if (strncmp(a, capture, sizeof(capture) - 1) != 0)
		return bluetooth_address(ret, e);
	if (a[sizeof(capture) - 1] == '/' && a[sizeof(capture)])
		return 0;
	return err_set(e, -EINVAL, "address: capture: needs the file's whole path, from / on");
}

static int deye_address(const char *a, char ret[KIND_ADDRESS_MAX], int64_t *ret_serial,
			struct err *e)
{
	struct endpoint p;
	int r = endpoint_parse(&p, a, e);

	if (r < 0)
		return r;
	endpoint_text(ret, &p);
	*ret_serial = p.serial;
	return 0;
}

static int tapo_address(const char *a, char ret[KIND_ADDRESS_MAX], int64_t *ret_serial,
			struct err *e)
{
	(void)ret_serial;
	return plug_address_canonical(ret, a, e);
}

static int tapo_socket_address(const char *a, char ret[KIND_ADDRESS_MAX], int64_t *ret_serial,
			       struct err *e)
{
	(void)a;
	(void)ret;
	(void)ret_serial;
	return err_set(e, -EINVAL,
		       "a socket is not added by itself: add its strip as a tapo, svitlo adds the "
		       "sockets when it meets the strip");
}

#define PLUG_OPTIONS                                                                               \
	{ "priority", NULL, 5, 0 }, { "never_off", "no", 0, 0 }, { "estimated_w", NULL, 0, 0 },    \
	{                                                                                          \
		"notes", "", 0, 0                                                                  \
	}

static const struct kind kinds[] = {
	{ .name = "jk-bms",
	  .address = jk_address,
	  .pin = true,
	  .reading = READING_BATTERY,
	  .options = { { "notify", "auto", 0, 0 }, { "adapter", "", 0, 0 } } },
	{ .name = "deye",
	  .address = deye_address,
	  .reading = READING_INVERTER,
	  .options = { { "poll_s", NULL, 5, 0 },
		       { "family", "auto", 0, 0 },
		       { "power_scale", "auto", 0, 0 },
		       { "battery_scale", "auto", 0, 0 },
		       { "day_scale", "auto", 0, 0 },
		       { "total_scale", "auto", 0, 0 },
		       { "clamp", "auto", 0, 0 },
		       { "block", "auto", 0, 0 },
		       { "serial", NULL, 0, 0 } } },
	{ .name = "tapo",
	  .address = tapo_address,
	  .plug = true,
	  .reading = READING_PLUG,
	  .options = { { "poll_s", NULL, 5, 2 },
		       { "energy_s", NULL, 30, 0 },
		       { "transport", "auto", 0, 0 },
		       PLUG_OPTIONS } },
	{ .name = "tapo-socket",
	  .address = tapo_socket_address,
	  .plug = true,
	  .reading = READING_PLUG,
	  .options = { PLUG_OPTIONS } },
};

const struct kind *kind_find(const char *name)
{
	if (!*name)
		return &kinds[0];
	for (size_t i = 0; i < SV_LEN(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

const char *kind_name(const struct kind *k)
{
	return k->name;
}

bool kind_is_plug(const struct kind *k)
{
	return k->plug;
}

enum reading_kind kind_reading(const struct kind *k)
{
	return k->reading;
}

int kind_address(const struct kind *k, const char *address, char ret[KIND_ADDRESS_MAX],
		 int64_t *ret_serial, struct err *e)
{
	*ret_serial = 0;
	return k->address(address, ret, ret_serial, e);
}

static const struct option *kind_option(const struct kind *k, const char *name)
{
	for (const struct option *o = k->options; o->name; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

int kind_check(const struct kind *k, const struct req *q, struct err *e)
{
	if (!k->pin && req_value(q, "pin")->set)
		return err_set(e, -EINVAL, "pin is not for a %s", k->name);
	for (size_t i = 0; i < SV_LEN(kinds); i++)
		for (const struct option *o = kinds[i].options; o->name; o++)
			if (req_value(q, o->name)->set && !kind_option(k, o->name))
				return err_set(e, -EINVAL, "%s is not for a %s", o->name, k->name);
	for (const struct option *o = k->options; o->name; o++)
		if (!o->usual && req_int(q, o->name, o->least) < o->least)
			return err_set(e, -EINVAL, "%s of a %s must be %lld or more", o->name,
				       k->name, (long long)o->least);
	return 0;
}

static int option_set(json_t *options, const struct option *o, const struct value *v, bool *changed)
{
	const json_t *now = json_object_get(options, o->name);
	const char *text = json_is_string(now) ? json_string_value(now) : o->usual;
	int64_t number = json_is_integer(now) ? json_integer_value(now) : o->usual_n;

	if (!v->set || (o->usual ? strcmp(text, v->s) == 0 : number == v->i))
		return 0;
	*changed = true;
	return json_object_set_new(options, o->name,
				   o->usual ? json_string(v->s) : json_integer(v->i));
}

int kind_options_set(const struct kind *k, json_t *options, const struct req *q, bool *changed)
{
	for (const struct option *o = k->options; o->name; o++)
		if (option_set(options, o, req_value(q, o->name), changed) < 0)
			return -ENOMEM;
	return 0;
}

int64_t kind_option_int(const struct kind *k, const json_t *options, const char *name)
{
	const json_t *now = json_object_get(options, name);
	const struct option *o = kind_option(k, name);

	return json_is_integer(now) ? json_integer_value(now) : o ? o->usual_n : 0;
}

const char *kind_option_text(const struct kind *k, const json_t *options, const char *name)
{
	const json_t *now = json_object_get(options, name);
	const struct option *o = kind_option(k, name);

	return json_is_string(now) ? json_string_value(now) : o && o->usual ? o->usual : "";
}

int kind_options_fill(const struct kind *k, json_t *options)
{
	for (const struct option *o = k->options; o->name; o++)
		if (!json_object_get(options, o->name) &&
		    json_object_set_new(options, o->name,
					o->usual ? json_string(o->usual)
						 : json_integer(o->usual_n)) < 0)
			return -ENOMEM;
	return 0;
}
