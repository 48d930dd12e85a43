/*
 * The register tables by their rules and, where they lie beside the project, by the sheet and the
 * answers of real inverters; families, scales, signs, what cannot be true, and what is asked.
 */
#include "proto/deye_plan.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LINE_MAX_LEN 1024
#define COLUMNS	     11

static void near(double a, double b, int line)
{
	if (!(fabs(a - b) < 1e-6 * fmax(1, fabs(b))))
		fail_msg("line %d: %f is not %f", line, a, b);
}
#define NEAR(a, b) near(a, b, __LINE__)

static const char *shared_path(const char *name)
{
	static char path[1024];
	const char *shared = getenv("SVITLO_SHARED");

	snprintf(path, sizeof(path), "%s/protocols/%s", shared ? shared : "../shared", name);
	return path;
}

/* ---- tables ---- */

static void test_rules(void **state)
{
	(void)state;
	for (int f = 0; f < DEYE__MAX; f++) {
		const struct deye_model *m = &deye_models[f];
		bool used[METRIC__MAX][8] = { 0 };
		unsigned words = 0;

		for (size_t i = 0; i < m->n_spans; i++) {
			const struct deye_span *s = &m->spans[i];

			words += s->count;
			assert_true(s->count >= 1 && s->count <= DEYE_BLOCK_MAX);
			assert_true(!i || s->first >= s[-1].first + s[-1].count);
		}
		assert_true(words <= DEYE_WORDS_MAX);
		for (size_t i = 0; i < m->n_rows; i++) {
			const struct deye_row *row = &m->rows[i];

			if (i && row->reg < row[-1].reg)
				fail_msg("%s %s: not sorted", m->name, row->key);
			for (unsigned k = 0; k < row->count; k++)
				if (deye_image_at(m, (uint16_t)(row->reg + k)) < 0)
					fail_msg("%s %s: not in a span", m->name, row->key);
			if (row->hi && deye_image_at(m, row->hi) < 0)
				fail_msg("%s %s: its high word is not in a span", m->name,
					 row->key);
			assert_true(row->scale > 0 && row->unit && row->key);
			if (row->part != DEYE_READING)
				continue;
			assert_true(row->index < metrics[row->metric].room);
			assert_true(row->factor != 0);
			if (used[row->metric][row->index])
				fail_msg("%s %s: %s has another row already", m->name, row->key,
					 metrics[row->metric].key);
			used[row->metric][row->index] = true;
		}
		assert_true(used[METRIC_RUN_STATE][0] && used[METRIC_TOTAL_PV_WH][0]);
		assert_int_equal(deye_family_named(m->name), f);
		assert_true(deye_row_named(m, "rated_power")->reg == m->rated);
	}
	assert_int_equal(deye_family_named("nothing"), -1);
}

/* A row's unit is its metric's, kWh as Wh; what has a sign on the wire is signed; the battery is
 * the other way round. */
static void test_units(void **state)
{
	(void)state;
	for (int f = 0; f < DEYE__MAX; f++)
		for (size_t i = 0; i < deye_models[f].n_rows; i++) {
			const struct deye_row *row = &deye_models[f].rows[i];
			bool kwh = strcmp(row->unit, "kWh") == 0;
			bool battery = row->metric == METRIC_BATTERY_POWER ||
				       row->metric == METRIC_BATTERY_CURRENT ||
				       row->metric == METRIC_BATTERY2_POWER ||
				       row->metric == METRIC_BATTERY2_CURRENT;

			if (row->part != DEYE_READING)
				continue;
			if (strcmp(kwh ? "Wh" : row->unit, metrics[row->metric].unit) != 0)
				fail_msg("%s is in %s", row->key, row->unit);
			NEAR(row->factor, kwh ? 1000 : battery ? -1 : 1);
			assert_true((strcmp(row->unit, "°C") == 0) == (row->offset == 1000));
			if (metrics[row->metric].lo < 0 && !row->offset)
				assert_true(row->type == DEYE_S16 || row->type == DEYE_S32 ||
					    row->type == DEYE_S32_SPLIT ||
					    /* DC power of strings and AC output of those without
					     * a battery: one way only */
					    (f >= DEYE_STRING && row->type == DEYE_U32));
		}
}

/* ---- against the sheet ---- */

static unsigned split(char *line, char *ret[COLUMNS])
{
	unsigned n = 0;

	line[strcspn(line, "\r\n")] = 0;
	for (char *rest = line; rest && n < COLUMNS;)
		ret[n++] = strsep(&rest, ",");
	return n;
}

static const char *type_name(enum deye_type t)
{
	static const char *const names[] = {
		[DEYE_U16] = "u16 enum bits16",
		[DEYE_S16] = "s16",
		[DEYE_U32] = "u32",
		[DEYE_S32] = "s32",
		[DEYE_U32_SPLIT] = "u32split",
		[DEYE_S32_SPLIT] = "s32split",
		[DEYE_BITS] = "bits32 bits64",
		[DEYE_ASCII] = "ascii",
		[DEYE_FIRMWARE] = "u16",
		[DEYE_TIME] = "time",
		[DEYE_CLOCK] = "datetime3",
	};

	return names[t];
}

static void compare_row(const struct deye_row *row, char *const c[COLUMNS])
{
	const char *unit = strcmp(c[5], "degC") == 0	  ? "°C"
			   : strcmp(c[5], "mV/degC") == 0 ? "mV/°C"
							  : c[5];

	if (strtol(c[1], NULL, 10) != row->reg || strtol(c[2], NULL, 10) != row->count ||
	    !strstr(type_name(row->type), c[3]) || fabs(strtod(c[4], NULL) - row->scale) > 1e-9 ||
	    strcmp(unit, row->unit) != 0 || strtol(c[9], NULL, 10) != row->offset ||
	    strtol(c[10], NULL, 10) != row->hi)
		fail_msg("%s %s differs from the sheet", c[0], c[6]);
}

