/*
 * What Tapo plugs are asked and answer: requests word by word, answers of our own with all that can
 * be wrong in them. Those of real plugs: test_tapo_plugs.c.
 */
#include "proto/tapo.h"
#include "svitlo/util.h"
#include "tapo_shared.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>

static json_t *loads(const char *json)
{
	json_t *o = json_loads(json, JSON_DECODE_INT_AS_REAL, NULL);

	assert_non_null(o);
	return o;
}

/* ---- requests ---- */

static void test_requests(void **state)
{
	char a[TAPO_REQUEST_MAX], b[TAPO_REQUEST_MAX], c[TAPO_REQUEST_MAX];
	const char *two[] = { a, b }, *six[] = { a, a, a, a, a, a };

	(void)state;
	assert_int_equal(tapo_put_get(a, sizeof(a), "get_device_info"), 28);
	assert_string_equal(a, "{\"method\":\"get_device_info\"}");
	assert_int_equal(tapo_put_get(a, 29, "get_device_info"), 28);
	assert_int_equal(tapo_put_get(a, 28, "get_device_info"), -ENOSPC);
	assert_true(tapo_put_get(b, sizeof(b), "component_nego") > 0);
	static const char *const never[] = {
		"device_reset",	    "set_device_info", "fw_download", "get_\"},{", "",
		"qs_component_nego"
	};
	for (size_t i = 0; i < SV_LEN(never); i++) {
		assert_int_equal(tapo_put_get(c, sizeof(c), never[i]), -EINVAL);
		assert_int_equal(tapo_put_get_from(c, sizeof(c), never[i], 0), -EINVAL);
	}
	tapo_put_get(a, sizeof(a), "get_device_info");
	assert_true(tapo_put_batch(c, sizeof(c), two, 2) > 0);
	assert_string_equal(c,
			    "{\"method\":\"multipleRequest\",\"params\":{\"requests\":[{\"method\":"
			    "\"get_device_info\"},{\"method\":\"component_nego\"}]}}");
	int n = (int)strlen(c);
	for (int room = 0; room <= n; room++)
		assert_int_equal(tapo_put_batch(c, (size_t)room, two, 2), -ENOSPC);
	assert_int_equal(tapo_put_batch(c, (size_t)n + 1, two, 2), n);
	assert_int_equal(tapo_put_batch(c, sizeof(c), two, 0), -EINVAL);
	assert_true(tapo_put_batch(c, sizeof(c), six, 5) > 0);
	assert_int_equal(tapo_put_batch(c, sizeof(c), six, 6), -EINVAL);
	tapo_put_switch(a, sizeof(a), true);
	assert_string_equal(a, "{\"method\":\"set_device_info\",\"params\":{\"device_on\":true}}");
	assert_true(tapo_put_child(c, sizeof(c), "8022AB00", a) > 0);
	assert_string_equal(c,
			    "{\"method\":\"control_child\",\"params\":{\"device_id\":\"8022AB00\","
			    "\"requestData\":{\"method\":\"set_device_info\",\"params\":{"
			    "\"device_on\":true}}}}");
	assert_int_equal(tapo_put_child(c, sizeof(c), "80\"22", a), -EINVAL);
	assert_int_equal(tapo_put_child(c, sizeof(c), "", a), -EINVAL);
	tapo_put_get_from(a, sizeof(a), "get_child_device_list", 10);
	assert_string_equal(
		a, "{\"method\":\"get_child_device_list\",\"params\":{\"start_index\":10}}");
}

