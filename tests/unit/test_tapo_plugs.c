/* Answers of real plugs, decoded as tapo.h says; only where $SVITLO_SHARED/protocols/fixtures is. */
#include "proto/tapo.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>

#define E_(what) (1u << TAPO_HAS_##what)
#define OLD	 (E_(SCHEDULE) | E_(COUNTDOWN) | E_(ANTITHEFT) | E_(LED) | E_(SUNRISE))
#define COMMON	 (OLD | E_(DEFAULT_STATES))
#define NEWER	 (COMMON | E_(LOCAL_TIME) | E_(AUTO_OFF))
#define METER	 (NEWER | E_(ENERGY) | E_(POWER_PROTECTION))

struct expected {
	const char *file;
	int on;
	int64_t on_s;
	double rssi, time_diff;
	int signal, overcurrent, overload, charged, auto_off;
	enum tapo_heat heat;
	enum tapo_default after_outage;
	const char *region, *fw;
	uint32_t has;
	double power_w, voltage_v, today_wh, month_wh, month_min; /* NAN: unknown */
	enum tapo_source from;
	double used30_wh, on30_min;
	int64_t time_s;
	const char *countdown; /* NULL: no list */
	unsigned outlets;
};
/* clang-format off */
static const struct expected plugs[] = {
	{ "P100(US)_1.0.0_1.1.3", 1, 6868, NAN, NAN, 2, -1, -1, -1, -1, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_UNKNOWN, "", "1.1.3 Build 20191017 Rel. 57937", OLD,
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, NAN, NAN, 1707905077, "", 0 },
	{ "P100(US)_1.0.0_1.4.0", 0, 0, -57, 0, 2, -1, -1, -1, -1, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "Europe/London", "1.4.0 Build 20231017 Rel. 33876", COMMON,
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, NAN, 0, 1710256253, "", 0 },
	{ "P105(US)_1.0_1.2.5", 0, 0, -51, -480, 2, -1, -1, -1, 0, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "America/Vancouver", "1.2.5 Build 240411 Rel.143808", NEWER,
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, NAN, 4113, 1767608579, "", 0 },
	{ "P110(AU)_1.0_1.3.1", 0, 0, -53, 720, 2, 0, 0, 0, 0, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "Pacific/Auckland", "1.3.1 Build 240621 Rel.162048",
	  METER | E_(CHARGING_PROTECTION) | E_(CURRENT_PROTECTION),
	  0, 238.609, 0, 4, 10, TAPO_FROM_EMETER, 11, 10, 1739230299, "", 0 },
	{ "P110(EU)_1.0_1.0.7", 0, 0, -55, 0, 2, -1, -1, -1, -1, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "Europe/Lisbon", "1.0.7 Build 210629 Rel.174901",
	  COMMON | E_(LOCAL_TIME) | E_(ENERGY),
	  0, NAN, 0, 0, 0, TAPO_FROM_USAGE, 0, 0, 1708990159, "", 0 },
	{ "P110(UK)_1.0_1.3.0", 0, 0, -45, 0, 3, 0, 0, -1, 0, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "Europe/London", "1.3.0 Build 230905 Rel.152200",
	  METER | E_(CURRENT_PROTECTION),
	  0, NAN, 0, 1421, 19742, TAPO_FROM_USAGE, 3205, 29205, 1705742730, "C1", 0 },
	{ "P110M(EU)_1.0_1.2.3", 0, 0, -33, 60, 3, 0, 0, 0, 0, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "CET", "1.2.3 Build 240617 Rel.153525",
	  METER | E_(CHARGING_PROTECTION) | E_(CURRENT_PROTECTION) | E_(MATTER),
	  0, 233.509, 0, 6266, 12705, TAPO_FROM_EMETER, 7892, 17273, 1732361090, "", 0 },
	{ "P115(EU)_1.0_1.2.3", 1, 1621, -45, 0, 3, -1, 0, -1, 0, TAPO_HEAT_NORMAL,
	  TAPO_DEFAULT_LAST, "UTC", "1.2.3 Build 230425 Rel.142542", METER,
	  8.962, NAN, 0, 0, 6, TAPO_FROM_USAGE, 0, 6, 1717512486, "", 0 },
	{ "P300(EU)_1.0_1.0.7", -1, -1, -58, 60, 2, -1, -1, -1, -1, TAPO_HEAT_UNKNOWN,
	  TAPO_DEFAULT_UNKNOWN, "Europe/Berlin", "1.0.7 Build 220715 Rel.200458",
	  COMMON | E_(LOCAL_TIME) | E_(CHILDREN) | E_(OVERHEAT_PROTECTION),
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, NAN, 5, 1706297406, NULL, 3 },
	{ "P300(EU)_1.0_1.0.15", -1, -1, -61, 60, 2, -1, -1, -1, -1, TAPO_HEAT_UNKNOWN,
	  TAPO_DEFAULT_UNKNOWN, "Europe/Berlin", "1.0.15 Build 231130 Rel.122554",
	  NEWER | E_(CHILDREN) | E_(OVERHEAT_PROTECTION),
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, NAN, 30383, 1715622973, NULL, 3 },
	{ "P304M(UK)_1.0_1.0.3", -1, -1, -44, 0, 3, -1, -1, -1, -1, TAPO_HEAT_UNKNOWN,
	  TAPO_DEFAULT_UNKNOWN, "Europe/London", "1.0.3 Build 240605 Rel.091502",
	  METER | E_(CHILDREN) | E_(MATTER) | E_(OVERHEAT_PROTECTION) | E_(CURRENT_PROTECTION) |
	  E_(CHARGING_PROTECTION),
	  NAN, NAN, NAN, NAN, NAN, TAPO_FROM_NONE, 14, 220, 1729600212, NULL, 4 },
};
/* clang-format on */