static void test_sheet(void **state)
{
	const char *path = shared_path("deye-registers.csv");
	SV_AUTO_FILE FILE *f = fopen(path, "re");
	char line[LINE_MAX_LEN], *c[COLUMNS];
	unsigned known = 0, rows = 0, ours = 0;

	(void)state;
	if (!f) {
		print_message("no %s: the tables are not compared\n", path);
		skip();
	}
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		const struct deye_model *m;

		assert_int_equal(split(line, c), COLUMNS);
		assert_true(deye_family_named(c[0]) >= 0);
		m = &deye_models[deye_family_named(c[0])];
		rows++;
		for (size_t i = 0; i < m->n_rows; i++) {
			if (strcmp(m->rows[i].key, c[6]) != 0)
				continue;
			compare_row(&m->rows[i], c);
			known++;
		}
	}
	for (int i = 0; i < DEYE__MAX; i++)
		ours += (unsigned)deye_models[i].n_rows;
	print_message("%u of %u rows of the sheet are read\n", known, rows);
	assert_int_equal(known, ours); /* nothing that the sheet does not have */
}

/* ---- against real answers ---- */

static const struct {
	const char *name;
	enum deye_family family;
	uint16_t first;
} real[] = {
	{ "L1", DEYE_HYBRID1P, 3 },	 { "J2", DEYE_HYBRID3P_LV, 514 },
	{ "G2", DEYE_STRING, 60 },	 { "I3", DEYE_MICRO, 1 },
	{ "H2", DEYE_STRING, 3 },	 { "O1", DEYE_HYBRID3P_LV, 125 },
	{ "Q1", DEYE_HYBRID3P_LV, 125 },
};

static const json_t *real_values(const json_t *o)
{
	const json_t *parts = json_object_get(o, "parts"), *v = json_object_get(o, "values");

	for (size_t i = 0; !v && i < json_array_size(parts); i++)
		v = json_object_get(json_array_get(parts, i), "values");
	return v;
}

static void compare_real(const char *name, struct deye_image *im, const json_t *decoded)
{
	const struct deye_unit plain = { .scale = { 1, 1, 1, 1, 1, 1 } };
	const char *key;
	json_t *want;
	unsigned n = 0;
	union {
		const json_t *in;
		json_t *out;
	} o = { .in = decoded };

	json_object_foreach(o.out, key, want)
	{
		const struct deye_row *row = deye_row_named(im->model, key);
		double v;

		if (!row || !json_is_number(want) || row->type == DEYE_BITS ||
		    row->type == DEYE_CLOCK || row->type == DEYE_FIRMWARE || row->mask)
			continue;
		if (!deye_row_value(im, &plain, row, &v)) {
			/* -100 °C is no sensor, FFFF is nothing at all */
			if ((row->offset && json_number_value(want) == -100) ||
			    json_number_value(want) == 0xFFFF * row->scale)
				continue;
			fail_msg("%s: %s is not there", name, key);
		}
		if (fabs(v - json_number_value(want)) > 1e-6 * fmax(1, fabs(v)))
			fail_msg("%s: %s is %f, not %f", name, key, v, json_number_value(want));
		n++;
	}
	print_message("%s: %u values\n", name, n);
	assert_true(n > 0 || strcmp(name, "H2") == 0);
}

static void test_real(void **state)
{
	const char *path = shared_path("captures/solarman/v5.expected.json");
	json_auto_t *all = json_load_file(path, 0, NULL);

	(void)state;
	if (!all) {
		print_message("no %s: real answers are not tried\n", path);
		skip();
	}
	for (size_t i = 0; i < SV_LEN(real); i++) {
		const json_t *o = json_object_get(all, real[i].name), *values = real_values(o);
		struct deye_image im = { .model = &deye_models[real[i].family] };
		uint16_t words[DEYE_BLOCK_MAX];
		struct jw w = { 0 };

		for (size_t k = 0; k < json_array_size(values); k++)
			words[k] = (uint16_t)json_integer_value(json_array_get(values, k));
		deye_image_put(&im, real[i].first, (uint16_t)json_array_size(values), words);
		compare_real(real[i].name, &im, json_object_get(o, "decoded"));
		jw_obj(&w);
		deye_info_json(&im, &(struct deye_unit){ 0 }, &w);
		jw_end(&w);
		if (strcmp(real[i].name, "H2") == 0)
			assert_non_null(strstr(jw_text(&w), "\"serial_number\":\"2106234258\""));
		jw_free(&w);
	}
}

/* ---- families ---- */

static void test_families(void **state)
{
	static const struct {
		uint16_t code;
		int family;
		bool look;
	} rows[] = {
		{ 0x0002, DEYE_STRING, false },
		{ 0x0200, DEYE_STRING, true },
		{ 0x0003, DEYE_HYBRID1P, false },
		{ 0x0300, DEYE_HYBRID1P, false },
		{ 0x0004, DEYE_MICRO, false },
		{ 0x0400, DEYE_MICRO, false },
		{ 0x0005, DEYE_HYBRID3P_LV, false },
		{ 0x0500, DEYE_HYBRID3P_LV, false },
		{ 0x0006, DEYE_HYBRID3P_HV, false },
		{ 0x0007, DEYE_HYBRID3P_HV, false },
		{ 0x0600, DEYE_HYBRID3P_HV, false },
		{ 0x0008, DEYE_HYBRID3P_HV, false },
		{ 0x0601, DEYE_HYBRID3P_HV, false },
		{ 0x0602, DEYE_HYBRID3P_HV, false },
		{ 0x0103, DEYE_HYBRID1P, false },
		{ 0x0104, -1, false }, /* a balcony battery whose layout nobody has published */
		{ 0x0000, -1, false },
		{ 0xFFFF, -1, false },
		{ 0x0009, -1, false },
	};
	const uint16_t hybrid[] = { 5230, 80 }, string[] = { 0, 0 }, odd[] = { 5230, 101 };

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		bool look;

		assert_int_equal(deye_family(rows[i].code, &look), rows[i].family);
		assert_int_equal(look, rows[i].look);
	}
	assert_true(deye_has_battery(hybrid));
	assert_false(deye_has_battery(string));
	assert_false(deye_has_battery(odd));
}

