/* Answers of Tapo plugs. */
#include "tapo.h"

#include "tapo_bytes.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NICKNAME_BYTES 3072 /* before it is cut */

/* ---- the envelope ---- */

int tapo_answer_parse(struct tapo_answer *ret, const char *text, size_t n, const char *asked,
		      struct err *e)
{
	struct tapo_answer a = { .root = tapo_json(text, n), .asked = asked };
	const json_t *inner;

	if (!a.root)
		return err_set(e, -EPROTO, "%s: the answer is no JSON", asked);
	a.body = a.root;
	a.code = tapo_json_code(a.root);
	inner = json_object_get(json_object_get(a.root, "result"), "responseData");
	if (a.code == 0 && json_is_object(inner)) {
		a.body = inner;
		a.code = tapo_json_code(inner);
	}
	if (a.code == TAPO_NO_CODE) {
		json_decref(a.root);
		return err_set(e, -EPROTO, "%s: an answer without error_code", asked);
	}
	*ret = a;
	return 0;
}

static const json_t *result_or_null(const json_t *o)
{
	const json_t *result = json_object_get(o, "result");

	return json_is_object(result) ? result : NULL;
}

const struct json_t *tapo_answer_get(const struct tapo_answer *a, const char *method,
				     int32_t *ret_code)
{
	const json_t *responses;

	*ret_code = a->code;
	if (a->code != 0)
		return NULL;
	if (strcmp(a->asked, "multipleRequest") != 0) {
		if (strcmp(a->asked, method) == 0)
			return result_or_null(a->body);
		*ret_code = TAPO_NO_CODE;
		return NULL;
	}
	responses = json_object_get(json_object_get(a->body, "result"), "responses");
	for (size_t i = 0; i < json_array_size(responses); i++) {
		const json_t *o = json_array_get(responses, i);
		const char *name = json_string_value(json_object_get(o, "method"));

		if (!name || strcmp(name, method) != 0)
			continue;
		*ret_code = tapo_json_code(o);
		return *ret_code == 0 ? result_or_null(o) : NULL;
	}
	*ret_code = TAPO_NO_CODE;
	return NULL;
}

void tapo_answer_free(struct tapo_answer *a)
{
	if (a)
		json_decref(a->root);
}

/* ---- info ---- */

struct word {
	const char *text;
	int value;
};

/* The value of a text; -1: it is absent or none of these. */
static int word_value(const json_t *o, const char *key, const struct word *words, size_t n)
{
	const char *s = json_string_value(json_object_get(o, key));

	for (size_t i = 0; s && i < n; i++)
		if (strcmp(words[i].text, s) == 0)
			return words[i].value;
	return -1;
}

static enum tapo_heat read_heat(const json_t *o)
{
	static const struct word words[] = {
		{ "normal", TAPO_HEAT_NORMAL },
		{ "cool_down", TAPO_HEAT_COOL_DOWN },
		{ "overheated", TAPO_HEAT_OVER },
	};
	int old = tapo_json_bool(o, "overheated");

	if (old >= 0)
		return old ? TAPO_HEAT_OVER : TAPO_HEAT_NORMAL;
	return (enum tapo_heat)word_value(o, "overheat_status", words, SV_LEN(words));
}

static enum tapo_default read_default(const json_t *o)
{
	static const struct word words[] = { { "last_states", 1 }, { "custom", 0 } };
	const json_t *states = json_object_get(o, "default_states");
	int last = word_value(states, "type", words, SV_LEN(words));

	if (last != 0)
		return last > 0 ? TAPO_DEFAULT_LAST : TAPO_DEFAULT_UNKNOWN;
	return (enum tapo_default)tapo_json_bool(json_object_get(states, "state"), "on");
}

static void read_nickname(const json_t *o, char ret[TAPO_NICKNAME_MAX])
{
	uint8_t bytes[NICKNAME_BYTES];
	int n = tapo_json_base64(o, "nickname", bytes, sizeof(bytes));

	ret[0] = 0;
	if (n > 0)
		tapo_utf8(ret, TAPO_NICKNAME_MAX, bytes, (size_t)n);
}

