/*
 * Captures through the whole codec, every value against what stands beside them.
 *
 *	tests/captures/jk/NAME.cap + NAME.expected.json		our own, from the simulated packs
 *	$SVITLO_SHARED/protocols/captures/jk/			real devices, where that folder is
 *
 * Run from the repository's root.
 */
#include "proto/btsnoop.h"
#include "proto/cap.h"
#include "proto/jk_json.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OURS	 "tests/captures/jk"
#define PATH_LEN 1024
#define BIG	 (1u << 20)

struct replay {
	const char *name;
	struct jk_frames frames;
	struct jk_detect detect;
	json_t *out; /* array, an object for each frame and ack */
};

static json_t *frame_json(struct replay *r, const uint8_t *f)
{
	enum jk_protocol p = jk_detect(&r->detect, f);
	struct jk_cell_info c;
	struct jw w = { 0 };
	json_t *j;

	jw_obj(&w);
	jw_kint(&w, "type", f[4]);
	jw_kint(&w, "counter_", f[5]);
	switch (f[4]) {
	case JK_CELL_INFO:
		jk_decode_cell_info_of(p, r->detect.sw_major, f, &c);
		jk_json_cell_info(&w, &c);
		break;
	case JK_SETTINGS:
		jk_json_settings(&w, p, f);
		break;
	case JK_DEVICE_INFO:
		jk_json_device_info(&w, p, f, true);
		break;
	default:
		jk_json_logbook(&w, f);
		break;
	}
	jw_end(&w);
	j = json_loads(jw_text(&w), 0, NULL);
	jw_free(&w);
	assert_non_null(j);
	return j;
}

static void on_event(void *ud, const struct jk_event *ev)
{
	struct replay *r = ud;
	json_t *j;

	if (ev->kind == JK_EVENT_FRAME)
		j = frame_json(r, ev->data);
	else
		j = json_pack("{s:s}", "event",
			      ev->kind == JK_EVENT_ACK ? "ack" : jk_bad_name(ev->reason));
	json_array_append_new(r->out, j);
}

static json_t *load(const char *path)
{
	json_error_t e;
	json_t *j = json_load_file(path, 0, &e);

	if (!j)
		fail_msg("%s: %s", path, e.text);
	return j;
}

static void replay_text(struct replay *r, const char *path)
{
	static struct cap c;
	static char line[BIG];
	FILE *f = fopen(path, "re");
	struct err e;

	assert_non_null(f);
	memset(&c, 0, sizeof(c));
	while (fgets(line, sizeof(line), f)) {
		int kind = cap_line(&c, line, strlen(line), &e);

		if (kind < 0)
			fail_msg("%s: %s", path, e.text);
		if (kind == CAP_IN || kind == CAP_BARE)
			jk_frames_feed(&r->frames, c.data, c.len, c.at_ms, on_event, r);
	}
	fclose(f);
	jk_frames_end(&r->frames, on_event, r);
}

static void replay_btsnoop(struct replay *r, const char *path)
{
	static struct btsnoop b;
	static uint8_t data[BIG];
	struct btsnoop_value v;
	FILE *f = fopen(path, "rbe");
	uint16_t handle = 0;
	size_t n;

	assert_non_null(f);
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	assert_int_equal(btsnoop_open(&b, data, n, NULL), 0);
	while (btsnoop_next(&b, &v) > 0) {
		if (v.dir != BTSNOOP_IN)
			continue;
		if (!handle && v.len >= 4 && memcmp(v.data, "\x55\xAA\xEB\x90", 4) == 0)
			handle = v.handle;
		if (v.handle == handle)
			jk_frames_feed(&r->frames, v.data, v.len, v.t_ms, on_event, r);
	}
	jk_frames_end(&r->frames, on_event, r);
}

/* Numbers within the tolerance, booleans as 0 and 1, arrays element by element. */
static bool same(const json_t *want, const json_t *got, double scale, double within)
{
	if (json_is_boolean(got))
		return json_is_boolean(want)
			       ? json_is_true(want) == json_is_true(got)
			       : json_is_number(want) &&
					 (json_number_value(want) != 0) == json_is_true(got);
	if (json_is_number(want))
		return json_is_number(got) &&
		       fabs(json_number_value(want) * scale - json_number_value(got)) <= within;
	if (json_is_array(want)) {
		size_t n = json_array_size(want), m = json_array_size(got);

		/* sensors that a generation doesn't have may be null or left out */
		for (size_t i = 0; i < n || i < m; i++) {
			const json_t *w = i < n ? json_array_get(want, i) : NULL;
			const json_t *g = i < m ? json_array_get(got, i) : NULL;

			if ((!w || json_is_null(w)) && (!g || json_is_null(g)))
				continue;
			if (!w || !g || !same(w, g, scale, within))
				return false;
		}
		return true;
	}
	return json_equal(want, got);
}

