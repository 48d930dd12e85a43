/*
 * The methods of a plug: what each is called, on which firmware it is, what it does. A method that
 * is not there, or whose component is not, is unknown (-1002).
 */
#include "plug.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OK	   0
#define UNKNOWN	   -1002
#define BAD_JSON   -1003
#define BAD_PARAMS -1008
#define TOO_MANY   -1200
#define CONFLICT   -1902
#define BATCH_MAX  5
#define DELAY_MAX  86400
#define DEPTH_MAX  2 /* a batch in control_child */

struct call {
	struct plug *p;
	int child; /* PLUG_ITSELF, or the socket of a strip */
	int depth;
	const json_t *params;
	json_t *result; /* what it answers; NULL: nothing */
	bool set;
};

static json_t *run_one(struct call *parent, int child, const json_t *request);

static struct plug_socket *socket_of(struct call *c)
{
	return &c->p->unit->socket[plug_socket_of(c->child)];
}

static bool is_strip(const struct call *c)
{
	return c->p->unit->product->sockets > 1;
}

static const json_t *param(const struct call *c, const char *key)
{
	return json_object_get(c->params, key);
}

/* -> false: not a whole number between them */
static bool whole(const struct call *c, const char *key, json_int_t lo, json_int_t hi,
		  json_int_t *ret)
{
	const json_t *v = param(c, key);

	*ret = json_integer_value(v);
	return json_is_integer(v) && *ret >= lo && *ret <= hi;
}

/* ---- reading ---- */

static int get_components(struct call *c)
{
	c->result = plug_info_components(c->p, c->child != PLUG_ITSELF);
	return OK;
}

static int get_device_info(struct call *c)
{
	c->result = plug_info_device(c->p, c->child);
	return OK;
}

static int get_device_usage(struct call *c)
{
	c->result = plug_info_usage(c->p, c->child);
	return OK;
}

static int get_energy_usage(struct call *c)
{
	c->result = plug_info_energy(c->p, c->child);
	return OK;
}

static int get_current_power(struct call *c)
{
	c->result = plug_info_power(c->p, c->child);
	return OK;
}

static int get_emeter_data(struct call *c)
{
	c->result = plug_info_emeter(c->p, c->child);
	return OK;
}

static int get_device_time(struct call *c)
{
	c->result = plug_info_time(c->p);
	return OK;
}

static int get_max_power(struct call *c)
{
	c->result = json_pack("{s:i}", "max_power", (int)c->p->unit->product->max_w);
	return OK;
}

static int get_led_info(struct call *c)
{
	c->result = plug_info_led(c->p);
	return OK;
}

static int get_next_event(struct call *c)
{
	bool old = plug_can(c->p->unit->product, PLUG_NEXT_OLD);

	c->result = old ? json_pack("{s:i,s:i,s:s,s:i,s:i}", "action", -1, "e_time", 0, "id", "0",
				    "s_time", 0, "type", 0)
			: json_object();
	return OK;
}

static int get_schedule_rules(struct call *c)
{
	bool old = plug_can(c->p->unit->product, PLUG_NEXT_OLD);

	c->result = json_pack("{s:b,s:[],s:i,s:i,s:i}", "enable", 0, "rule_list",
			      "schedule_rule_max_count", old ? 20 : 32, "start_index", 0, "sum", 0);
	return OK;
}

static int get_firmware_state(struct call *c)
{
	c->result = json_pack("{s:b,s:i,s:i,s:i,s:i}", "auto_upgrade", 0, "download_progress", 0,
			      "reboot_time", 5, "status", 0, "upgrade_time", 5);
	return OK;
}

static int get_cloud_state(struct call *c)
{
	c->result = json_pack("{s:i}", "status", 0);
	return OK;
}

/* ---- setting ---- */