static void read_texts(struct tapo_info *ret, const json_t *o)
{
	char mac[24];

	tapo_json_text(o, "model", ret->model, sizeof(ret->model));
	tapo_json_text(o, "type", ret->type, sizeof(ret->type));
	tapo_json_text(o, "hw_ver", ret->hw, sizeof(ret->hw));
	tapo_json_text(o, "fw_ver", ret->fw, sizeof(ret->fw));
	tapo_json_text(o, "category", ret->category, sizeof(ret->category));
	tapo_json_text(o, "region", ret->region, sizeof(ret->region));
	tapo_json_text(o, "ip", ret->ip, sizeof(ret->ip));
	tapo_json_text(o, "device_id", ret->id, sizeof(ret->id));
	tapo_json_text(o, "original_device_id", ret->parent_id, sizeof(ret->parent_id));
	tapo_json_text(o, "mac", mac, sizeof(mac));
	tapo_mac(ret->mac, mac);
	read_nickname(o, ret->nickname);
}

void tapo_info_read(struct tapo_info *ret, const struct json_t *o)
{
	static const struct word overcurrent[] = { { "normal", 0 }, { "lifted", 1 } };
	static const struct word overload[] = { { "normal", 0 }, { "overloaded", 1 } };
	static const struct word charging[] = { { "normal", 0 }, { "finished", 1 } };
	static const struct word on_off[] = { { "off", 0 }, { "on", 1 } };

	*ret = (struct tapo_info){
		.on = tapo_json_bool(o, "device_on"),
		.on_s = tapo_json_int(o, "on_time", 0, INT32_MAX),
		.rssi_dbm = tapo_json_number(o, "rssi"),
		.time_diff_min = tapo_json_number(o, "time_diff"),
		.signal = (int)tapo_json_int(o, "signal_level", 0, 100),
		.heat = read_heat(o),
		.overcurrent =
			word_value(o, "overcurrent_status", overcurrent, SV_LEN(overcurrent)),
		.overload = word_value(o, "power_protection_status", overload, SV_LEN(overload)),
		.charged = word_value(o, "charging_status", charging, SV_LEN(charging)),
		.auto_off = word_value(o, "auto_off_status", on_off, SV_LEN(on_off)),
		.auto_off_s = tapo_json_int(o, "auto_off_remain_time", 0, INT32_MAX),
		.after_outage = read_default(o),
		.position = (int)tapo_json_int(o, "position", 0, 255),
		.slots = (int)tapo_json_int(o, "slot_number", 0, 255),
		.usb = tapo_json_bool(o, "is_usb"),
	};
	read_texts(ret, o);
}

/* ---- energy ---- */

/* A member, the value it is, what makes that unit of it, and from where to where it can be true. */
struct member {
	const char *key;
	enum tapo_value value;
	double scale;
};
static const double limits[TAPO_VALUE__MAX][2] = {
	[TAPO_POWER_W] = { 0, 4500 },	 [TAPO_VOLTAGE_V] = { 50, 300 },
	[TAPO_CURRENT_A] = { 0, 20 },	 [TAPO_TODAY_WH] = { 0, 25 * 4500 },
	[TAPO_MONTH_WH] = { 0, 3.4e6 },	 [TAPO_TODAY_MIN] = { 0, 25 * 60 },
	[TAPO_MONTH_MIN] = { 0, 44700 },
};

static void energy_put(struct tapo_energy *en, enum tapo_value value, double v)
{
	uint32_t bit = 1u << value;

	en->v[value] = v;
	en->suspect &= ~bit;
	if (!(v >= limits[value][0] && v <= limits[value][1]))
		en->suspect |= bit;
}

static void energy_read(struct tapo_energy *en, const json_t *o, const struct member *m, size_t n,
			enum tapo_source from)
{
	for (size_t i = 0; i < n; i++) {
		double v = tapo_json_number(o, m[i].key);
		bool power = m[i].value == TAPO_POWER_W;

		if (isnan(v) || (power && from < en->power_from))
			continue;
		energy_put(en, m[i].value, v * m[i].scale);
		if (power)
			en->power_from = from;
	}
}