static void test_countdown_requests(void **state)
{
	char a[TAPO_REQUEST_MAX];

	(void)state;
	assert_true(tapo_put_countdown_add(a, sizeof(a), 1800, false) > 0);
	assert_string_equal(a,
			    "{\"method\":\"add_countdown_rule\",\"params\":{\"enable\":true,"
			    "\"delay\":1800,\"remain\":1800,\"desired_states\":{\"on\":false}}}");
	assert_true(tapo_put_countdown_edit(a, sizeof(a), "C1", 86400, true) > 0);
	assert_string_equal(a, "{\"method\":\"edit_countdown_rule\",\"params\":{\"id\":\"C1\","
			       "\"enable\":true,\"delay\":86400,\"remain\":86400,"
			       "\"desired_states\":{\"on\":true}}}");
	assert_true(tapo_put_countdown_remove(a, sizeof(a)) > 0);
	assert_string_equal(
		a, "{\"method\":\"remove_countdown_rules\",\"params\":{\"remove_all\":true}}");
	assert_int_equal(tapo_put_countdown_add(a, sizeof(a), 0, false), -EINVAL);
	assert_int_equal(tapo_put_countdown_add(a, sizeof(a), 86401, false), -EINVAL);
	assert_int_equal(tapo_put_countdown_edit(a, sizeof(a), "C1", -1, false), -EINVAL);
	assert_int_equal(tapo_put_countdown_edit(a, sizeof(a), "C\"1", 5, false), -EINVAL);
	assert_int_equal(tapo_put_countdown_edit(a, sizeof(a), "0123456789012345", 5, false),
			 -EINVAL);
}

/* Names of 200 bytes come whole. */
static void test_nickname(void **state)
{
	char name[300] = "", answer[TAPO_REQUEST_MAX], base64[500];
	struct tapo_info info;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		memcpy(name + 4 * i, "🔌", 4);
	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)name, (int)strlen(name));
	json_auto_t *o = json_pack("{s:s}", "nickname", base64);

	tapo_info_read(&info, o);
	assert_string_equal(info.nickname, name);

	/* what is longer is cut between characters */
	static const struct {
		const char *head, *rest;
		size_t kept;
	} rows[] = {
		{ "", "🔌", 200 },  { "a", "🔌", 197 }, { "", "ї", 200 },
		{ "a", "ї", 199 }, { "", "€", 198 },  { "", "z", 200 },
	};
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		snprintf(name, sizeof(name), "%s", rows[i].head);
		while (strlen(name) < 240)
			strncat(name, rows[i].rest, 5);
		EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)name,
				(int)strlen(name));
		snprintf(answer, sizeof(answer), "{\"nickname\":\"%s\"}", base64);
		json_auto_t *a = loads(answer);

		tapo_info_read(&info, a);
		assert_int_equal(strlen(info.nickname), rows[i].kept);
		assert_memory_equal(info.nickname, name, rows[i].kept);
	}
	static const char *const bad[] = {
		"\"/w==\"", /* ff */
		"\"4oI=\"", /* half a character */
		"\"YQBi\"", /* a zero in it */
		"\"YQ=\"",  "\"Y Q=\"", "\"plug\\n\"", "\"Кухня\"", "\"\"", "7", "null", "[]",
	};
	for (size_t i = 0; i < SV_LEN(bad); i++) {
		snprintf(answer, sizeof(answer), "{\"nickname\":%s}", bad[i]);
		json_auto_t *a = loads(answer);

		tapo_info_read(&info, a);
		if (info.nickname[0])
			fail_msg("%s: %s", bad[i], info.nickname);
	}
	json_auto_t *a = loads("{\"nickname\":\"YQpi\",\"model\":\"P1\\u001b[0m\\n\"}");

	tapo_info_read(&info, a);
	assert_string_equal(info.nickname, "a b");
	assert_string_equal(info.model, "P1 [0m ");
}

/* ---- answers ---- */

static int parse(struct tapo_answer *ret, const char *json, const char *asked)
{
	return tapo_answer_parse(ret, json, strlen(json), asked, NULL);
}