static void check(const struct replay *r, size_t frame, const char *key, bool ok,
		  const json_t *want, const json_t *got)
{
	char a[512] = "", b[512] = "";

	if (ok)
		return;
	if (want)
		json_dumpb(want, a, sizeof(a) - 1, JSON_ENCODE_ANY);
	if (got)
		json_dumpb(got, b, sizeof(b) - 1, JSON_ENCODE_ANY);
	fail_msg("%s frame %zu, %s: want %s, got %s", r->name, frame, key, a, b);
}

/* Names in the real captures' files, ours, and the factor between them. */
static const struct {
	const char *theirs, *ours;
	double scale;
} cell_keys[] = {
	{ "enabled_mask", "cell_mask", 1 },
	{ "cell_count", "cell_count", 1 },
	{ "wire_warning_mask", "wire_warnings", 1 },
	{ "voltage_v", "voltage", 1 },
	{ "power_raw_w", "power_raw", 1 },
	{ "power_w", "power", 1 },
	{ "current_a", "current", 1 },
	{ "errors", "error_bits", 1 },
	{ "balance_current_a", "balance_current", 1 },
	{ "balance_action", "balancing", 1 },
	{ "soc_pct", "soc", 1 },
	{ "remaining_ah", "remaining_ah", 1 },
	{ "full_capacity_ah", "nominal_ah", 1 },
	{ "cycles", "cycle_count", 1 },
	{ "cycle_capacity_ah", "total_cycle_ah", 1 },
	{ "soh_pct", "soh", 1 },
	{ "precharge", "precharge_fet", 1 },
	{ "user_alarm", "user_alarm", 1 },
	{ "runtime_s", "uptime_s", 1 },
	{ "charge_mos", "charge_fet", 1 },
	{ "discharge_mos", "discharge_fet", 1 },
	{ "t_dc_ocpr_s", "discharge_overcurrent_release_s", 1 },
	{ "t_dc_scpr_s", "discharge_short_release_s", 1 },
	{ "t_c_ocpr_s", "charge_overcurrent_release_s", 1 },
	{ "t_c_scpr_s", "charge_short_release_s", 1 },
	{ "t_uvpr_s", "undervoltage_release_s", 1 },
	{ "t_ovpr_s", "overvoltage_release_s", 1 },
	{ "temp_present_mask", "sensor_mask", 1 },
	{ "heating", "heating", 1 },
	{ "emergency_s", "emergency_countdown_s", 1 },
	{ "batvol_10mv", "voltage_again", 0.01 },
	{ "charger_plugged", "charger_plugged", 1 },
	{ "sys_ticks_s", "ticks_s", 1 },
	{ "rtc", "clock_s", 1 },
	{ "detail_log_count", "log_count", 1 },
	{ "sleep_countdown_s", "sleep_countdown_s", 1 },
	{ "pcl_state", "parallel_limiter", 1 },
	{ "battery_type", "battery_type", 1 },
	{ "charge_status_time_s", "charge_phase_s", 1 },
	{ "charge_status", "charge_phase", 1 },
	{ "dry_mask", "dry_contacts", 1 },
};

/* Their arrays have a place for every slot, 0 where no cell is; ours end at the last cell. */
static bool same_cells(const json_t *want, const json_t *volts, const json_t *got, double scale)
{
	for (size_t i = 0; i < json_array_size(want); i++) {
		const json_t *g = json_array_get(got, i);
		bool fitted = json_number_value(json_array_get(volts, i)) != 0;

		if (fitted != json_is_number(g))
			return false;
		if (fitted && !same(json_array_get(want, i), g, scale, 0.0002))
			return false;
	}
	return json_array_size(got) <= json_array_size(want);
}

static void check_temps(const struct replay *r, size_t n, const json_t *want, const json_t *got)
{
	static const char *const keys[] = { "t1_c", "t2_c", NULL, "t4_c", "t5_c", "mos_c" };
	const json_t *present = json_object_get(want, "temp_present_mask");
	const json_t *list = json_object_get(got, "temperatures");

	for (size_t i = 0; i < SV_LEN(keys); i++) {
		const json_t *w = keys[i] ? json_object_get(want, keys[i]) : NULL;
		const json_t *g =
			i == 5 ? json_object_get(got, "mos_temperature") : json_array_get(list, i);
		int bit = i == 5 ? 0 : (int)i + 1, sw = r->detect.sw_major;
		bool fitted =
			w && json_number_value(w) > -200 && json_integer_value(present) >> bit & 1;

		if (i == 3 || i == 4)
			fitted = fitted && (sw >= 14 || (!sw && json_number_value(w) != 0));
		if (fitted)
			check(r, n, keys[i], same(w, g, 1, 0.001), w, g);
		else
			check(r, n, "temperature", !g || json_is_null(g), w, g);
	}
}