static const char *const asked[] = {
	"component_nego",	 "get_device_info",
	"get_energy_usage",	 "get_current_power",
	"get_emeter_data",	 "get_device_usage",
	"get_device_time",	 "get_countdown_rules",
	"get_child_device_list", "get_child_device_component_list",
};

/* What the plug would have answered to a batch of all of them. */
static struct tapo_answer batch_of(const json_t *fixture)
{
	json_auto_t *responses = json_array(), *root = NULL;
	struct tapo_answer a;

	for (size_t i = 0; i < SV_LEN(asked); i++) {
		json_t *result = json_object_get(fixture, asked[i]);

		json_array_append_new(
			responses,
			result ? json_pack("{s:s,s:i,s:O}", "method", asked[i], "error_code", 0,
					   "result", result)
			       : json_pack("{s:s,s:i}", "method", asked[i], "error_code", -1002));
	}
	root = json_pack("{s:i,s:{s:O}}", "error_code", 0, "result", "responses", responses);
	char *text = json_dumps(root, JSON_COMPACT);

	assert_int_equal(tapo_answer_parse(&a, text, strlen(text), "multipleRequest", NULL), 0);
	free(text);
	return a;
}

static struct tapo_energy energy_of(const struct tapo_answer *a)
{
	struct tapo_energy en;
	int32_t code;

	tapo_energy_init(&en);
	tapo_energy_read_usage(&en, tapo_answer_get(a, "get_energy_usage", &code));
	tapo_energy_read_power(&en, tapo_answer_get(a, "get_current_power", &code));
	tapo_energy_read_emeter(&en, tapo_answer_get(a, "get_emeter_data", &code));
	assert_int_equal(en.suspect, 0);
	return en;
}

static void check_info(const struct expected *x, const struct tapo_info *i)
{
	char model[16] = "";

	memcpy(model, x->file, strcspn(x->file, "("));
	assert_string_equal(i->model, model);
	assert_string_equal(i->type, "SMART.TAPOPLUG");
	assert_string_equal(i->nickname, "#MASKED_NAME#");
	assert_string_equal(i->fw, x->fw);
	assert_string_equal(i->region, x->region);
	assert_string_equal(i->ip, "127.0.0.123");
	assert_int_equal(strlen(i->id), 40);
	assert_int_equal(strlen(i->mac), 12);
	assert_string_equal(i->parent_id, "");
	assert_int_equal(i->on, x->on);
	assert_int_equal(i->on_s, x->on_s);
	NEAR(i->rssi_dbm, x->rssi);
	NEAR(i->time_diff_min, x->time_diff);
	assert_int_equal(i->signal, x->signal);
	assert_int_equal(i->overcurrent, x->overcurrent);
	assert_int_equal(i->overload, x->overload);
	assert_int_equal(i->charged, x->charged);
	assert_int_equal(i->auto_off, x->auto_off);
	assert_int_equal(i->auto_off_s, x->auto_off);
	assert_int_equal(i->heat, x->heat);
	assert_int_equal(i->after_outage, x->after_outage);
	assert_int_equal(i->position, -1);
	assert_int_equal(i->usb, -1);
}

static void check_energy(const struct expected *x, const struct tapo_answer *a)
{
	struct tapo_energy en = energy_of(a);
	struct tapo_usage u;
	int32_t code;

	NEAR(en.v[TAPO_POWER_W], x->power_w);
	NEAR(en.v[TAPO_VOLTAGE_V], x->voltage_v);
	NEAR(en.v[TAPO_CURRENT_A], isnan(x->voltage_v) ? NAN : 0);
	NEAR(en.v[TAPO_TODAY_WH], x->today_wh);
	NEAR(en.v[TAPO_MONTH_WH], x->month_wh);
	NEAR(en.v[TAPO_MONTH_MIN], x->month_min);
	assert_int_equal(en.power_from, x->from);
	assert_int_equal(strlen(en.local_time), isnan(x->today_wh) ? 0 : 19);
	tapo_usage_read(&u, tapo_answer_get(a, "get_device_usage", &code));
	NEAR(u.used_wh[2], x->used30_wh);
	NEAR(u.on_min[2], x->on30_min);
}