static void test_answers(void **state)
{
	struct tapo_answer a;
	int32_t code = 0;

	(void)state;
	assert_int_equal(
		parse(&a,
		      "{\"error_code\":0,\"result\":{\"responses\":[{\"method\":\"get_b\",\"error_"
		      "code\":"
		      "-1002},7,{\"method\":\"get_a\",\"error_code\":0,\"result\":{\"x\":1}},"
		      "{\"method\":\"get_c\"},{\"method\":\"get_d\",\"error_code\":0}]}}",
		      "multipleRequest"),
		0);
	assert_non_null(json_object_get(tapo_answer_get(&a, "get_a", &code), "x"));
	assert_int_equal(code, 0);
	assert_null(tapo_answer_get(&a, "get_b", &code));
	assert_int_equal(code, -1002);
	assert_null(tapo_answer_get(&a, "get_c", &code));
	assert_int_equal(code, INT32_MIN);
	assert_null(tapo_answer_get(&a, "get_d", &code));
	assert_int_equal(code, 0);
	assert_null(tapo_answer_get(&a, "get_e", &code));
	assert_int_equal(code, INT32_MIN);
	tapo_answer_free(&a);

	assert_int_equal(parse(&a, "{\"error_code\":-1003}", "multipleRequest"), 0);
	assert_int_equal(a.code, -1003);
	assert_null(tapo_answer_get(&a, "get_a", &code));
	assert_int_equal(code, -1003);
	tapo_answer_free(&a);

	assert_int_equal(parse(&a, "{\"error_code\":0,\"result\":{\"x\":1}}", "get_a"), 0);
	assert_non_null(tapo_answer_get(&a, "get_a", &code));
	assert_null(tapo_answer_get(&a, "get_b", &code));
	assert_int_equal(code, INT32_MIN);
	tapo_answer_free(&a);

	assert_int_equal(parse(&a, "{\"error_code\":0}", "set_device_info"), 0);
	assert_null(tapo_answer_get(&a, "set_device_info", &code));
	assert_int_equal(code, 0);
	tapo_answer_free(&a);
	tapo_answer_free(NULL);
}

static void test_child_answers(void **state)
{
	struct tapo_answer a;
	int32_t code = 0;

	(void)state;
	assert_int_equal(parse(&a,
			       "{\"error_code\":0,\"result\":{\"responseData\":{\"error_code\":0,"
			       "\"result\":{\"current_power\":5}}}}",
			       "get_current_power"),
			 0);
	assert_non_null(tapo_answer_get(&a, "get_current_power", &code));
	tapo_answer_free(&a);
	assert_int_equal(parse(&a,
			       "{\"error_code\":0,\"result\":{\"responseData\":{\"error_code\":0,"
			       "\"result\":{\"responses\":[{\"method\":\"get_a\",\"error_code\":0,"
			       "\"result\":{}}]}}}}",
			       "multipleRequest"),
			 0);
	assert_non_null(tapo_answer_get(&a, "get_a", &code));
	tapo_answer_free(&a);
	/* the inner refusal behind an outer success */
	assert_int_equal(
		parse(&a, "{\"error_code\":0,\"result\":{\"responseData\":{\"error_code\":-1008}}}",
		      "set_device_info"),
		0);
	assert_int_equal(a.code, -1008);
	tapo_answer_free(&a);
	assert_int_equal(
		parse(&a, "{\"error_code\":-1,\"result\":{\"responseData\":{\"error_code\":0}}}",
		      "set_device_info"),
		0);
	assert_int_equal(a.code, -1);
	tapo_answer_free(&a);
	assert_int_equal(parse(&a, "{\"error_code\":0,\"result\":{\"responseData\":{}}}", "get_a"),
			 -EPROTO);
}

static void test_bad_answers(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[]",
		"null",
		"7",
		"{}",
		"{\"error_code\":null}",
		"{\"error_code\":\"0\"}",
		"{\"error_code\":NaN}",
		"{\"error_code\":Infinity}",
		"{\"error_code\":1e999}",
		"{\"error_code\":99999999999}",
		"{\"error_code\":0,}",
		"{'error_code':0}",
		"{\"error_code\":0}{}",
		"\xef\xbb\xbf{\"error_code\":0}",
		"{\"error_code\":0,\"\xff\":1}",
	};
	static char deep[100000];
	struct tapo_answer a;
	struct err e;

	(void)state;
	for (size_t i = 0; i < SV_LEN(bad); i++)
		if (parse(&a, bad[i], "get_a") != -EPROTO)
			fail_msg("%s", bad[i]);
	memset(deep, '[', sizeof(deep));
	assert_int_equal(tapo_answer_parse(&a, deep, 60000, "get_a", &e), -EPROTO);
	memset(deep, ' ', sizeof(deep));
	memcpy(deep, "{\"error_code\":0}", 16);
	assert_int_equal(tapo_answer_parse(&a, deep, 65536, "get_a", &e), 0);
	tapo_answer_free(&a);
	assert_int_equal(tapo_answer_parse(&a, deep, 65537, "get_a", &e), -EPROTO);
}

