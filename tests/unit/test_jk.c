/* What frames mean: detection, values of each generation, absence, suspicion, JSON. */
#include "proto/jk.h"
#include "proto/jk_json.h"
#include "svitlo/jw.h"
#include "svitlo/util.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true(fabs((double)(a) - (b)) < 0.0005)
#define SUSPECT(m) (1ull << METRIC_##m)

static void put(uint8_t *f, unsigned off, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		f[off + i] = (uint8_t)(v >> 8 * i);
}

static void put_f32(uint8_t *f, unsigned off, float v)
{
	memcpy(f + off, &v, sizeof(v));
}

static void begin(uint8_t *f, uint8_t type)
{
	memset(f, 0, JK_FRAME_LEN);
	put(f, 0, 0x90EBAA55, 4);
	f[4] = type;
	f[5] = 42;
}

static void finish(uint8_t *f)
{
	f[JK_FRAME_LEN - 1] = jk_sum(f, JK_FRAME_LEN - 1);
	assert_true(jk_frame_ok(f));
}

static void make_32s(uint8_t *f)
{
	begin(f, JK_CELL_INFO);
	for (unsigned i = 0; i < 16; i++) {
		put(f, 6 + 2 * i, 3300 + (i == 4) - (i == 9) * 5u, 2);
		put(f, 80 + 2 * i, 60 + i, 2);
	}
	put(f, 70, 0xFFFF, 4);
	put(f, 144, (uint16_t)-51, 2);
	put(f, 146, 2, 4);
	put(f, 150, 52796, 4);
	put(f, 154, 100000, 4);
	put(f, 158, (uint32_t)-12345, 4);
	put(f, 162, 201, 2);
	put(f, 164, (uint16_t)-2000, 2);
	put(f, 166, 1u << 28 | 1u << 19 | 1, 4);
	put(f, 170, (uint16_t)-700, 2);
	f[172] = 2;
	f[173] = 85;
	put(f, 174, 238000, 4);
	put(f, 178, 280000, 4);
	put(f, 182, 12, 4);
	put(f, 186, 3456789, 4);
	f[190] = 99;
	put(f, 194, 7654321, 4);
	f[198] = 1;
	f[214] = 0xFF;
	put(f, 218, 1799, 2);
	put(f, 236, (uint16_t)-7720, 2);
	put(f, 254, (uint16_t)-51, 2);
	put(f, 256, 222, 2);
	put(f, 258, 0, 2);
	f[287] = 0xFE;
	finish(f);
}

static void make_24s(uint8_t *f)
{
	begin(f, JK_CELL_INFO);
	for (unsigned i = 0; i < 9; i++) /* cell 9, not 8: a gap */
		put(f, 6 + 2 * i, i == 7 ? 0 : 3400 + i, 2);
	put(f, 54, 0x17F, 4);
	put(f, 118, 27229, 4);
	put(f, 126, 2500, 4);
	put(f, 130, 250, 2);
	put(f, 134, 310, 2);
	put(f, 136, 0x0010, 2);
	f[141] = 50;
	f[158] = 100;
	put(f, 168, 0x068F, 2);
	f[182] = 0x03;
	finish(f);
}

static void make_04(uint8_t *f)
{
	begin(f, JK_CELL_INFO);
	for (unsigned i = 0; i < 16; i++) {
		put_f32(f, 6 + 4 * i, 3.3f + (float)i / 1000);
		put_f32(f, 102 + 4 * i, 0.1f);
	}
	put(f, 214, 0x7FFF, 4); /* lags: cell 16 has a voltage */
	f[220] = 1;
	put_f32(f, 222, -1.5f);
	put(f, 286, 522904, 4);
	finish(f);
}