/* ---- readings ---- */

struct word {
	uint16_t reg, value;
};

static struct deye_image image(enum deye_family f, const struct word *words, size_t n)
{
	struct deye_image im = { .model = &deye_models[f] };

	for (size_t i = 0; i < n; i++)
		deye_image_put(&im, words[i].reg, 1, &words[i].value);
	return im;
}
#define IMAGE(f, ...)                                                                              \
	image(f, (const struct word[]){ __VA_ARGS__ },                                             \
	      sizeof((const struct word[]){ __VA_ARGS__ }) / sizeof(struct word))

static struct reading read_of(const struct deye_image *im, const struct deye_unit *u)
{
	struct reading r;

	reading_init(&r, 1795561049000, 1000);
	deye_read(im, u, &r);
	return r;
}

#define S(v) ((uint16_t)(int16_t)(v))

/* A unit of the image's model, of which nothing is known but this rated power. */
static struct deye_unit unit_of(const struct deye_image *im, double rated_w)
{
	struct deye_unit u = { 0 };

	deye_identify(im, &u);
	u.rated_w = rated_w > 0 ? rated_w : u.rated_w;
	return u;
}

/* One poll: what the driver does with an image. */
static bool poll(const struct deye_image *im, struct deye_unit *u, struct reading *ret)
{
	struct deye_watch w = { 0 };
	bool learned;

	*ret = read_of(im, u);
	deye_check(&w, u, 0, ret);
	learned = deye_learn(im, u, ret);
	if (learned) {
		*ret = read_of(im, u);
		deye_check(&w, u, 0, ret);
	}
	deye_doubt(u, ret);
	return learned;
}

static bool learns(const struct deye_image *im, struct deye_unit *u, int polls)
{
	struct reading r;
	bool learned = false;

	for (int i = 0; i < polls; i++)
		learned = poll(im, u, &r) || learned;
	return learned;
}

/* A 12 kW model counts grid and load in 10 W and battery current in 0.1 A, as a real one did. */
static void test_traps(void **state)
{
	struct deye_image im =
		IMAGE(DEYE_HYBRID1P, { 169, S(-1) }, { 172, S(-2) }, { 175, 249 }, { 178, 24 },
		      { 183, 5401 }, { 190, S(-698) }, { 191, S(-129) });
	struct deye_image plain =
		IMAGE(DEYE_HYBRID1P, { 169, S(-10) }, { 172, 0 }, { 175, 1249 }, { 178, 1240 },
		      { 183, 5401 }, { 190, S(-698) }, { 191, S(-1292) });
	struct deye_unit u = unit_of(&im, 0);
	struct reading r;

	(void)state;
	assert_false(poll(&im, &u, &r)); /* one sample is none */
	NEAR(r.one[METRIC_LOAD_POWER], 24);
	NEAR(r.one[METRIC_BATTERY_CURRENT], 1.29);
	NEAR(r.one[METRIC_BATTERY_POWER], 698);
	assert_true(metric_set_has(&r.suspect, METRIC_LOAD_POWER)); /* nobody knows yet */
	assert_true(metric_set_has(&r.suspect, METRIC_BATTERY_CURRENT));
	assert_false(metric_set_has(&r.suspect, METRIC_BATTERY_POWER));
	assert_false(poll(&im, &u, &r));
	assert_true(poll(&im, &u, &r));
	assert_int_equal(u.scale[DEYE_TRAP_POWER], 10);
	assert_int_equal(u.scale[DEYE_TRAP_AMPS], 10);
	assert_true(u.ct);
	/* the reading that taught it is right already */
	assert_false(metric_set_any(&r.suspect));
	NEAR(r.one[METRIC_BACKUP_POWER], 240);
	NEAR(r.one[METRIC_CT_POWER], -20);
	NEAR(r.one[METRIC_GRID_POWER], -20);
	NEAR(r.one[METRIC_LOAD_POWER], 230); /* 10 W of the sun's are fed in before the inverter */
	NEAR(r.one[METRIC_BATTERY_CURRENT], 12.9);
	/* another inverter on the same stick */
	assert_true(learns(&plain, &u, 3));
	assert_int_equal(u.scale[DEYE_TRAP_POWER], 1);
	assert_int_equal(u.scale[DEYE_TRAP_AMPS], 1);
	/* samples that contradict each other never add up */
	for (int i = 0; i < 9; i++)
		assert_false(learns(i % 2 ? &plain : &im, &u, 1));
	/* the owner knows better */
	u.fixed[DEYE_TRAP_POWER] = u.fixed[DEYE_TRAP_AMPS] = true;
	assert_false(learns(&im, &u, 9));
	/* before anything was seen the rated power speaks */
	u = unit_of(&im, 12000);
	NEAR(read_of(&im, &u).one[METRIC_BACKUP_POWER], 240);
	/* near nothing, nothing is learned */
	im = IMAGE(DEYE_HYBRID1P, { 169, 0 }, { 175, 30 }, { 178, 3 }, { 183, 5401 },
		   { 190, S(-20) }, { 191, S(-4) });
	u = unit_of(&im, 0);
	assert_false(learns(&im, &u, 9));
}