static void all_unknown(const struct tapo_info *i, const char *what)
{
	if (i->on != -1 || i->on_s != -1 || i->nickname[0] || i->model[0] || i->type[0] ||
	    i->hw[0] || i->fw[0] || i->category[0] || i->region[0] || i->ip[0] || i->mac[0] ||
	    i->id[0] || i->parent_id[0] || !isnan(i->rssi_dbm) || !isnan(i->time_diff_min) ||
	    i->signal != -1 || i->heat != TAPO_HEAT_UNKNOWN || i->overcurrent != -1 ||
	    i->overload != -1 || i->charged != -1 || i->auto_off != -1 || i->auto_off_s != -1 ||
	    i->after_outage != TAPO_DEFAULT_UNKNOWN || i->position != -1 || i->slots != -1 ||
	    i->usb != -1)
		fail_msg("%s: something is known", what);
}

static void test_info(void **state)
{
	json_auto_t *o =
		loads("{\"device_on\":true,\"on_time\":61,\"nickname\":\"0JHQvtC50LvQtdGA\","
		      "\"model\":\"P110\","
		      "\"type\":\"SMART.TAPOPLUG\",\"hw_ver\":\"1.0\",\"fw_ver\":\"1.3.0 Build 1\","
		      "\"device_id\":\"8022\",\"mac\":\"aa-bb-cc-dd-ee-0f\",\"ip\":\"10.0.0.9\","
		      "\"rssi\":-51,"
		      "\"signal_level\":2,\"region\":\"Europe/"
		      "Kyiv\",\"time_diff\":-120,\"overheat_status\":"
		      "\"cool_down\",\"overcurrent_status\":\"lifted\",\"power_protection_status\":"
		      "\"overloaded\",\"charging_status\":\"finished\",\"auto_off_status\":\"on\","
		      "\"auto_off_remain_time\":90,\"default_states\":{\"type\":\"custom\","
		      "\"state\":{\"on\":"
		      "false}},\"original_device_id\":\"80\",\"position\":2,\"slot_number\":4,\"is_"
		      "usb\":true,"
		      "\"category\":\"plug.powerstrip.sub-plug\",\"something_new\":[1,{}]}");
	struct tapo_info i;

	(void)state;
	tapo_info_read(&i, o);
	assert_int_equal(i.on, 1);
	assert_int_equal(i.on_s, 61);
	assert_string_equal(i.nickname, "Бойлер");
	assert_string_equal(i.model, "P110");
	assert_string_equal(i.fw, "1.3.0 Build 1");
	assert_string_equal(i.mac, "AABBCCDDEE0F");
	assert_string_equal(i.parent_id, "80");
	NEAR(i.rssi_dbm, -51);
	NEAR(i.time_diff_min, -120);
	assert_int_equal(i.heat, TAPO_HEAT_COOL_DOWN);
	assert_int_equal(i.overcurrent, 1);
	assert_int_equal(i.overload, 1);
	assert_int_equal(i.charged, 1);
	assert_int_equal(i.auto_off, 1);
	assert_int_equal(i.auto_off_s, 90);
	assert_int_equal(i.after_outage, TAPO_DEFAULT_OFF);
	assert_int_equal(i.position, 2);
	assert_int_equal(i.slots, 4);
	assert_int_equal(i.usb, 1);
	tapo_info_read(&i, NULL);
	all_unknown(&i, "nothing");
}