static void check_rules(const struct expected *x, const struct tapo_answer *a)
{
	struct tapo_countdown c;
	struct tapo_time t;
	int32_t code;
	int r = tapo_countdown_read(&c, tapo_answer_get(a, "get_countdown_rules", &code));

	assert_int_equal(r, x->countdown ? 0 : -EPROTO);
	if (!r) {
		assert_string_equal(c.id, x->countdown);
		assert_false(tapo_countdown_runs(&c));
		assert_int_equal(c.delay_s, c.id[0] ? 300 : -1);
		assert_int_equal(c.on, c.id[0] ? 1 : -1);
	}
	tapo_time_read(&t, tapo_answer_get(a, "get_device_time", &code));
	assert_int_equal(t.t_s, x->time_s);
}

/* An outlet's own answers, where they were recorded. */
static void check_outlet(const json_t *fixture, const struct tapo_info *child, bool meter)
{
	static const double month_wh[] = { 14, 0, 0, 24 };
	const json_t *own = json_object_get(json_object_get(fixture, "child_devices"), child->id);
	struct tapo_answer a;
	struct tapo_energy en;

	if (!own)
		return;
	a = batch_of(own);
	en = energy_of(&a);
	assert_int_equal(en.power_from, meter ? TAPO_FROM_CURRENT_POWER : TAPO_FROM_NONE);
	NEAR(en.v[TAPO_POWER_W], meter ? 0 : NAN);
	if (meter)
		NEAR(en.v[TAPO_MONTH_WH], month_wh[child->position - 1]);
	else
		NEAR(en.v[TAPO_MONTH_WH], NAN);
	tapo_answer_free(&a);
}

static void check_outlets(const struct expected *x, const json_t *fixture,
			  const struct tapo_answer *a)
{
	struct tapo_children c = { .n = 0 };
	int32_t code;
	int r = tapo_children_add(&c, tapo_answer_get(a, "get_child_device_list", &code));
	bool meter = strncmp(x->file, "P304M", 5) == 0;

	assert_int_equal(r, x->outlets ? 0 : -EPROTO);
	assert_int_equal(c.n, x->outlets);
	if (!c.n)
		return;
	r = tapo_children_add_components(
		&c, tapo_answer_get(a, "get_child_device_component_list", &code));
	assert_int_equal(r, 0);
	for (unsigned i = 0; i < c.n; i++) {
		const struct tapo_info *child = &c.child[i];

		assert_int_equal(child->position, i + 1);
		assert_int_equal(child->slots, c.n);
		assert_int_equal(child->usb, meter ? 0 : -1);
		assert_int_equal(child->on, !meter);
		assert_int_equal(child->heat, TAPO_HEAT_NORMAL);
		assert_int_equal(child->overcurrent, meter ? 0 : -1);
		assert_string_equal(child->category, "plug.powerstrip.sub-plug");
		assert_int_equal(strlen(child->parent_id), 40);
		assert_int_equal(strlen(child->mac), 12);
		NEAR(child->rssi_dbm, NAN);
		assert_true(c.components[i].known);
		assert_true(tapo_has(&c.components[i], TAPO_HAS_COUNTDOWN));
		assert_int_equal(tapo_has(&c.components[i], TAPO_HAS_ENERGY), meter);
		check_outlet(fixture, child, meter);
	}
	if (strstr(x->file, "1.0.15")) { /* listed as 3, 2, 1 */
		assert_string_equal(c.child[0].id, "SCRUBBED_CHILD_DEVICE_ID_3");
		assert_int_equal(c.child[0].after_outage, TAPO_DEFAULT_ON);
		assert_int_equal(c.child[1].after_outage, TAPO_DEFAULT_LAST);
		assert_int_equal(c.child[2].after_outage, TAPO_DEFAULT_OFF);
		assert_int_equal(c.child[2].on_s, 441972);
	}
}

static void test_plugs(void **state)
{
	(void)state;
	for (size_t i = 0; i < SV_LEN(plugs); i++) {
		char name[128];
		struct tapo_info info;
		struct tapo_components components;
		struct tapo_answer a;
		int32_t code;

		snprintf(name, sizeof(name), "fixtures/%s.json", plugs[i].file);
		json_auto_t *o = shared_json(name);

		if (!o)
			skip();
		print_message("%s\n", plugs[i].file);
		a = batch_of(o);
		tapo_info_read(&info, tapo_answer_get(&a, "get_device_info", &code));
		check_info(&plugs[i], &info);
		tapo_components_read(&components, tapo_answer_get(&a, "component_nego", &code));
		assert_int_equal(components.has, plugs[i].has);
		check_energy(&plugs[i], &a);
		check_rules(&plugs[i], &a);
		check_outlets(&plugs[i], o, &a);
		tapo_answer_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plugs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