static void test_32s(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c;

	(void)state;
	make_32s(f);
	jk_decode_cell_info_of(JK02_32S, 14, f, &c);
	assert_int_equal(c.counter, 42);
	assert_int_equal(c.cell_count, 16);
	assert_int_equal(c.cell_slots, 16);
	NEAR(c.cell_voltages[4], 3.301);
	NEAR(c.wire_resistances[15], 0.075);
	assert_true(isnan(c.cell_voltages[16]));
	NEAR(c.voltage, 52.796);
	NEAR(c.current, -12.345);
	NEAR(c.power, -651.767);
	NEAR(c.power_raw, 100);
	NEAR(c.soc, 85);
	NEAR(c.soh, 99);
	NEAR(c.remaining_ah, 238);
	NEAR(c.nominal_ah, 280);
	NEAR(c.total_cycle_ah, 3456.789);
	assert_int_equal(c.cycle_count, 12);
	assert_int_equal(c.uptime_s, 7654321);
	assert_int_equal(c.wire_warnings, 2);
	NEAR(c.balance_current, -0.7);
	assert_int_equal(c.balancing, 2);
	assert_int_equal(c.charge_fet, 1);
	assert_int_equal(c.discharge_fet, 0);
	assert_int_equal(c.emergency_countdown_s, 1799);
	NEAR(c.mos_temperature, -5.1);
	NEAR(c.temperatures[0], 20.1);
	assert_true(isnan(c.temperatures[1])); /* -200.0 */
	assert_true(isnan(c.temperatures[2])); /* T3 is the MOS copy */
	NEAR(c.temperatures[3], 22.2);
	NEAR(c.temperatures[4], 0);
	assert_true(isnan(c.heating_current)); /* not heating: noise */
	assert_int_equal(c.heating, 0);
	NEAR(c.cell_max, 3.301);
	NEAR(c.cell_min, 3.295);
	NEAR(c.cell_delta, 0.006);
	assert_int_equal(c.cell_max_number, 5);
	assert_int_equal(c.cell_min_number, 10);
	assert_int_equal(c.suspect, 0);

	jk_decode_cell_info(JK02_32S, f, &c); /* firmware not known: 0 is absent */
	NEAR(c.temperatures[3], 22.2);
	assert_true(isnan(c.temperatures[4]));
	jk_decode_cell_info_of(JK02_32S, 11, f, &c);
	assert_true(isnan(c.temperatures[3]));
	f[214] = 0x02; /* only T1 is fitted */
	jk_decode_cell_info_of(JK02_32S, 14, f, &c);
	assert_true(isnan(c.mos_temperature) && isnan(c.temperatures[3]));
	NEAR(c.temperatures[0], 20.1);
	f[215] = 1;
	jk_decode_cell_info_of(JK02_32S, 14, f, &c);
	NEAR(c.heating_current, -7.72);
}

/* A JK-DZ11: sixteen cells, one temperature, and no current, SOC, SOH, MOSFETs. */
static void test_balancer(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c;

	(void)state;
	begin(f, 2);
	for (unsigned i = 0; i < 16; i++) {
		put(f, 6 + 2 * i, i == 11 ? 3325 : 3323, 2);
		put(f, 80 + 2 * i, 70, 2);
	}
	put(f, 70, 0xFFFF, 4);
	put(f, 150, 53175, 4);
	put(f, 162, 116, 2);
	put(f, 178, 40000, 4);
	put(f, 194, 4829999, 4);
	put(f, 214, 0xFF, 1);
	put(f, 287, 0xFE, 1);
	finish(f);
	for (int bms = 0; bms < 2; bms++) {
		put(f, 190, bms ? 100 : 0, 1); /* SOH: an empty, new BMS has one */
		finish(f);
		jk_decode_cell_info_of(JK02_32S, 11, f, &c);
		assert_int_equal(c.cell_count, 16);
		assert_float_equal(c.voltage, 53.175, 1e-6);
		assert_float_equal(c.temperatures[0], 11.6, 1e-5);
		assert_int_equal(c.suspect, 0);
		if (bms) {
			assert_true(c.soc == 0 && c.current == 0 && c.charge_fet == 0);
			continue;
		}
		assert_true(isnan(c.soc) && isnan(c.soh) && isnan(c.current) && isnan(c.power));
		assert_true(isnan(c.remaining_ah) && isnan(c.nominal_ah));
		assert_true(isnan(c.mos_temperature) && isnan(c.temperatures[1]));
		assert_int_equal(c.charge_fet, -1);
		assert_int_equal(c.discharge_fet, -1);
		assert_int_equal(c.cycle_count, -1);
	}
}