/* Every member in every type that it has not. */
static void test_wrong_types(void **state)
{
	static const char *const values[] = {
		"null",	   "[]",    "{}",     "[[{}]]", "\"\"",
		"\"\\t\"", "1e300", "-1e300", "0.5",	"99999999999999999999999",
		"-7"
	};
	static const char *const members[] = {
		"device_on",
		"on_time",
		"nickname",
		"model",
		"type",
		"hw_ver",
		"fw_ver",
		"device_id",
		"mac",
		"ip",
		"signal_level",
		"region",
		"overheat_status",
		"category",
		"is_usb",
		"overheated",
		"position",
		"slot_number",
		"overcurrent_status",
		"charging_status",
		"default_states",
		"auto_off_status",
		"auto_off_remain_time",
		"original_device_id",
		"power_protection_status",
	};

	(void)state;
	for (size_t m = 0; m < SV_LEN(members); m++)
		for (size_t v = 0; v < SV_LEN(values); v++) {
			char json[256];
			struct tapo_info i;

			snprintf(json, sizeof(json), "{\"%s\":%s}", members[m], values[v]);
			json_auto_t *o = loads(json);

			tapo_info_read(&i, o);
			if (v == 5) /* a blank is left of it */
				continue;
			all_unknown(&i, json);
		}
	json_auto_t *o =
		loads("{\"rssi\":\"-50\",\"time_diff\":null,\"device_on\":\"true\","
		      "\"overheated\":\"false\",\"default_states\":{\"type\":\"custom\"}}");
	struct tapo_info i;

	tapo_info_read(&i, o);
	all_unknown(&i, "texts");
}

/* ---- energy ---- */

static void test_energy(void **state)
{
	json_auto_t *usage =
		loads("{\"current_power\":8962,\"today_energy\":1200,\"month_energy\":"
		      "33000,\"today_runtime\":90,\"month_runtime\":900,\"local_time\":"
		      "\"2026-11-25 10:00:00\",\"electricity_charge\":[0,0,0]}");
	json_auto_t *power = loads("{\"current_power\":9}");
	json_auto_t *emeter = loads("{\"current_ma\":45,\"voltage_mv\":230100,\"power_mw\":9105,"
				    "\"energy_wh\":7}");
	struct tapo_energy en;

	(void)state;
	tapo_energy_init(&en);
	for (int i = 0; i < TAPO_VALUE__MAX; i++)
		NEAR(en.v[i], NAN);
	tapo_energy_read_power(&en, power);
	NEAR(en.v[TAPO_POWER_W], 9);
	tapo_energy_read_usage(&en, usage);
	NEAR(en.v[TAPO_POWER_W], 8.962);
	NEAR(en.v[TAPO_TODAY_WH], 1200);
	NEAR(en.v[TAPO_MONTH_WH], 33000);
	NEAR(en.v[TAPO_TODAY_MIN], 90);
	NEAR(en.v[TAPO_MONTH_MIN], 900);
	NEAR(en.v[TAPO_VOLTAGE_V], NAN);
	assert_string_equal(en.local_time, "2026-11-25 10:00:00");
	tapo_energy_read_emeter(&en, emeter);
	NEAR(en.v[TAPO_POWER_W], 9.105);
	NEAR(en.v[TAPO_VOLTAGE_V], 230.1);
	NEAR(en.v[TAPO_CURRENT_A], 0.045);
	assert_int_equal(en.power_from, TAPO_FROM_EMETER);
	/* in whatever order they come */
	tapo_energy_read_power(&en, power);
	tapo_energy_read_usage(&en, usage);
	NEAR(en.v[TAPO_POWER_W], 9.105);
	assert_int_equal(en.suspect, 0);
	tapo_energy_read_usage(&en, NULL);
	assert_string_equal(en.local_time, "");
}

static void test_insane_energy(void **state)
{
	static const struct {
		const char *json;
		enum tapo_value value;
		double v;
		bool suspect;
	} rows[] = {
		{ "{\"current_power\":4500000}", TAPO_POWER_W, 4500, false },
		{ "{\"current_power\":4500001}", TAPO_POWER_W, 4500.001, true },
		{ "{\"current_power\":-5}", TAPO_POWER_W, -0.005, true },
		{ "{\"current_power\":99999999999999999999}", TAPO_POWER_W, 1e17, true },
		{ "{\"current_power\":\"8962\"}", TAPO_POWER_W, NAN, false },
		{ "{\"current_power\":null}", TAPO_POWER_W, NAN, false },
		{ "{\"current_power\":true}", TAPO_POWER_W, NAN, false },
		{ "{\"today_energy\":-1}", TAPO_TODAY_WH, -1, true },
		{ "{\"today_runtime\":1501}", TAPO_TODAY_MIN, 1501, true },
		{ "{\"month_energy\":[1]}", TAPO_MONTH_WH, NAN, false },
	};
	struct tapo_energy en;

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		json_auto_t *o = loads(rows[i].json);

		tapo_energy_init(&en);
		tapo_energy_read_usage(&en, o);
		NEAR(en.v[rows[i].value], rows[i].v);
		assert_int_equal(en.suspect, rows[i].suspect ? 1u << rows[i].value : 0);
	}
	json_auto_t *o = loads("{\"voltage_mv\":0,\"current_ma\":30000,\"power_mw\":1000}");
	json_auto_t *good = loads("{\"voltage_mv\":230000,\"current_ma\":4}");

	tapo_energy_init(&en);
	tapo_energy_read_emeter(&en, o);
	NEAR(en.v[TAPO_VOLTAGE_V], 0);
	assert_int_equal(en.suspect, 1u << TAPO_VOLTAGE_V | 1u << TAPO_CURRENT_A);
	tapo_energy_read_emeter(&en, good);
	assert_int_equal(en.suspect, 0);
}