/* A 10 kW one at night counts grid and load in 10 W: 910 and 850 W. */
static void test_ten_watts_at_night(void **state)
{
	const struct word words[] = {
		{ 150, 2300 },	   { 154, 2300 },    { 157, 2300 }, { 162, 400 },    { 167, 91 },
		{ 169, 91 },	   { 170, 91 },	     { 172, 91 },   { 175, S(-60) }, { 176, 85 },
		{ 178, 85 },	   { 183, 5300 },    { 184, 60 },   { 186, 560 },    { 187, 600 },
		{ 190, S(-1016) }, { 191, S(-189) }, { 194, 1 },
	};
	struct deye_image im = image(DEYE_HYBRID1P, words, SV_LEN(words));
	struct deye_unit u = unit_of(&im, 10000);
	struct reading r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		poll(&im, &u, &r);
		assert_true(metric_set_has(&r.suspect, METRIC_GRID_POWER));
		assert_true(metric_set_has(&r.suspect, METRIC_LOAD_POWER));
	}
	assert_true(poll(&im, &u, &r));
	NEAR(r.one[METRIC_GRID_POWER], 910);
	NEAR(r.one[METRIC_LOAD_POWER], 850);
	NEAR(r.one[METRIC_BATTERY_CURRENT], 18.9);
	assert_false(metric_set_any(&r.suspect));
	/* the amperes of a phase say the same when the balance says nothing */
	im = IMAGE(DEYE_HYBRID1P, { 150, 2300 }, { 160, 400 }, { 167, 91 }, { 169, 91 }, { 175, 0 },
		   { 178, 91 }, { 183, 5300 });
	u = unit_of(&im, 10000);
	assert_true(learns(&im, &u, 3));
	assert_int_equal(u.scale[DEYE_TRAP_POWER], 10);
	im = IMAGE(DEYE_HYBRID1P, { 150, 2300 }, { 160, 400 }, { 167, 910 }, { 169, 910 },
		   { 175, 0 }, { 178, 910 }, { 183, 5300 });
	assert_true(learns(&im, &u, 3));
	assert_int_equal(u.scale[DEYE_TRAP_POWER], 1);
}

/* A 16 kW one gives its DC temperature without the usual offset: that is no reason to believe
 * nothing of it. */
static void test_no_offset(void **state)
{
	const struct word words[] = {
		{ 90, 540 },   { 91, 1435 },  { 109, 3311 }, { 110, 42 },     { 150, 2300 },
		{ 154, 2300 }, { 157, 2300 }, { 164, 1300 }, { 167, 5 },      { 169, 5 },
		{ 175, 3000 }, { 176, 305 },  { 178, 305 },  { 182, 1250 },   { 183, 5300 },
		{ 184, 80 },   { 186, 1390 }, { 187, 1180 }, { 190, S(600) }, { 191, 113 },
	};
	struct deye_image im = image(DEYE_HYBRID1P, words, SV_LEN(words));
	struct deye_unit u = unit_of(&im, 16000);
	const uint16_t hot = 780, cold = 1210;
	struct reading r;

	(void)state;
	assert_true(learns(&im, &u, 3));
	poll(&im, &u, &r);
	NEAR(r.one[METRIC_DC_TEMPERATURE], 54);
	NEAR(r.one[METRIC_AC_TEMPERATURE], 43.5);
	NEAR(r.one[METRIC_BATTERY_CURRENT], -11.3);
	assert_false(metric_set_any(&r.suspect));
	deye_image_put(&im, 90, 1, &hot);
	poll(&im, &u, &r);
	NEAR(r.one[METRIC_DC_TEMPERATURE], 78);
	/* one with the offset, in the frost */
	u = unit_of(&im, 16000);
	poll(&im, &u, &r);
	NEAR(r.one[METRIC_DC_TEMPERATURE], -22);
	deye_image_put(&im, 90, 1, &cold);
	poll(&im, &u, &r);
	NEAR(r.one[METRIC_DC_TEMPERATURE], 21);
	/* a doubtful temperature holds back nothing else */
	deye_image_put(&im, 91, 1, &(const uint16_t){ 5000 });
	u = unit_of(&im, 16000);
	assert_true(learns(&im, &u, 3));
	poll(&im, &u, &r);
	assert_true(metric_set_has(&r.suspect, METRIC_AC_TEMPERATURE));
	assert_int_equal(u.scale[DEYE_TRAP_AMPS], 10);
	assert_int_equal(u.scale[DEYE_TRAP_POWER], 10);
}

/* High-voltage models with main firmware 1098 and later count whole kWh. */
static void test_whole_kwh(void **state)
{
	const struct word words[] = {
		{ 0, 6 },      { 15, 0x1100 }, { 20, 3392 },  { 21, 3 },     { 22, 0x0203 },
		{ 514, 11 },   { 515, 9 },     { 516, 700 },  { 520, 2 },    { 521, 5 },
		{ 522, 1210 }, { 523, 0 },     { 524, 3050 }, { 525, 0 },    { 526, 10 },
		{ 527, 4111 }, { 528, 0 },     { 529, 17 },   { 534, 5208 }, { 535, 0 },
		{ 587, 5200 }, { 598, 2300 },  { 672, 0 },
	};
	struct deye_image im = image(DEYE_HYBRID3P_HV, words, SV_LEN(words));
	static const uint16_t older[] = { 0x1097, 0xa028, 0 };
	struct deye_unit u = unit_of(&im, 0);
	struct reading r;

	(void)state;
	poll(&im, &u, &r);
	NEAR(r.one[METRIC_DAY_PV_WH], 17000);
	NEAR(r.one[METRIC_TOTAL_EXPORT_WH], 3050000);
	NEAR(r.total_step_wh, 1000);
	/* of the lifetime counters one owner says otherwise */
	assert_true(metric_set_has(&r.suspect, METRIC_TOTAL_EXPORT_WH));
	assert_false(metric_set_has(&r.suspect, METRIC_DAY_PV_WH));
	for (size_t i = 0; i < SV_LEN(older); i++) {
		deye_image_put(&im, 15, 1, &older[i]);
		u = unit_of(&im, 0);
		poll(&im, &u, &r);
		NEAR(r.one[METRIC_DAY_PV_WH], 1700);
		NEAR(r.total_step_wh, 100);
		assert_false(metric_set_any(&r.suspect));
	}
}