static void test_24s(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c;

	(void)state;
	make_24s(f);
	jk_decode_cell_info(JK02_24S, f, &c);
	assert_int_equal(c.cell_count, 8);
	assert_int_equal(c.cell_slots, 9);
	assert_true(isnan(c.cell_voltages[7]));
	NEAR(c.cell_voltages[8], 3.408);
	NEAR(c.cell_average, 3.403625);
	assert_int_equal(c.cell_max_number, 9);
	NEAR(c.current, 2.5);
	NEAR(c.temperatures[0], 25);
	assert_true(isnan(c.temperatures[1]));
	assert_int_equal(c.temperature_slots, 2);
	NEAR(c.mos_temperature, 31);
	assert_int_equal(c.error_bits, 0x10);
	assert_int_equal(c.charger_plugged, -1);
	assert_int_equal(c.battery_type, -1);
	assert_true(isnan(c.heating_current));
	assert_int_equal(c.suspect, 0);
}

static void test_04(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c;

	(void)state;
	make_04(f);
	jk_decode_cell_info(JK04, f, &c);
	assert_int_equal(c.cell_count, 16);
	NEAR(c.voltage, 52.92);
	NEAR(c.cell_voltages[15], 3.315);
	NEAR(c.wire_resistances[0], 0.1);
	NEAR(c.balance_current, -1.5);
	assert_int_equal(c.uptime_s, 522904);
	assert_true(isnan(c.current) && isnan(c.soc) && isnan(c.power) && isnan(c.remaining_ah));
	assert_int_equal(c.error_bits, -1);
	assert_int_equal(c.charge_fet, -1);
	assert_int_equal(c.suspect, 0);
	put_f32(f, 6, NAN);
	put_f32(f, 10, INFINITY);
	jk_decode_cell_info(JK04, f, &c);
	assert_true(c.suspect & SUSPECT(CELL_VOLTAGES));
}

static void test_suspect(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c, d;

	(void)state;
	begin(f, JK_CELL_INFO); /* all zeros, and the sum is right */
	finish(f);
	for (enum jk_protocol p = JK_UNKNOWN; p < JK_PROTOCOL__MAX; p++) {
		jk_decode_cell_info(p, f, &c);
		assert_true(c.suspect & SUSPECT(CELL_VOLTAGES));
	}
	make_32s(f);
	put(f, 150, 40000, 4); /* the pack isn't its cells */
	f[173] = 101;
	put(f, 162, 2000, 2); /* 200 °C */
	put(f, 80, 20000, 2); /* 20 ohm */
	jk_decode_cell_info(JK02_32S, f, &c);
	assert_int_equal(c.suspect, SUSPECT(VOLTAGE) | SUSPECT(CELL_VOLTAGES) | SUSPECT(SOC) |
					    SUSPECT(TEMPERATURES) | SUSPECT(WIRE_RESISTANCES));
	NEAR(c.soc, 101); /* delivered all the same */

	make_32s(f);
	jk_decode_cell_info(JK02_32S, f, &c);
	f[173] -= 11;
	put(f, 6, 2799, 2);
	put(f, 150, 52295, 4);
	jk_decode_cell_info(JK02_32S, f, &d);
	assert_int_equal(d.suspect, 0);
	jk_check_jump(&c, &d, 10001); /* too long ago to say */
	assert_int_equal(d.suspect, 0);
	jk_check_jump(&c, &d, 500);
	assert_int_equal(d.suspect, SUSPECT(SOC) | SUSPECT(CELL_VOLTAGES));
	c = d;
	jk_decode_cell_info(JK02_32S, f, &d); /* it stays so: believed */
	jk_check_jump(&c, &d, 500);
	assert_int_equal(d.suspect, 0);
}