static int set_states(struct plug_socket *o, const json_t *states)
{
	const char *type = json_string_value(json_object_get(states, "type"));
	const json_t *on = json_object_get(json_object_get(states, "state"), "on");

	if (!type || (strcmp(type, "custom") == 0 && !json_is_boolean(on)))
		return BAD_PARAMS;
	o->by_default = strcmp(type, "custom") == 0;
	o->default_on = json_is_true(on);
	return OK;
}

static int set_name(struct call *c, const json_t *name)
{
	const char *text = json_string_value(name);
	char unused[PLUG_NAME_BYTES], *to = socket_of(c)->nickname;

	if (!text || !plug_name_decode(text, unused))
		return BAD_PARAMS;
	if (is_strip(c) && c->child == PLUG_ITSELF)
		to = c->p->unit->nickname;
	memcpy(to, text, strlen(text) + 1);
	return OK;
}

/* A strip itself has no relay. All or nothing. */
static int set_device_info(struct call *c)
{
	const json_t *on = param(c, "device_on"), *name = param(c, "nickname"),
		     *states = param(c, "default_states");
	int e = OK;

	if ((!on && !name && !states && !param(c, "avatar")) || (on && !json_is_boolean(on)) ||
	    ((on || states) && is_strip(c) && c->child == PLUG_ITSELF))
		return BAD_PARAMS;
	if (name)
		e = set_name(c, name);
	if (!e && states)
		e = set_states(socket_of(c), states);
	if (e)
		return e;
	c->set = true;
	/* What is too hot stays off. */
	if (on && !(json_is_true(on) && c->p->unit->overheated))
		plug_switch(c->p, plug_socket_of(c->child), json_is_true(on), PLUG_BY_CLIENT);
	return OK;
}

static int get_protection_power(struct call *c)
{
	const struct plug_socket *o = socket_of(c);

	c->result =
		json_pack("{s:b,s:i}", "enabled", o->limited, "protection_power", (int)o->limit_w);
	return OK;
}

static int set_protection_power(struct call *c)
{
	json_int_t w;

	if (!json_is_boolean(param(c, "enabled")) ||
	    !whole(c, "protection_power", 0, c->p->unit->product->max_w, &w))
		return BAD_PARAMS;
	socket_of(c)->limited = json_is_true(param(c, "enabled"));
	socket_of(c)->limit_w = (unsigned)w;
	c->set = true;
	return OK;
}

static int get_auto_off(struct call *c)
{
	const struct plug_socket *o = socket_of(c);

	c->result =
		json_pack("{s:i,s:b}", "delay_min", (int)o->auto_off_min, "enable", o->auto_off);
	return OK;
}

static int set_auto_off(struct call *c)
{
	struct plug_socket *o = socket_of(c);
	json_int_t min;

	if (!json_is_boolean(param(c, "enable")) || !whole(c, "delay_min", 1, 1440, &min))
		return BAD_PARAMS;
	o->auto_off = json_is_true(param(c, "enable"));
	o->auto_off_min = (unsigned)min;
	o->auto_off_ms = o->auto_off && o->on ? plug_now_ms(c->p) + min * 60000 : PLUG_NEVER;
	c->set = true;
	return OK;
}

/* It answers before it goes. */
static int reboot(struct call *c)
{
	json_int_t s;

	if (!whole(c, "delay", 0, 60, &s))
		s = 1;
	c->p->reboot_ms = plug_now_ms(c->p) + s * 1000 + 200;
	return OK;
}

/* ---- countdown ---- */

static int get_countdown(struct call *c)
{
	/* "params":null is an error there */
	if (json_is_null(c->params))
		return BAD_PARAMS;
	c->result = plug_info_countdown(c->p, c->child);
	return OK;
}