void tapo_energy_init(struct tapo_energy *ret)
{
	*ret = (struct tapo_energy){ 0 };
	for (int i = 0; i < TAPO_VALUE__MAX; i++)
		ret->v[i] = NAN;
}

void tapo_energy_read_usage(struct tapo_energy *en, const struct json_t *result)
{
	static const struct member members[] = {
		{ "current_power", TAPO_POWER_W, 1e-3 }, { "today_energy", TAPO_TODAY_WH, 1 },
		{ "month_energy", TAPO_MONTH_WH, 1 },	 { "today_runtime", TAPO_TODAY_MIN, 1 },
		{ "month_runtime", TAPO_MONTH_MIN, 1 },
	};

	energy_read(en, result, members, SV_LEN(members), TAPO_FROM_USAGE);
	tapo_json_text(result, "local_time", en->local_time, sizeof(en->local_time));
}

void tapo_energy_read_power(struct tapo_energy *en, const struct json_t *result)
{
	static const struct member members[] = { { "current_power", TAPO_POWER_W, 1 } };

	energy_read(en, result, members, SV_LEN(members), TAPO_FROM_CURRENT_POWER);
}

void tapo_energy_read_emeter(struct tapo_energy *en, const struct json_t *result)
{
	static const struct member members[] = {
		{ "power_mw", TAPO_POWER_W, 1e-3 },
		{ "voltage_mv", TAPO_VOLTAGE_V, 1e-3 },
		{ "current_ma", TAPO_CURRENT_A, 1e-3 },
	};

	energy_read(en, result, members, SV_LEN(members), TAPO_FROM_EMETER);
}

void tapo_usage_read(struct tapo_usage *ret, const struct json_t *result)
{
	static const char *const spans[] = { "today", "past7", "past30" };

	for (size_t i = 0; i < SV_LEN(spans); i++) {
		ret->on_min[i] = tapo_json_number(json_object_get(result, "time_usage"), spans[i]);
		ret->used_wh[i] =
			tapo_json_number(json_object_get(result, "power_usage"), spans[i]);
	}
}

/* ---- components ---- */

const char *tapo_component_name(enum tapo_component c)
{
	static const char *const names[TAPO_HAS__MAX] = {
		[TAPO_HAS_ENERGY] = "energy_monitoring",
		[TAPO_HAS_SCHEDULE] = "schedule",
		[TAPO_HAS_COUNTDOWN] = "countdown",
		[TAPO_HAS_ANTITHEFT] = "antitheft",
		[TAPO_HAS_LED] = "led",
		[TAPO_HAS_AUTO_OFF] = "auto_off",
		[TAPO_HAS_DEFAULT_STATES] = "default_states",
		[TAPO_HAS_POWER_PROTECTION] = "power_protection",
		[TAPO_HAS_CURRENT_PROTECTION] = "current_protection",
		[TAPO_HAS_OVERHEAT_PROTECTION] = "overheat_protection",
		[TAPO_HAS_CHARGING_PROTECTION] = "charging_protection",
		[TAPO_HAS_CHILDREN] = "control_child",
		[TAPO_HAS_LOCAL_TIME] = "device_local_time",
		[TAPO_HAS_SUNRISE] = "sunrise_sunset",
		[TAPO_HAS_MATTER] = "matter",
	};

	return names[c];
}

void tapo_components_read(struct tapo_components *ret, const struct json_t *result)
{
	const json_t *list = json_object_get(result, "component_list");

	*ret = (struct tapo_components){ .known = json_is_array(list) };
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		const char *id = json_string_value(json_object_get(o, "id"));
		int64_t version = tapo_json_int(o, "ver_code", 1, 255);

		for (int k = 0; id && k < TAPO_HAS__MAX; k++)
			if (strcmp(tapo_component_name((enum tapo_component)k), id) == 0) {
				ret->has |= 1u << k;
				ret->version[k] = (uint8_t)(version > 0 ? version : 1);
			}
	}
}

bool tapo_has(const struct tapo_components *c, enum tapo_component what)
{
	return c->has >> what & 1;
}