static void test_usage(void **state)
{
	json_auto_t *o = loads("{\"time_usage\":{\"today\":3,\"past7\":7265,\"past30\":\"x\"},"
			       "\"power_usage\":{\"today\":0}}");
	struct tapo_usage u;

	(void)state;
	tapo_usage_read(&u, o);
	NEAR(u.on_min[0], 3);
	NEAR(u.on_min[1], 7265);
	NEAR(u.on_min[2], NAN);
	NEAR(u.used_wh[0], 0);
	NEAR(u.used_wh[1], NAN);
	tapo_usage_read(&u, NULL);
	NEAR(u.on_min[0], NAN);
}

/* ---- lists and rules ---- */

static void test_components(void **state)
{
	json_auto_t *o = loads(
		"{\"component_list\":[{\"id\":\"energy_monitoring\",\"ver_code\":2},{\"id\":"
		"\"schedule\","
		"\"ver_code\":1},{\"id\":\"control_child\"},{\"id\":7},7,{\"id\":\"later\"}]}");
	struct tapo_components c;

	(void)state;
	tapo_components_read(&c, o);
	assert_true(c.known);
	assert_int_equal(c.has,
			 1u << TAPO_HAS_ENERGY | 1u << TAPO_HAS_SCHEDULE | 1u << TAPO_HAS_CHILDREN);
	assert_true(tapo_has(&c, TAPO_HAS_ENERGY));
	assert_false(tapo_has(&c, TAPO_HAS_COUNTDOWN));
	assert_int_equal(c.version[TAPO_HAS_ENERGY], 2);
	assert_int_equal(c.version[TAPO_HAS_SCHEDULE], 1);
	assert_int_equal(c.version[TAPO_HAS_CHILDREN], 1);
	assert_int_equal(c.version[TAPO_HAS_LED], 0);
	tapo_components_read(&c, NULL);
	assert_false(c.known);
}

/* A page of outlets: from, to and how many there are in all. */
static int add_page(struct tapo_children *c, int from, int to, int sum, bool components)
{
	char json[BYTES_MAX];
	size_t n = (size_t)snprintf(json, sizeof(json), "{\"start_index\":%d,\"sum\":%d,\"%s\":[",
				    from, sum,
				    components ? "child_component_list" : "child_device_list");

	for (int i = from; i < to; i++)
		n += (size_t)snprintf(
			json + n, sizeof(json) - n,
			"%s{\"device_id\":\"id%d\",\"position\":%d,\"component_list\":["
			"{\"id\":\"led\",\"ver_code\":%d}]}",
			i > from ? "," : "", i, 50 - i, i + 1);
	snprintf(json + n, sizeof(json) - n, "]}");
	json_auto_t *o = loads(json);

	return components ? tapo_children_add_components(c, o) : tapo_children_add(c, o);
}