/* The members that a rule must have; remain is taken as it comes. */
static int put_countdown(struct call *c)
{
	const json_t *on = json_object_get(param(c, "desired_states"), "on");
	struct plug_socket *o = socket_of(c);
	json_int_t delay, remain;
	bool enable = json_is_true(param(c, "enable"));

	if (!whole(c, "delay", 1, DELAY_MAX, &delay) || !json_is_boolean(on) ||
	    !json_is_boolean(param(c, "enable")))
		return BAD_PARAMS;
	if (!whole(c, "remain", 1, delay, &remain))
		remain = delay;
	o->countdown.exists = true;
	o->countdown.delay_s = (unsigned)delay;
	o->countdown.on = json_is_true(on);
	plug_unit_countdown(c->p->unit, plug_socket_of(c->child), enable ? (unsigned)remain : 0,
			    json_is_true(on), plug_now_ms(c->p));
	c->set = true;
	return OK;
}

static int add_countdown(struct call *c)
{
	int e;

	if (socket_of(c)->countdown.exists)
		return CONFLICT;
	e = put_countdown(c);
	if (!e)
		c->result = json_pack("{s:s}", "id", "C1");
	return e;
}

static bool is_rule(const json_t *id)
{
	return json_is_string(id) && strcmp(json_string_value(id), "C1") == 0;
}

static int edit_countdown(struct call *c)
{
	if (!socket_of(c)->countdown.exists || !is_rule(param(c, "id")))
		return BAD_PARAMS;
	return put_countdown(c);
}

static int remove_countdown(struct call *c)
{
	const json_t *list = param(c, "rule_list");
	bool all = json_is_true(param(c, "remove_all"));

	if (!all && !is_rule(json_object_get(json_array_get(list, 0), "id")))
		return BAD_PARAMS;
	socket_of(c)->countdown = (struct plug_countdown){ .due_ms = PLUG_NEVER };
	c->set = true;
	return OK;
}

/* ---- strips and batches ---- */

static size_t start_index(const struct call *c)
{
	const json_t *v = param(c, "start_index");

	return json_integer_value(v) > 0 ? (size_t)json_integer_value(v) : 0;
}

static int get_children(struct call *c)
{
	c->result = plug_info_children(c->p, start_index(c));
	return OK;
}

static int get_child_components(struct call *c)
{
	c->result = plug_info_child_components(c->p, start_index(c));
	return OK;
}

static int control_child(struct call *c)
{
	const char *id = json_string_value(param(c, "device_id"));
	const json_t *request = param(c, "requestData");

	for (unsigned k = 0; id && k < c->p->unit->product->sockets; k++)
		if (strcmp(c->p->unit->socket[k].id, id) == 0 && json_is_object(request)) {
			c->result = json_pack("{s:o}", "responseData", run_one(c, (int)k, request));
			return OK;
		}
	return BAD_PARAMS;
}

static int run_batch(struct call *c)
{
	const json_t *requests = param(c, "requests");
	size_t n = json_array_size(requests);
	json_t *responses;

	if (plug_can(c->p->unit->product, PLUG_OLDEST))
		return BAD_JSON;
	if (!json_is_array(requests) || !n)
		return BAD_PARAMS;
	if (n > BATCH_MAX)
		return TOO_MANY;
	responses = json_array();
	for (size_t i = 0; i < n; i++) {
		const json_t *request = json_array_get(requests, i);
		json_t *one = run_one(c, c->child, request);
		json_t *name = json_object_get(request, "method");

		if (name)
			json_object_set(one, "method", name);
		json_array_append_new(responses, one);
	}
	c->result = json_pack("{s:o}", "responses", responses);
	return OK;
}

/* ---- all of them ---- */

enum place { ANYWHERE, PARENT, NOT_PARENT };