/* ---- outlets ---- */

static struct tapo_info *child_find(struct tapo_children *c, const char *id)
{
	for (unsigned i = 0; i < c->n; i++)
		if (strcmp(c->child[i].id, id) == 0)
			return &c->child[i];
	return NULL;
}

/* "plug.powerstrip.sub-plug": the last word says what it is. Beside it there are "sub-bulb", the night
 * light of a strip, and a hub's sensors. */
static bool is_outlet(const struct tapo_info *i)
{
	const char *dot = strrchr(i->category, '.');

	return !i->category[0] || strcmp(dot ? dot + 1 : i->category, "sub-plug") == 0;
}

/* Keeps outlets by position; those without one come first, as they came. */
static int child_add(struct tapo_children *c, const json_t *o)
{
	struct tapo_info child;
	unsigned at = c->n;

	tapo_info_read(&child, o);
	if (!child.id[0] || child_find(c, child.id))
		return -EPROTO;
	if (!is_outlet(&child))
		return 0;
	if (c->n == TAPO_CHILDREN_MAX)
		return -ENOSPC;
	for (; at > 0 && c->child[at - 1].position > child.position; at--) {
		c->child[at] = c->child[at - 1];
		c->components[at] = c->components[at - 1];
	}
	c->child[at] = child;
	c->components[at] = (struct tapo_components){ 0 };
	c->n++;
	return 0;
}

static int components_add(struct tapo_children *c, const json_t *o)
{
	char id[TAPO_ID_MAX];
	const struct tapo_info *child;

	tapo_json_text(o, "device_id", id, sizeof(id));
	child = child_find(c, id);
	if (child)
		tapo_components_read(&c->components[child - c->child], o);
	return 0;
}

/* A page of a list: each of it added, and where the next one begins. */
static int page_add(struct tapo_children *c, const json_t *result, const char *key,
		    unsigned *received, int (*add)(struct tapo_children *c, const json_t *o))
{
	const json_t *list = json_object_get(result, key);
	int64_t start = tapo_json_int(result, "start_index", 0, INT32_MAX);
	int64_t sum = tapo_json_int(result, "sum", 0, INT32_MAX);

	if (!json_is_array(list) || (start >= 0 && start != (int64_t)*received))
		return -EPROTO;
	for (size_t i = 0; i < json_array_size(list); i++) {
		int r = add(c, json_array_get(list, i));

		if (r < 0)
			return r;
	}
	*received += (unsigned)json_array_size(list);
	return json_array_size(list) && (int64_t)*received < sum ? (int)*received : 0;
}

int tapo_children_add(struct tapo_children *c, const struct json_t *result)
{
	return page_add(c, result, "child_device_list", &c->received, child_add);
}

int tapo_children_add_components(struct tapo_children *c, const struct json_t *result)
{
	return page_add(c, result, "child_component_list", &c->components_received, components_add);
}

/* ---- rules, time ---- */

int tapo_countdown_read(struct tapo_countdown *ret, const struct json_t *result)
{
	const json_t *list = json_object_get(result, "rule_list"), *o;

	if (!json_is_array(list))
		return -EPROTO;
	o = json_array_get(list, 0);
	*ret = (struct tapo_countdown){
		.enabled = tapo_json_bool(o, "enable"),
		.on = tapo_json_bool(json_object_get(o, "desired_states"), "on"),
		.delay_s = tapo_json_int(o, "delay", 0, INT32_MAX),
		.remain_s = tapo_json_int(o, "remain", 0, INT32_MAX),
	};
	tapo_json_text(o, "id", ret->id, sizeof(ret->id));
	return 0;
}

bool tapo_countdown_runs(const struct tapo_countdown *c)
{
	return c->enabled > 0 && c->remain_s > 0;
}

void tapo_time_read(struct tapo_time *ret, const struct json_t *result)
{
	*ret = (struct tapo_time){
		.t_s = tapo_json_int(result, "timestamp", 0, INT64_C(1) << 40),
		.time_diff_min = tapo_json_number(result, "time_diff"),
	};
	tapo_json_text(result, "region", ret->region, sizeof(ret->region));
}