static void test_children(void **state)
{
	struct tapo_children c = { .n = 0 }, d = { .n = 0 };

	(void)state;
	assert_int_equal(add_page(&c, 0, 10, 16, false), 10);
	assert_int_equal(add_page(&c, 0, 10, 16, false), -EPROTO); /* the same again */
	assert_int_equal(add_page(&c, 10, 16, 16, false), 0);
	assert_int_equal(c.n, 16);
	for (unsigned i = 1; i < c.n; i++)
		assert_true(c.child[i].position > c.child[i - 1].position);
	assert_int_equal(add_page(&c, 0, 4, 16, true), 4);
	assert_int_equal(add_page(&c, 4, 16, 16, true), 0);
	for (unsigned i = 0; i < c.n; i++)
		assert_int_equal(c.components[i].version[TAPO_HAS_LED],
				 50 - c.child[i].position + 1);
	assert_int_equal(add_page(&c, 16, 17, 17, false), -ENOSPC);
	/* an empty page ends it, whatever the sum */
	assert_int_equal(add_page(&d, 0, 2, 9, false), 2);
	assert_int_equal(add_page(&d, 2, 2, 9, false), 0);
	assert_int_equal(d.n, 2);
	/* components of outlets nobody knows are passed over */
	assert_int_equal(add_page(&d, 0, 3, 3, true), 0);

	static const char *const bad[] = {
		"{}",
		"{\"child_device_list\":{}}",
		"{\"child_device_list\":[7]}",
		"{\"child_device_list\":[{}]}",
		"{\"child_device_list\":[{\"device_id\":\"a\"},{\"device_id\":\"a\"}]}",
		"{\"child_device_list\":[],\"start_index\":5}",
	};
	for (size_t i = 0; i < SV_LEN(bad); i++) {
		struct tapo_children none = { .n = 0 };
		json_auto_t *o = loads(bad[i]);

		if (tapo_children_add(&none, o) != -EPROTO)
			fail_msg("%s", bad[i]);
	}
	assert_int_equal(tapo_children_add(&d, NULL), -EPROTO);
}

/* What hangs on a strip or a hub and is no outlet, however its category begins. */
static void test_no_outlets(void **state)
{
	static const char page[] =
		"{\"start_index\":0,\"sum\":6,\"child_device_list\":["
		"{\"device_id\":\"L\",\"category\":\"plug.powerstrip.sub-bulb\",\"device_on\":true}"
		","
		"{\"device_id\":\"B\",\"category\":\"plug.powerstrip.sub-plug\",\"position\":2},"
		"{\"device_id\":\"A\",\"category\":\"plug.powerstrip.sub-plug\",\"position\":1},"
		"{\"device_id\":\"X\",\"category\":\"plug.powerstrip.sub-plugin\",\"position\":3},"
		"{\"device_id\":\"S\",\"category\":\"subg.trigger.contact-sensor\"},"
		"{\"device_id\":\"C\",\"device_on\":false,\"position\":3}]}";
	struct tapo_children c = { .n = 0 };
	json_auto_t *o = loads(page);

	(void)state;
	assert_int_equal(tapo_children_add(&c, o), 0);
	assert_int_equal(c.n, 3);
	assert_string_equal(c.child[0].id, "A");
	assert_string_equal(c.child[1].id, "B");
	assert_string_equal(c.child[2].id, "C");
}