static void check_cells(const struct replay *r, size_t n, const json_t *want, const json_t *got)
{
	const json_t *mv = json_object_get(want, "cells_mv"), *v = json_object_get(want, "cells_v");
	const json_t *mohm = json_object_get(want, "resistance_mohm");
	const json_t *ohm = json_object_get(want, "resistance_ohm");
	const json_t *volts = json_object_get(got, "cell_voltages");
	const json_t *wires = json_object_get(got, "wire_resistances");
	const json_t *heat = json_object_get(want, "heating_current_a");

	assert_true(mv || v);
	check(r, n, "cells", same_cells(mv ? mv : v, mv ? mv : v, volts, mv ? 0.001 : 1),
	      mv ? mv : v, volts);
	check(r, n, "wires", same_cells(mohm ? mohm : ohm, mv ? mv : v, wires, mohm ? 0.001 : 1),
	      mohm ? mohm : ohm, wires);
	check_temps(r, n, want, got);
	for (size_t i = 0; i < SV_LEN(cell_keys); i++) {
		const json_t *w = json_object_get(want, cell_keys[i].theirs);
		const json_t *g = json_object_get(got, cell_keys[i].ours);

		if (w)
			check(r, n, cell_keys[i].theirs, same(w, g, cell_keys[i].scale, 0.0015), w,
			      g);
	}
	if (heat && json_integer_value(json_object_get(want, "heating")))
		check(r, n, "heating_current",
		      same(heat, json_object_get(got, "heating_current"), 1, 0.001), heat,
		      json_object_get(got, "heating_current"));
	check(r, n, "suspect", json_array_size(json_object_get(got, "suspect")) == 0, NULL,
	      json_object_get(got, "suspect"));
}

/* Settings, device info, logbook: the keys are the same. */
static void check_flat(const struct replay *r, size_t n, json_t *want, const json_t *got)
{
	const char *key;
	json_t *w;

	json_object_foreach(want, key, w)
	{
		const json_t *g = json_object_get(got, key);

		if (strstr(key, "passcode"))
			check(r, n, key,
			      strcmp(json_string_value(g), *json_string_value(w) ? "***" : "") == 0,
			      NULL, g);
		else if (strcmp(key, "entries") == 0)
			for (size_t i = 0; i < json_array_size(w); i++)
				check_flat(r, n, json_array_get(w, i), json_array_get(g, i));
		else
			check(r, n, key, same(w, g, 1, 0.001), w, g);
	}
}

static size_t check_frames(const struct replay *r, const json_t *want)
{
	size_t n = json_array_size(want), at = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *w = json_array_get(want, i), *part;
		const json_t *got = json_array_get(r->out, at++);

		if (!json_is_true(json_object_get(w, "checksum_ok"))) {
			assert_string_equal(json_string_value(json_object_get(got, "event")),
					    "sum");
			continue;
		}
		check(r, i, "type",
		      json_equal(json_object_get(w, "type"), json_object_get(got, "type")), w, got);
		if ((part = json_object_get(w, "cell_info")))
			check_cells(r, i, part, got);
		else if ((part = json_object_get(w, "settings")) ||
			 (part = json_object_get(w, "device_info")) ||
			 (part = json_object_get(w, "logbook")))
			check_flat(r, i, part, got);
		else
			fail_msg("%s frame %zu: nothing expected", r->name, i);
	}
	assert_int_equal(at, json_array_size(r->out));
	return n;
}

/* Order of frames and acks, `type:counter` or `ack`. exact: nothing may follow. */
static size_t check_order(const struct replay *r, const json_t *order, bool exact)
{
	size_t at = 0, n = json_array_size(order);

	for (size_t i = 0; i < json_array_size(r->out); i++) {
		const json_t *got = json_array_get(r->out, i);
		const char *event = json_string_value(json_object_get(got, "event"));
		char text[16];

		if (event && strcmp(event, "ack") != 0)
			continue;
		if (!event)
			snprintf(text, sizeof(text), "%02x:%02x",
				 (unsigned)json_integer_value(json_object_get(got, "type")),
				 (unsigned)json_integer_value(json_object_get(got, "counter_")));
		if (at == n && !exact)
			return n;
		assert_true(at < n);
		assert_string_equal(event ? event : text,
				    json_string_value(json_array_get(order, at)));
		at++;
	}
	assert_int_equal(at, n);
	return n;
}

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && strcmp(s + n - m, end) == 0;
}