/* 6 kW of sun for so many hours, a poll each 30 s: what the counters' growth shows. */
static void grow(struct deye_image *im, struct deye_unit *u, double hours, double day_kwh_count,
		 double total_kwh_count)
{
	const uint16_t watts = 600; /* of 10 W */
	double day = 0, total = 0;

	for (int i = 0; i < hours * 120; i++) {
		uint16_t words[3] = { (uint16_t)(40 + day / day_kwh_count),
				      (uint16_t)(5208 + total / total_kwh_count), 0 };
		struct reading r;

		deye_image_put(im, 529, 1, words);
		deye_image_put(im, 534, 2, words + 1);
		deye_image_put(im, 672, 1, &watts);
		reading_init(&r, 1795561049000, 1000 + i * 30000);
		deye_read(im, u, &r);
		deye_learn(im, u, &r);
		day += 6.0 / 120;
		total += 6.0 / 120;
	}
}

static void test_growth(void **state)
{
	static const struct {
		uint16_t firmware;
		double day, total; /* kWh of one count */
		double hours;
		unsigned want_day, want_total;
	} rows[] = {
		{ 0x1100, 1, 1, 2, 10, 10 },   { 0x1100, 1, 0.1, 2, 10, 1 },
		{ 0x1100, 0.1, 0.1, 2, 1, 1 }, { 0x1097, 1, 0.1, 2, 10, 1 },
		{ 0x1097, 0.1, 0.1, 2, 1, 1 }, { 0x1100, 1, 1, 0.6, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct deye_image im = IMAGE(DEYE_HYBRID3P_HV, { 0, 6 }, { 15, rows[i].firmware },
					     { 587, 5200 }, { 598, 2300 });
		struct deye_unit u = unit_of(&im, 20000);

		grow(&im, &u, rows[i].hours, rows[i].day, rows[i].total);
		if (u.scale[DEYE_TRAP_DAY] != rows[i].want_day ||
		    u.scale[DEYE_TRAP_TOTAL] != rows[i].want_total)
			fail_msg("row %zu: %u, %u", i, u.scale[DEYE_TRAP_DAY],
				 u.scale[DEYE_TRAP_TOTAL]);
	}
}

/* Micro-inverters that work: state 4, and words 101 and 102 are 2 and 29 for ever. */
static void test_micro_states(void **state)
{
	static const struct {
		uint16_t wire;
		double is;
	} states[] = { { 4, 2 },   { 2, 0 },   { 0, NAN }, { 1, NAN },
		       { 3, NAN }, { 5, NAN }, { 9, NAN } };
	const uint16_t status[] = { 2, 29 }, none[4] = { 0 };
	struct jw w = { 0 };

	(void)state;
	for (size_t i = 0; i < SV_LEN(states); i++) {
		struct deye_image im =
			IMAGE(DEYE_MICRO, { 0, 4 }, { 59, states[i].wire }, { 73, 2380 },
			      { 86, 494 }, { 87, 0 }, { 109, 340 }, { 110, 15 });
		struct deye_unit u;
		struct reading r;

		deye_image_put(&im, 101, 2, status);
		deye_image_put(&im, 103, 4, none);
		u = unit_of(&im, 600);
		poll(&im, &u, &r);
		if (isnan(states[i].is))
			assert_true(isnan(r.one[METRIC_RUN_STATE]));
		else
			NEAR(r.one[METRIC_RUN_STATE], states[i].is);
		assert_true(r.faults.known && !r.faults.bits);
		assert_false(r.warnings.known);
		NEAR(r.one[METRIC_INVERTER_POWER], 49.4);
		jw_reset(&w);
		jw_obj(&w);
		deye_info_json(&im, &u, &w);
		jw_end(&w);
		assert_non_null(strstr(jw_text(&w), "\"status_words\":\"2, 29\""));
	}
	jw_free(&w);
}

static void test_single_phase(void **state)
{
	const struct deye_unit u = { .phases = 1, .mppts = 2, .rated_w = 6000, .drift_s = 3 };
	struct deye_image im =
		IMAGE(DEYE_HYBRID1P, { 59, 2 }, { 78, 0x86A0 }, { 80, 1 }, { 79, 4998 },
		      { 90, 1423 }, { 91, 0 }, { 101, 2 }, { 102, 0x8000 }, { 103, 0 }, { 104, 0 },
		      { 105, 0 }, { 106, 0x8000 }, { 109, 3500 }, { 111, 3401 }, { 150, 2310 },
		      { 151, 0 }, { 169, S(-500) }, { 175, 1500 }, { 178, 1000 }, { 182, 1251 },
		      { 183, 5312 }, { 184, 88 }, { 186, 1200 }, { 187, 800 }, { 188, 0xFFFF },
		      { 190, S(-900) }, { 191, S(-1694) }, { 194, 1 }, { 195, 0x0100 });
	struct reading r = read_of(&im, &u);
	const double *v;
	unsigned n;

	(void)state;
	assert_int_equal(r.kind, READING_INVERTER);
	NEAR(r.one[METRIC_PV_POWER], 2000);
	NEAR(r.one[METRIC_GRID_POWER], -500);
	assert_true(isnan(r.one[METRIC_CT_POWER]));
	NEAR(r.one[METRIC_LOAD_POWER], 1000);
	NEAR(r.one[METRIC_BATTERY_POWER], 900); /* charging */
	NEAR(r.one[METRIC_BATTERY_CURRENT], 16.94);
	NEAR(r.one[METRIC_BATTERY_TEMPERATURE], 25.1);
	NEAR(r.one[METRIC_TOTAL_IMPORT_WH], 0x186A0 * 100.0);
	NEAR(r.one[METRIC_GRID_FREQUENCY], 49.98);
	NEAR(r.one[METRIC_DC_TEMPERATURE], 42.3);
	assert_true(isnan(r.one[METRIC_AC_TEMPERATURE])); /* -100 °C is no sensor */
	NEAR(r.one[METRIC_GRID_RELAY], 1);
	NEAR(r.one[METRIC_GEN_RELAY], 1);
	NEAR(r.one[METRIC_CLOCK_DRIFT_S], 3);
	assert_true(r.faults.known && r.faults.bits == 1ull << 63);
	assert_string_equal(r.faults.name(63), "f64_heat_sink_hot");
	assert_string_equal(r.warnings.name(1), "fan");
	assert_string_equal(r.warnings.name(31), "parallel_communication");
	v = reading_get(&r, METRIC_PV_VOLTAGES, &n);
	assert_int_equal(n, 2);
	NEAR(v[1], 340.1);
	reading_get(&r, METRIC_GRID_VOLTAGES, &n);
	assert_int_equal(n, 1);
	reading_get(&r, METRIC_LOAD_POWERS, &n);
	assert_int_equal(n, 0);
}

static void test_three_phase(void **state)
{
	struct deye_unit u = { .phases = 3, .mppts = 2, .rated_w = 10000, .drift_s = NAN };
	struct deye_image im =
		IMAGE(DEYE_HYBRID3P_LV, { 552, 5 }, { 587, 5124 }, { 588, 50 }, { 590, 722 },
		      { 591, 1409 }, { 593, 0 }, { 598, 2300 }, { 599, 2310 }, { 600, 2290 },
		      { 607, S(-200) }, { 703, 0 }, { 619, S(-150) }, { 708, 0xFFFF },
		      { 625, S(-200) }, { 690, 0xFFFF }, { 636, 1000 }, { 694, 0 }, { 650, 300 },
		      { 651, 250 }, { 652, 250 }, { 656, 0 }, { 657, 0 }, { 658, 0 }, { 653, 800 },
		      { 659, 0 }, { 672, 400 }, { 673, 0 });
	struct reading r = read_of(&im, &u);
	unsigned n;

	(void)state;
	NEAR(r.one[METRIC_GRID_RELAY], 1);
	NEAR(r.one[METRIC_GEN_RELAY], 0);
	NEAR(r.one[METRIC_BATTERY_POWER], -722); /* discharging */
	NEAR(r.one[METRIC_GRID_POWER], -200);	 /* old firmwares say 0 in the high word */
	NEAR(r.one[METRIC_LOAD_POWER], 800);
	assert_true(isnan(r.one[METRIC_BATTERY2_VOLTAGE]));
	reading_get(&r, METRIC_LOAD_POWERS, &n);
	assert_int_equal(n, 3);
	u.ct = true;
	r = read_of(&im, &u);
	NEAR(r.one[METRIC_GRID_POWER], -150);
	NEAR(r.one[METRIC_LOAD_POWER], 850);
	/* above 30 kW the words are one number */
	im = IMAGE(DEYE_HYBRID3P_HV, { 636, 40000 }, { 694, 0 }, { 590, 2500 }, { 587, 6400 },
		   { 595, 1000 }, { 593, 6390 }, { 730, 300 }, { 722, 7000 });
	u = (struct deye_unit){ .phases = 3, .rated_w = 50000, .drift_s = NAN };
	r = read_of(&im, &u);
	NEAR(r.one[METRIC_INVERTER_POWER], 40000);
	NEAR(r.one[METRIC_BATTERY_POWER], -35000);
	NEAR(r.one[METRIC_BATTERY_VOLTAGE], 640);
	reading_get(&r, METRIC_PV_POWERS, &n);
	assert_int_equal(n, 8);
	NEAR(r.one[METRIC_PV_POWER], 3000);
}

static void test_without_battery(void **state)
{
	struct deye_unit u = { .phases = 1, .mppts = 2, .drift_s = NAN };
	struct deye_image im = IMAGE(DEYE_STRING, { 59, 2 }, { 80, 4875 }, { 81, 0 }, { 82, 4939 },
				     { 83, 0 }, { 109, 1962 }, { 110, 14 }, { 111, 1532 },
				     { 112, 14 }, { 198, 0 }, { 199, 0 }, { 203, 0 }, { 204, 0 });
	struct reading r = read_of(&im, &u);
	const double *v;
	unsigned n;

	(void)state;
	NEAR(r.one[METRIC_PV_POWER], 493.9);
	NEAR(r.one[METRIC_INVERTER_POWER], 487.5);
	assert_true(isnan(r.one[METRIC_LOAD_POWER])); /* no meter: unknown, not 0 */
	assert_true(isnan(r.one[METRIC_GRID_POWER]));
	v = reading_get(&r, METRIC_PV_POWERS, &n);
	assert_int_equal(n, 2);
	NEAR(v[0], 275);
	u.ct = true;
	NEAR(read_of(&im, &u).one[METRIC_LOAD_POWER], 0);
	im = IMAGE(DEYE_MICRO, { 59, 4 }, { 80, 5800 }, { 81, 0 }, { 90, 5470 }, { 109, 400 },
		   { 110, 75 }, { 111, 398 }, { 112, 74 }, { 103, 1 }, { 104, 1 }, { 105, 0 },
		   { 106, 0 });
	r = read_of(&im, &u);
	NEAR(r.one[METRIC_PV_POWER], 300 + 295);
	NEAR(r.one[METRIC_AC_TEMPERATURE], 44.7);
	assert_string_equal(r.faults.name(0), "micro_dc_overvoltage");
	assert_string_equal(r.faults.name(16), "micro_grid_phase");
	/* a hybrid that is told it has none */
	im = IMAGE(DEYE_HYBRID1P, { 213, 2 }, { 183, 4800 }, { 190, 5 });
	assert_true(isnan(read_of(&im, &u).one[METRIC_BATTERY_VOLTAGE]));
}

/* What hangs on the generator's port decides what its sign means. */
static void test_generator(void **state)
{
	const struct deye_unit u = { .phases = 1, .drift_s = NAN };
	struct deye_image gen = IMAGE(DEYE_HYBRID1P, { 166, 900 }, { 235, 0 });
	struct deye_image load = IMAGE(DEYE_HYBRID1P, { 166, 900 }, { 235, 1 });
	struct deye_image micro = IMAGE(DEYE_HYBRID1P, { 166, S(-700) }, { 235, 2 });

	(void)state;
	NEAR(read_of(&gen, &u).one[METRIC_GEN_POWER], 900);
	NEAR(read_of(&load, &u).one[METRIC_GEN_POWER], -900);
	NEAR(read_of(&micro, &u).one[METRIC_GEN_POWER], 700);
}

static void test_clock(void **state)
{
	struct deye_image im = IMAGE(DEYE_HYBRID1P, { 22, 26 << 8 | 11 }, { 23, 24 << 8 | 22 },
				     { 24, 28 << 8 | 33 });
	struct deye_image bad = IMAGE(DEYE_HYBRID1P, { 22, 26 << 8 }, { 23, 0 }, { 24, 0 });

	(void)state;
	/* 2026-11-24 22:28:33 */
	NEAR(deye_drift_s(&im, 1795559313000), 0);
	NEAR(deye_drift_s(&im, 1795559313000 - 90500), 90.5);
	assert_true(isnan(deye_drift_s(&bad, 1795559313000)));
	bad.have[0] = 0;
	bad = (struct deye_image){ .model = &deye_models[DEYE_MICRO] };
	assert_true(isnan(deye_drift_s(&bad, 0)));
}

static void test_documents(void **state)
{
	struct deye_image im = IMAGE(
		DEYE_HYBRID1P, { 0, 3 }, { 3, 0x3235 }, { 4, 0x3131 }, { 5, 0x3037 }, { 6, 0x3035 },
		{ 7, 0x3039 }, { 11, 0x1727 }, { 12, 0 }, { 13, 0xa028 }, { 16, 54464 }, { 17, 1 },
		{ 18, 769 }, { 202, 5520 }, { 206, S(-20) }, { 217, 15 }, { 232, 1 }, { 250, 530 });
	struct deye_unit u = { 0 };
	struct jw w = { 0 };

	(void)state;
	deye_identify(&im, &u);
	NEAR(u.rated_w, 12000);
	assert_int_equal(u.mppts, 3);
	assert_int_equal(u.phases, 1);
	jw_obj(&w);
	deye_info_json(&im, &u, &w);
	jw_end(&w);
	assert_string_equal(jw_text(&w),
			    "{\"family\":\"hybrid1p\",\"phases\":1,\"mppts\":3,\"device_type\":3,"
			    "\"serial_number\":\"2511070509\",\"firmware\":\"a028-0000-1727\","
			    "\"rated_power_w\":12000,\"mppt_phase\":769}");
	jw_reset(&w);
	jw_obj(&w);
	deye_settings_json(&im, &w);
	jw_end(&w);
	assert_string_equal(jw_text(&w), "{\"protocol\":\"hybrid1p\",\"absorption_voltage_v\":55.2,"
					 "\"zero_export_power_w\":-20,\"shutdown_soc_pct\":15,"
					 "\"grid_charge_enabled\":true,\"prog1_time\":\"05:30\"}");
	jw_free(&w);
}

/* ---- what cannot be true ---- */

static struct reading good(int64_t s)
{
	struct reading r;

	reading_init(&r, 1795561049000 + s * 1000, 1000 + s * 1000);
	r.kind = READING_INVERTER;
	r.one[METRIC_PV_POWER] = 2000;
	r.one[METRIC_BATTERY_VOLTAGE] = 53;
	r.one[METRIC_BATTERY_SOC] = 70;
	r.one[METRIC_GRID_FREQUENCY] = 50;
	r.one[METRIC_TOTAL_PV_WH] = 1000000;
	return r;
}

static void test_ranges(void **state)
{
	const struct deye_unit u = { .rated_w = 5000, .drift_s = NAN };
	struct deye_watch w = { 0 };
	struct reading r = good(0);

	(void)state;
	deye_check(&w, &u, 0, &r);
	assert_int_equal(r.quality, QUALITY_OK);
	assert_false(metric_set_any(&r.suspect));
	r = good(5);
	r.one[METRIC_BATTERY_SOC] = 101;
	deye_check(&w, &u, 0, &r);
	assert_int_equal(r.quality, QUALITY_SUSPECT);
	assert_true(metric_set_has(&r.suspect, METRIC_BATTERY_SOC));
	assert_false(metric_set_has(&r.suspect, METRIC_PV_POWER));
	r = good(10);
	r.one[METRIC_INVERTER_POWER] = 5600; /* above what it is made for */
	deye_check(&w, &u, 0, &r);
	assert_true(metric_set_has(&r.suspect, METRIC_INVERTER_POWER));
	/* several at once: nothing of it is believed */
	r = good(15);
	r.one[METRIC_BATTERY_SOC] = 40000;
	r.one[METRIC_GRID_FREQUENCY] = 321;
	r.one[METRIC_BATTERY_TEMPERATURE] = 3000;
	deye_check(&w, &u, 0, &r);
	assert_true(metric_set_has(&r.suspect, METRIC_PV_POWER));
	/* zeros with a good check sum */
	r = good(20);
	for (int m = METRIC_PV_POWER; m < METRIC__MAX; m++)
		r.one[m] = isnan(r.one[m]) ? NAN : 0;
	deye_check(&w, &u, 0, &r);
	assert_true(metric_set_has(&r.suspect, METRIC_PV_POWER));
}

static bool total_is_odd(struct deye_watch *w, double wh, int64_t s)
{
	const struct deye_unit u = { .rated_w = 5000, .drift_s = NAN };
	struct reading r = good(s);

	r.one[METRIC_TOTAL_PV_WH] = wh;
	deye_check(w, &u, 0, &r);
	assert_int_equal(r.quality, QUALITY_OK); /* what is measured now is fine */
	return metric_set_has(&r.suspect, METRIC_TOTAL_PV_WH);
}

static void test_totals(void **state)
{
	struct deye_watch w = { 0 };

	(void)state;
	assert_false(total_is_odd(&w, 1000000, 0));
	assert_false(total_is_odd(&w, 1000100, 30));
	assert_true(total_is_odd(&w, 0, 60)); /* for a moment after it woke up */
	assert_false(total_is_odd(&w, 1000100, 90));
	assert_true(total_is_odd(&w, 1100000, 120)); /* 100 kWh in half a minute */
	assert_true(total_is_odd(&w, 999900, 150));
	assert_false(total_is_odd(&w, 1000200, 180));
	/* off for a day: it may have worked, we did not look */
	assert_false(total_is_odd(&w, 1040000, 180 + 86400));
	/* another inverter: what stays is believed at last */
	assert_true(total_is_odd(&w, 5000, 86600));
	assert_true(total_is_odd(&w, 5100, 86900));
	assert_false(total_is_odd(&w, 5200, 87300));
	/* zeros that stay are believed never */
	assert_true(total_is_odd(&w, 0, 88000));
	assert_true(total_is_odd(&w, 0, 90000));
}

static bool day_is_odd(struct deye_watch *w, double wh, double drift_s, int64_t t_s)
{
	const struct deye_unit u = { .rated_w = 5000, .drift_s = drift_s };
	const int64_t day_s = 1795561049 / 86400 * 86400;
	struct reading r = good(0);

	r.t_ms = (day_s + t_s) * 1000;
	r.one[METRIC_DAY_LOAD_WH] = wh;
	deye_check(w, &u,
		   (t_s < 0	   ? day_s - 86400
		    : t_s >= 86400 ? day_s + 86400
				   : day_s) *
			   1000,
		   &r);
	return metric_set_has(&r.suspect, METRIC_DAY_LOAD_WH);
}

static void test_days(void **state)
{
	struct deye_watch w = { 0 };

	(void)state;
	assert_false(day_is_odd(&w, 8000, 2, 43200)); /* met at noon, with the right clock */
	assert_false(day_is_odd(&w, 12000, 2, 86399));
	assert_true(day_is_odd(&w, 12000, 2, 86400 + 10)); /* still yesterday's */
	assert_false(day_is_odd(&w, 100, 2, 86400 + 60));
	assert_false(day_is_odd(&w, 500, 2, 86400 + 3600));
	/* two hours after the house's midnight */
	w = (struct deye_watch){ 0 };
	assert_false(day_is_odd(&w, 8000, 2, 43200));
	assert_true(day_is_odd(&w, 12000, 2, 86400 + 3600));
	assert_true(day_is_odd(&w, 100, 2, 86400 + 7200));
	assert_true(day_is_odd(&w, 4000, 2, 86400 + 50000));
	/* by a clock that is an hour off */
	w = (struct deye_watch){ 0 };
	assert_true(day_is_odd(&w, 8000, 3600, 43200));
	/* nothing yet is nothing of yesterday */
	assert_false(day_is_odd(&w, 0, 3600, 43300));
}

/* ---- what is asked ---- */

static void test_plan(void **state)
{
	static const struct {
		enum deye_family family;
		unsigned block, fast, medium;
	} rows[] = {
		{ DEYE_HYBRID1P, 125, 2, 2 },	 { DEYE_HYBRID3P_LV, 125, 2, 2 },
		{ DEYE_HYBRID3P_HV, 125, 2, 2 }, { DEYE_STRING, 125, 2, 0 },
		{ DEYE_MICRO, 125, 1, 0 },	 { DEYE_HYBRID1P, 60, 2, 2 },
		{ DEYE_HYBRID1P, 16, 4, 5 },	 { DEYE_HYBRID3P_LV, 16, 9, 5 },
	};

	(void)state;
	for (size_t i = 0; i < SV_LEN(rows); i++) {
		struct deye_plan p = { .model = &deye_models[rows[i].family],
				       .block = rows[i].block };
		struct deye_read q[DEYE_READS_MAX];
		struct deye_image im = { .model = p.model };
		static const uint16_t words[DEYE_BLOCK_MAX];

		if (deye_plan(&p, DEYE_FAST, q) != rows[i].fast)
			fail_msg("%s by %u: %u questions", p.model->name, p.block,
				 deye_plan(&p, DEYE_FAST, q));
		assert_int_equal(deye_plan(&p, DEYE_MEDIUM, q), rows[i].medium);
		for (int pace = 0; pace < DEYE_PACE__MAX; pace++) {
			unsigned n = deye_plan(&p, (enum deye_pace)pace, q);

			for (unsigned k = 0; k < n; k++) {
				assert_true(q[k].count >= 1 && q[k].count <= p.block);
				deye_image_put(&im, q[k].first, q[k].count, words);
			}
		}
		for (size_t k = 0; k < p.model->n_rows; k++)
			assert_true(deye_image_get(&im, p.model->rows[k].reg) == 0);
	}
}

/* A device that has only some of it: after a few refusals all that it has is asked, and nothing
 * else. */
static void test_refusals(void **state)
{
	struct deye_plan p = { .model = &deye_models[DEYE_HYBRID3P_HV], .block = DEYE_BLOCK_MAX };
	struct deye_read q[DEYE_READS_MAX];
	unsigned refused = 0;

	(void)state;
	for (bool again = true; again && refused < 50;) {
		unsigned n = deye_plan(&p, DEYE_FAST, q);

		again = false;
		for (unsigned i = 0; i < n && !again; i++) {
			/* no second half of the strings, and no hole before 586 */
			if (q[i].first + q[i].count <= 719 &&
			    (q[i].first >= 586 || q[i].first + q[i].count <= 560))
				continue;
			deye_plan_refused(&p, &q[i]);
			refused++;
			again = true;
		}
	}
	print_message("%u refusals\n", refused);
	assert_true(refused > 2 && refused < 20);
	for (uint16_t reg = 552; reg < 709; reg++) {
		int at = deye_image_at(p.model, reg);

		assert_true(at < 0 || !p.absent[at]);
	}
	assert_true(p.absent[deye_image_at(p.model, 719)]);
	assert_true(p.absent[deye_image_at(p.model, 730)]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_sheet),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_ten_watts_at_night),
		cmocka_unit_test(test_no_offset),
		cmocka_unit_test(test_whole_kwh),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_micro_states),
		cmocka_unit_test(test_single_phase),
		cmocka_unit_test(test_three_phase),
		cmocka_unit_test(test_without_battery),
		cmocka_unit_test(test_generator),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