static void test_countdown(void **state)
{
	static const struct {
		const char *json;
		int r;
		bool runs;
		const char *id;
		int on;
	} rows[] = {
		{ "{\"rule_list\":[]}", 0, false, "", -1 },
		{ "{\"rule_list\":[{\"id\":\"C1\",\"enable\":true,\"delay\":300,\"remain\":12,"
		  "\"desired_states\":{\"on\":false}}]}",
		  0, true, "C1", 0 },
		{ "{\"rule_list\":[{\"id\":\"C1\",\"enable\":false,\"delay\":300,\"remain\":0,"
		  "\"desired_states\":{\"on\":true}}]}",
		  0, false, "C1", 1 },
		{ "{\"rule_list\":[{\"id\":\"C1\",\"enable\":true}]}", 0, false, "C1", -1 },
		{ "{\"rule_list\":[{\"id\":\"C1\",\"enable\":1,\"remain\":\"12\"}]}", 0, false,
		  "C1", -1 },
		{ "{\"rule_list\":[7]}", 0, false, "", -1 },
		{ "{\"rule_list\":7}", -EPROTO, false, "", -1 },
		{ "{}", -EPROTO, false, "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct tapo_countdown c;
		json_auto_t *o = loads(rows[i].json);

		if (tapo_countdown_read(&c, o) != rows[i].r)
			fail_msg("%s", rows[i].json);
		if (rows[i].r)
			continue;
		assert_int_equal(tapo_countdown_runs(&c), rows[i].runs);
		assert_string_equal(c.id, rows[i].id);
		assert_int_equal(c.on, rows[i].on);
	}
}

static void test_time(void **state)
{
	json_auto_t *o = loads("{\"region\":\"CET\",\"time_diff\":60,\"timestamp\":1732361090}");
	json_auto_t *bad = loads("{\"region\":1,\"time_diff\":\"60\",\"timestamp\":1e300}");
	struct tapo_time t;

	(void)state;
	tapo_time_read(&t, o);
	assert_int_equal(t.t_s, 1732361090);
	NEAR(t.time_diff_min, 60);
	assert_string_equal(t.region, "CET");
	tapo_time_read(&t, bad);
	assert_int_equal(t.t_s, -1);
	NEAR(t.time_diff_min, NAN);
	assert_string_equal(t.region, "");
}

static void test_errors(void **state)
{
	static const struct {
		int32_t code;
		enum tapo_class class, in_session;
	} rows[] = {
		{ 0, TAPO_OK, TAPO_OK },
		{ 9999, TAPO_SESSION, TAPO_SESSION },
		{ 1003, TAPO_TRANSPORT, TAPO_TRANSPORT },
		{ -1501, TAPO_AUTH, TAPO_AUTH },
		{ -1005, TAPO_DOUBT, TAPO_SESSION },
		{ -2203, TAPO_DOUBT, TAPO_SESSION },
		{ -1002, TAPO_UNSUPPORTED, TAPO_UNSUPPORTED },
		{ -1003, TAPO_BATCH, TAPO_BATCH },
		{ -1008, TAPO_PARAMS, TAPO_PARAMS },
		{ -1902, TAPO_CONFLICT, TAPO_CONFLICT },
		{ -2101, TAPO_LOCKED, TAPO_LOCKED },
		{ -40109, TAPO_LATER, TAPO_LATER },
		{ 12345, TAPO_FAIL, TAPO_FAIL },
		{ INT32_MIN, TAPO_FAIL, TAPO_FAIL },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		const struct tapo_error *e = tapo_error_find(rows[i].code);

		assert_int_equal(e->class, rows[i].class);
		assert_int_equal(e->in_session, rows[i].in_session);
		assert_true(strlen(e->text) > 3);
	}
	assert_int_equal(tapo_http_class(200), TAPO_OK);
	assert_int_equal(tapo_http_class(403), TAPO_SESSION);
	assert_int_equal(tapo_http_class(404), TAPO_TRANSPORT);
	assert_int_equal(tapo_http_class(503), TAPO_LATER);
	assert_int_equal(tapo_http_class(302), TAPO_FAIL);
	for (int f = TAPO_FAILURE_UNREACHABLE; f < TAPO_FAILURE__MAX; f++) {
		assert_true(strlen(tapo_failure_name((enum tapo_failure)f)) > 3);
		assert_true(strlen(tapo_failure_text((enum tapo_failure)f)) > 20);
	}
	assert_string_equal(tapo_failure_name(TAPO_FAILURE_NONE), "");
	assert_int_equal(tapo_class_failure(TAPO_AUTH), TAPO_FAILURE_PASSWORD);
	assert_int_equal(tapo_class_failure(TAPO_LOCKED), TAPO_FAILURE_LOCKED);
	assert_int_equal(tapo_class_failure(TAPO_SESSION), TAPO_FAILURE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),      cmocka_unit_test(test_countdown_requests),
		cmocka_unit_test(test_nickname),      cmocka_unit_test(test_answers),
		cmocka_unit_test(test_child_answers), cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_info),	      cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_energy),	      cmocka_unit_test(test_insane_energy),
		cmocka_unit_test(test_usage),	      cmocka_unit_test(test_components),
		cmocka_unit_test(test_children),      cmocka_unit_test(test_no_outlets),
		cmocka_unit_test(test_countdown),     cmocka_unit_test(test_time),
		cmocka_unit_test(test_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