static const struct {
	const char *name;
	int (*run)(struct call *c);
	enum place place;
	unsigned with, without; /* traits */
} methods[] = {
	{ "component_nego", get_components, ANYWHERE, 0, 0 },
	{ "get_device_info", get_device_info, ANYWHERE, 0, 0 },
	{ "set_device_info", set_device_info, ANYWHERE, 0, 0 },
	{ "get_device_usage", get_device_usage, ANYWHERE, 0, PLUG_OLDEST },
	{ "get_energy_usage", get_energy_usage, NOT_PARENT, PLUG_ENERGY, 0 },
	{ "get_current_power", get_current_power, NOT_PARENT, PLUG_ENERGY, PLUG_ENERGY_OLD },
	{ "get_emeter_data", get_emeter_data, NOT_PARENT, PLUG_EMETER, 0 },
	{ "get_device_time", get_device_time, ANYWHERE, 0, 0 },
	{ "get_max_power", get_max_power, NOT_PARENT, PLUG_POWER_LIMIT, 0 },
	{ "get_protection_power", get_protection_power, ANYWHERE, PLUG_POWER_LIMIT, 0 },
	{ "set_protection_power", set_protection_power, NOT_PARENT, PLUG_POWER_LIMIT, 0 },
	{ "get_auto_off_config", get_auto_off, NOT_PARENT, PLUG_AUTO_OFF_ABLE, 0 },
	{ "set_auto_off_config", set_auto_off, NOT_PARENT, PLUG_AUTO_OFF_ABLE, 0 },
	{ "get_led_info", get_led_info, ANYWHERE, 0, 0 },
	{ "get_next_event", get_next_event, NOT_PARENT, 0, 0 },
	{ "get_schedule_rules", get_schedule_rules, NOT_PARENT, 0, 0 },
	{ "get_countdown_rules", get_countdown, NOT_PARENT, 0, 0 },
	{ "add_countdown_rule", add_countdown, NOT_PARENT, 0, 0 },
	{ "edit_countdown_rule", edit_countdown, NOT_PARENT, 0, 0 },
	{ "remove_countdown_rules", remove_countdown, NOT_PARENT, 0, 0 },
	{ "get_child_device_list", get_children, PARENT, 0, 0 },
	{ "get_child_device_component_list", get_child_components, PARENT, 0, 0 },
	{ "control_child", control_child, PARENT, 0, 0 },
	{ "get_fw_download_state", get_firmware_state, ANYWHERE, 0, 0 },
	{ "get_connect_cloud_state", get_cloud_state, ANYWHERE, 0, 0 },
	{ "device_reboot", reboot, ANYWHERE, 0, 0 },
	{ "multipleRequest", run_batch, ANYWHERE, 0, 0 },
};

static bool is_there(const struct call *c, size_t i)
{
	unsigned traits = c->p->unit->product->traits;
	bool parent = is_strip(c) && c->child == PLUG_ITSELF;

	if ((methods[i].place == PARENT && !parent) || (methods[i].place == NOT_PARENT && parent))
		return false;
	return (!methods[i].with || traits & methods[i].with) && !(traits & methods[i].without);
}

static int dispatch(struct call *c, const char *name)
{
	if (!name)
		return BAD_PARAMS;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return is_there(c, i) ? methods[i].run(c) : UNKNOWN;
	return UNKNOWN;
}

static json_t *run_one(struct call *parent, int child, const json_t *request)
{
	struct call c = { .p = parent->p,
			  .child = child,
			  .depth = parent->depth + 1,
			  .params = json_object_get(request, "params") };
	int e = c.depth > DEPTH_MAX + 1
			? BAD_PARAMS
			: dispatch(&c, json_string_value(json_object_get(request, "method")));
	json_t *answer = json_pack("{s:i}", "error_code", e);

	if (!e && c.result)
		json_object_set(answer, "result", c.result);
	json_decref(c.result);
	parent->set = parent->set || c.set;
	return answer;
}

char *plug_json_run(struct plug *p, const char *text, size_t n, bool *ret_set)
{
	json_t *request = json_loadb(text, n, 0, NULL);
	struct call top = { .p = p, .child = PLUG_ITSELF };
	json_t *answer = json_is_object(request) ? run_one(&top, PLUG_ITSELF, request)
						 : json_pack("{s:i}", "error_code", BAD_JSON);
	char *said = json_dumps(answer, JSON_COMPACT);

	*ret_set = top.set;
	json_decref(answer);
	json_decref(request);
	return said;
}