static void join(char path[PATH_LEN], const char *dir, const char *name)
{
	assert_true(snprintf(path, PATH_LEN, "%s/%s", dir, name) < PATH_LEN);
}

/* The path of what is expected of the file: its name, less `drop`, with ".expected.json". */
static json_t *load_expected(const char *dir, const char *name, size_t skip, const char *drop,
			     const char *more)
{
	char path[PATH_LEN];

	snprintf(path, sizeof(path), "%s/%.*s%s.expected.json", dir,
		 (int)(strlen(name) - skip - strlen(drop)), name + skip, more);
	return load(path);
}

static size_t run_shared(const char *dir, const char *name)
{
	struct replay r = { .name = name, .out = json_array() };
	char path[PATH_LEN];
	size_t n = 0;
	json_t *want;

	join(path, dir, name);
	if (ends(name, ".frames")) {
		want = load_expected(dir, name, 0, ".frames", "");
		replay_text(&r, path);
		assert_string_equal(jk_protocol_name(r.detect.protocol),
				    json_string_value(json_object_get(want, "generation")));
		n = check_frames(&r, json_object_get(want, "frames"));
	} else if (ends(name, ".notif")) {
		want = load_expected(dir, name, 0, "", "");
		replay_text(&r, path);
		n = check_order(&r, json_object_get(want, "order"), true);
		assert_int_equal(r.frames.foreign_bytes + r.frames.damaged_bytes,
				 json_integer_value(json_object_get(want, "other_bytes")));
	} else {
		want = load_expected(dir, name, strlen("btsnoop_"), ".log", ".notif");
		replay_btsnoop(&r, path);
		n = check_order(&r, json_object_get(want, "order"), false);
	}
	json_decref(want);
	json_decref(r.out);
	return n;
}

static void test_shared(void **state)
{
	const char *shared = getenv("SVITLO_SHARED");
	char path[PATH_LEN];
	size_t files = 0, frames = 0;
	struct dirent *d;
	DIR *dir;

	(void)state;
	snprintf(path, sizeof(path), "%s/protocols/captures/jk", shared ? shared : "../shared");
	dir = opendir(path);
	if (!dir) {
		print_message("no captures of real devices beside the project: skipped\n");
		skip();
		return;
	}
	while ((d = readdir(dir))) {
		if (!ends(d->d_name, ".frames") && !ends(d->d_name, ".notif") &&
		    !ends(d->d_name, ".log"))
			continue;
		files++;
		frames += run_shared(path, d->d_name);
	}
	closedir(dir);
	print_message("%zu captures of real devices, %zu frames and acks\n", files, frames);
	assert_true(frames > 0);
}

static size_t run_ours(const char *name)
{
	struct replay r = { .name = name, .out = json_array() };
	json_t *want = load_expected(OURS, name, 0, ".cap", "");
	const json_t *frames = json_object_get(want, "frames");
	char path[PATH_LEN];
	size_t at = 0;

	join(path, OURS, name);
	replay_text(&r, path);
	assert_string_equal(jk_protocol_name(r.detect.protocol),
			    json_string_value(json_object_get(want, "generation")));
	for (size_t i = 0; i < json_array_size(r.out); i++) {
		const json_t *got = json_array_get(r.out, i);
		const char *key;
		json_t *w;

		if (json_integer_value(json_object_get(got, "type")) != JK_CELL_INFO)
			continue;
		assert_true(at < json_array_size(frames));
		json_object_foreach(json_array_get(frames, at), key, w)
		{
			const json_t *g = json_object_get(got, key);

			/* a half of a last digit may be rounded either way */
			check(&r, at, key, same(w, g, 1, strstr(key, "temp") ? 0.051 : 0.00101), w,
			      g);
		}
		at++;
	}
	assert_int_equal(at, json_array_size(frames));
	json_decref(want);
	json_decref(r.out);
	return at;
}

static void test_ours(void **state)
{
	size_t files = 0, frames = 0;
	struct dirent *d;
	DIR *dir = opendir(OURS);

	(void)state;
	if (!dir)
		fail_msg("no %s: run from the repository's root", OURS);
	while ((d = readdir(dir))) {
		if (!ends(d->d_name, ".cap"))
			continue;
		files++;
		frames += run_ours(d->d_name);
	}
	closedir(dir);
	print_message("%zu captures of our own, %zu cell frames\n", files, frames);
	assert_true(frames > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