static void test_detect(void **state)
{
	uint8_t f[JK_FRAME_LEN], g[JK_FRAME_LEN];
	struct jk_detect d = { 0 };

	(void)state;
	make_04(f);
	assert_int_equal(jk_detect(&d, f), JK04);
	assert_true(d.certain);
	make_24s(f);
	d = (struct jk_detect){ 0 };
	assert_int_equal(jk_detect(&d, f), JK02_24S);
	make_32s(g);
	assert_int_equal(jk_detect(&d, g), JK02_24S); /* sticky */
	assert_int_equal(jk_detect(&d, g), JK02_24S);
	assert_int_equal(jk_detect(&d, f), JK02_24S);
	assert_int_equal(jk_detect(&d, g), JK02_24S);
	assert_int_equal(jk_detect(&d, g), JK02_24S);
	assert_int_equal(jk_detect(&d, g), JK02_32S); /* three in a row */

	d = (struct jk_detect){ 0 };
	begin(f, JK_CELL_INFO);
	assert_int_equal(jk_detect(&d, f), JK_UNKNOWN);
	f[287] = 0xFE; /* no cells at all, but the mark */
	assert_int_equal(jk_detect(&d, f), JK02_32S);

	d = (struct jk_detect){ 0 };
	begin(f, JK_DEVICE_INFO);
	memcpy(f + 30, "8.0.6G", 6);
	memcpy(f + 78, "220312", 6);
	assert_int_equal(jk_detect(&d, f), JK02_24S);
	assert_false(d.certain);
	assert_int_equal(d.sw_major, 8);
	make_04(f); /* content beats the version */
	assert_int_equal(jk_detect(&d, f), JK04);

	d = (struct jk_detect){ 0 };
	begin(f, JK_SETTINGS);
	put(f, 114, 16, 4);
	put(f, 10, 2600, 4);
	assert_int_equal(jk_detect(&d, f), JK02_24S);
	begin(f, JK_SETTINGS);
	put(f, 34, 16, 4);
	put_f32(f, 38, 3.0f);
	assert_int_equal(jk_detect(&d, f), JK04);
	assert_string_equal(jk_protocol_name(JK02_32S), "JK02_32S");
	assert_null(jk_protocol_name(JK_UNKNOWN));
}

static void test_error_names(void **state)
{
	(void)state;
	assert_string_equal(jk_error_name(0), "wire_resistance");
	assert_string_equal(jk_error_name(10), "coprocessor_communication");
	assert_string_equal(jk_error_name(19), "default_password");
	assert_string_equal(jk_error_name(28), "gps_lock");
	assert_string_equal(jk_error_name(29), "bit_29");
	assert_string_equal(jk_error_name(31), "bit_31");
	assert_null(jk_error_name(32));
	for (unsigned i = 0; i < 32; i++)
		assert_non_null(jk_error_name(i));
}

static void expect(struct jw *w, const char *part)
{
	if (!strstr(jw_text(w), part))
		fail_msg("no %s in %s", part, jw_text(w));
}

static void test_json(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jk_cell_info c;
	struct jw w = { 0 };

	(void)state;
	make_32s(f);
	jk_decode_cell_info_of(JK02_32S, 14, f, &c);
	jw_obj(&w);
	jk_json_cell_info(&w, &c);
	jw_end(&w);
	expect(&w,
	       "{\"voltage\":52.796,\"current\":-12.345,\"power\":-651.767,\"soc\":85,\"soh\":99,");
	expect(&w, "\"temperatures\":[20.1,null,null,22.2,0],\"mos_temperature\":-5.1,");
	expect(&w, "\"errors\":[\"wire_resistance\",\"default_password\",\"gps_lock\"],"
		   "\"error_bits\":268959745,");
	expect(&w, "\"charge_fet\":true,\"discharge_fet\":false,");
	jw_reset(&w);

	make_04(f);
	jk_decode_cell_info(JK04, f, &c);
	jw_obj(&w);
	jk_json_cell_info(&w, &c);
	jw_end(&w);
	expect(&w, "\"current\":null,\"power\":null,\"soc\":null");
	expect(&w, "\"errors\":null,\"error_bits\":null");
	jw_reset(&w);

	begin(f, JK_DEVICE_INFO);
	memcpy(f + 6, "JK_TEST", 7);
	memcpy(f + 30, "14.20", 5);
	memcpy(f + 46, "n\xFFme", 4);
	memcpy(f + 62, "s3cret", 6);
	memcpy(f + 86, "12345678901", 11); /* fills its field */
	memcpy(f + 97, "0000", 4);
	jw_obj(&w);
	jk_json_device_info(&w, JK02_32S, f, true);
	jw_end(&w);
	expect(&w, "\"device_name\":\"n\xEF\xBF\xBDme\",\"device_passcode\":\"***\"");
	expect(&w, "\"serial_number\":\"12345678901\",\"passcode\":\"***\"");
	expect(&w, "\"setup_passcode\":\"\"");
	assert_null(strstr(jw_text(&w), "s3cret"));
	jw_reset(&w);
	jw_obj(&w);
	jk_json_device_info(&w, JK02_32S, f, false);
	jw_end(&w);
	assert_null(strstr(jw_text(&w), "passcode"));
	jw_free(&w);
}

static void test_settings(void **state)
{
	uint8_t f[JK_FRAME_LEN];
	struct jw w = { 0 };

	(void)state;
	begin(f, JK_SETTINGS);
	put(f, 10, 2600, 4);
	put(f, 98, (uint32_t)-100, 4);
	put(f, 118, 1, 4);
	put(f, 282, 1 << 3 | 1 << 15, 2);
	f[284] = 0xFF;
	NEAR(jk_setting(JK02_24S, f, "cell_uvp_v"), 2.6);
	NEAR(jk_setting(JK02_32S, f, "charge_utp_c"), -10);
	assert_true(isnan(jk_setting(JK02_24S, f, "heating_start_c")));
	assert_true(isnan(jk_setting(JK04, f, "cell_uvp_v")));
	assert_true(isnan(jk_setting(JK02_32S, f, "no_such_key")));
	jw_obj(&w);
	jk_json_settings(&w, JK02_32S, f);
	jw_end(&w);
	expect(&w, "\"charge_switch\":true,\"discharge_switch\":false");
	expect(&w, "\"port_switch\":\"RS485\"");
	expect(&w, "\"gps_locked_discharging\":true,\"heating_start_c\":-1,");
	jw_free(&w);
}

static void test_device_and_log(void **state)
{
	char buf[JK_LOG_NAME_MAX];
	struct jk_log_entry e[JK_LOG_MAX];
	struct jk_device_info i;
	uint8_t f[JK_FRAME_LEN];
	uint32_t total;

	(void)state;
	memset(f, 0xFF, sizeof(f)); /* no NUL anywhere */
	jk_decode_device_info(JK02_32S, f, &i);
	assert_int_equal(strlen(i.serial_number), 11);
	assert_int_equal(strlen(i.model), 16);
	assert_int_equal(i.sw_major, 0);
	assert_int_equal(jk_decode_logbook(f, e, &total), JK_LOG_MAX);
	assert_int_equal(total, UINT32_MAX);
	memcpy(f + 30, "11.288H\0", 8);
	jk_decode_device_info(JK02_32S, f, &i);
	assert_int_equal(i.sw_major, 11);
	assert_string_equal(jk_log_name(1, buf), "boot");
	assert_string_equal(jk_log_name(0x27, buf), "watchdog");
	assert_string_equal(jk_log_name(0x38, buf), "sleep");
	assert_string_equal(jk_log_name(0x49, buf), "discharge_undertemperature_end");
	assert_string_equal(jk_log_name(0x64, buf), "cell_1_overcharge");
	assert_string_equal(jk_log_name(0xE7, buf), "cell_32_overdischarge");
	assert_string_equal(jk_log_name(0, buf), "code_0");
}

/* A flipped bit anywhere, a wrong type, a wrong sum: no frame. */
static void test_refusal(void **state)
{
	uint8_t f[JK_FRAME_LEN];

	(void)state;
	make_32s(f);
	for (size_t bit = 0; bit < JK_FRAME_LEN * 8; bit++) {
		f[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(jk_frame_ok(f));
		f[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	f[4] = 4;
	f[JK_FRAME_LEN - 1] = jk_sum(f, JK_FRAME_LEN - 1);
	assert_false(jk_frame_ok(f));
	memset(f, 0, sizeof(f));
	assert_false(jk_frame_ok(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_32s),	    cmocka_unit_test(test_balancer),
		cmocka_unit_test(test_24s),	    cmocka_unit_test(test_04),
		cmocka_unit_test(test_suspect),	    cmocka_unit_test(test_detect),
		cmocka_unit_test(test_error_names), cmocka_unit_test(test_json),
		cmocka_unit_test(test_settings),    cmocka_unit_test(test_device_and_log),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
