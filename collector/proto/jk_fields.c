/*
 * Settings (type 01), device info (type 03), logbook (type 05): tables of fields.
 *
 *	55 AA EB 90 | 01 | nn | uuuu uuuu … 32-bit numbers … | ss	settings
 *	55 AA EB 90 | 03 | nn | model 16 | hw 8 | sw 8 | …   | ss	device info
 *	55 AA EB 90 | 05 | nn | tttt | kk | (tttt cc) × 50   | ss	logbook
 *	0             4    5    6                              299
 *
 * Settings of JK02 6-141, of JK04, strings of the device info, bits 0 and 3 of 282, bytes 284 and
 * 285: captured. The other bits, 286-297, device info from 134 on, log codes: the maker's lists.
 * Wire resistances 142.. / 158..: offsets captured (all 0), unit unknown, hence raw. Strings end at
 * the first NUL or at the field's end: 11-character serials fill theirs (captured).
 * The settings' number 262 of the device info has been cut to 16 bits by the device.
 */
#include "jk.h"

#include "jk_bytes.h"
#include "svitlo/util.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OLD  JK04, JK04
#define JK02 JK02_24S, JK02_32S
#define S24  JK02_24S, JK02_24S
#define S32  JK02_32S, JK02_32S
#define ALL  JK04, JK02_32S
/* clang-format off */
#define MV(key, off)        { key, off, JK_U32, 0, 0, 3, 0.001, JK02 }
#define MA(key, off)        { key, off, JK_U32, 0, 0, 3, 0.001, JK02 }
#define COUNT(key, off)     { key, off, JK_U32, 0, 0, 0, 1, JK02 }
#define DECI_C(key, off)    { key, off, JK_I32, 0, 0, 1, 0.1, JK02 }
#define SWITCH(key, off)    { key, off, JK_BOOL32, 0, 0, 0, 1, JK02 }
#define BIT(key, n)         { key, 282, JK_BIT, 0, n, 0, 1, S32 }
#define NUM(key, off, type) { key, off, type, 0, 0, 0, 1, S32 }
#define TEXT(key, off, len) { key, off, JK_STR, len, 0, 0, 0, ALL }
#define HIDE(key, off, len) { key, off, JK_SECRET, len, 0, 0, 0, ALL }

static const struct jk_field settings[] = {
	MV("smart_sleep_voltage_v", 6),
	MV("cell_uvp_v", 10),
	MV("cell_uvpr_v", 14),
	MV("cell_ovp_v", 18),
	MV("cell_ovpr_v", 22),
	MV("balance_trigger_v", 26),
	MV("soc100_voltage_v", 30),
	MV("soc0_voltage_v", 34),
	MV("request_charge_voltage_v", 38),
	MV("request_float_voltage_v", 42),
	MV("power_off_voltage_v", 46),
	MA("max_charge_current_a", 50),
	COUNT("charge_ocp_delay_s", 54),
	COUNT("charge_ocp_recovery_s", 58),
	MA("max_discharge_current_a", 62),
	COUNT("discharge_ocp_delay_s", 66),
	COUNT("discharge_ocp_recovery_s", 70),
	COUNT("scp_recovery_s", 74),
	MA("max_balance_current_a", 78),
	DECI_C("charge_otp_c", 82),
	DECI_C("charge_otp_recovery_c", 86),
	DECI_C("discharge_otp_c", 90),
	DECI_C("discharge_otp_recovery_c", 94),
	DECI_C("charge_utp_c", 98),
	DECI_C("charge_utp_recovery_c", 102),
	DECI_C("mos_otp_c", 106),
	DECI_C("mos_otp_recovery_c", 110),
	COUNT("cell_count", 114),
	SWITCH("charge_switch", 118),
	SWITCH("discharge_switch", 122),
	SWITCH("balance_switch", 126),
	MA("nominal_capacity_ah", 130),
	COUNT("scp_delay_us", 134),
	MV("start_balance_voltage_v", 138),
	{ "wire_resistance_raw", 158, JK_U32S, 24, 0, 0, 1, S24 },
	{ "wire_resistance_raw", 142, JK_U32S, 32, 0, 0, 1, S32 },
	NUM("device_address", 270, JK_U8),
	NUM("precharge_time_s", 274, JK_U8),
	NUM("controls_bitmask", 282, JK_U16),
	BIT("heating_enabled", 0),
	BIT("disable_temperature_sensors", 1),
	BIT("gps_heartbeat", 2),
	{ "port_switch", 282, JK_PORT, 0, 3, 0, 1, S32 },
	BIT("display_always_on", 4),
	BIT("special_charger", 5),
	BIT("smart_sleep", 6),
	BIT("disable_pcl_module", 7),
	BIT("timed_stored_data", 8),
	BIT("charging_float_mode", 9),
	BIT("emergency_button", 10),
	BIT("dry_alarm_intermittent", 11),
	BIT("discharge_ocp2", 12),
	BIT("discharge_ocp3", 13),
	BIT("gps_locked_charging", 14),
	BIT("gps_locked_discharging", 15),
	NUM("heating_start_c", 284, JK_I8),
	NUM("heating_stop_c", 285, JK_I8),
	NUM("smart_sleep_hours", 286, JK_U8),
	NUM("data_field_enable", 287, JK_U8),
	NUM("discharge_utp_c", 296, JK_I8),
	NUM("discharge_utp_recovery_c", 297, JK_I8),

	{ "cell_count", 34, JK_U32, 0, 0, 0, 1, OLD },
	{ "power_off_voltage_v", 38, JK_F32, 0, 0, 5, 1, OLD },
	{ "vref_calibration", 74, JK_F32, 0, 0, 5, 1, OLD },
	{ "start_balance_voltage_v", 98, JK_F32, 0, 0, 5, 1, OLD },
	{ "unknown_102", 102, JK_F32, 0, 0, 5, 1, OLD },
	{ "balance_trigger_v", 106, JK_F32, 0, 0, 5, 1, OLD },
	{ "max_balance_current_a", 110, JK_F32, 0, 0, 5, 1, OLD },
	{ "balance_switch", 114, JK_BOOL32, 0, 0, 0, 1, OLD },
};

static const struct jk_field device_info[] = {
	TEXT("model", 6, 16),
	TEXT("hw_version", 22, 8),
	TEXT("sw_version", 30, 8),
	{ "uptime_s", 38, JK_U32, 0, 0, 0, 1, ALL },
	{ "power_on_count", 42, JK_U32, 0, 0, 0, 1, ALL },
	TEXT("device_name", 46, 16),
	HIDE("device_passcode", 62, 16),
	TEXT("manufacturing_date", 78, 8),
	TEXT("serial_number", 86, 11),
	HIDE("passcode", 97, 5),
	TEXT("user_data", 102, 16),
	HIDE("setup_passcode", 118, 16),
	{ "user_data2", 134, JK_STR, 16, 0, 0, 0, S32 },
	NUM("uart1_protocol", 184, JK_U8),
	NUM("can_protocol", 185, JK_U8),
	NUM("uart1_protocol_mask", 186, JK_U32),
	{ "hardware_option", 190, JK_STR, 12, 0, 0, 0, S32 },
	NUM("can_protocol_mask", 202, JK_U32),
	NUM("uart2_protocol", 218, JK_U8),
	NUM("uart2_protocol_mask", 219, JK_U32),
	NUM("lcd_buzzer_trigger", 234, JK_U8),
	NUM("dry1_trigger", 235, JK_U8),
	NUM("dry2_trigger", 236, JK_U8),
	NUM("uart_lib_version", 237, JK_U8),
	NUM("lcd_buzzer_trigger_value", 238, JK_I32),
	NUM("lcd_buzzer_release_value", 242, JK_I32),
	NUM("dry1_trigger_value", 246, JK_I32),
	NUM("dry1_release_value", 250, JK_I32),
	NUM("dry2_trigger_value", 254, JK_I32),
	NUM("dry2_release_value", 258, JK_I32),
	NUM("data_stored_period_s", 262, JK_I32),
	{ "rcv_time_h", 266, JK_U8, 0, 0, 1, 0.1, S32 },
	{ "rfv_time_h", 267, JK_U8, 0, 0, 1, 0.1, S32 },
	NUM("can_lib_version", 268, JK_U8),
	NUM("emergency_duration_min", 269, JK_U8),
	NUM("uart3_protocol", 270, JK_U8),
	NUM("uart3_protocol_mask", 271, JK_U32),
	NUM("re_bulk_soc_pct", 278, JK_U8),
};
/* clang-format on */

const struct jk_field *jk_field_next(enum jk_protocol p, enum jk_type type, size_t *i)
{
	const struct jk_field *table = type == JK_SETTINGS ? settings : device_info;
	size_t n = type == JK_SETTINGS	    ? SV_LEN(settings)
		   : type == JK_DEVICE_INFO ? SV_LEN(device_info)
					    : 0;

	while (*i < n) {
		const struct jk_field *f = &table[(*i)++];

		if (p >= f->from && p <= f->to)
			return f;
	}
	return NULL;
}

double jk_field_num(const struct jk_field *f, const uint8_t frame[JK_FRAME_LEN])
{
	switch ((enum jk_field_type)f->type) {
	case JK_U8:
		return jk_u8(frame, f->off) * f->scale;
	case JK_I8:
		return jk_i8(frame, f->off) * f->scale;
	case JK_U16:
		return jk_u16(frame, f->off) * f->scale;
	case JK_U32:
		return jk_u32(frame, f->off) * f->scale;
	case JK_I32:
		return jk_i32(frame, f->off) * f->scale;
	case JK_F32:
		return (double)jk_f32(frame, f->off) * f->scale;
	case JK_BOOL32:
		return jk_u32(frame, f->off) != 0;
	case JK_BIT:
	case JK_PORT:
		return jk_u16(frame, f->off) >> f->bit & 1;
	case JK_STR:
	case JK_SECRET:
	case JK_U32S:
	default:
		return NAN;
	}
}

double jk_setting(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN], const char *key)
{
	const struct jk_field *f;

	for (size_t i = 0; (f = jk_field_next(p, JK_SETTINGS, &i));)
		if (strcmp(f->key, key) == 0)
			return jk_field_num(f, frame);
	return NAN;
}

/* n is the field's size; dst has a byte more. */
static void jk_text(char *dst, const uint8_t *frame, size_t off, size_t n)
{
	struct rd r = jk_at(frame, off);
	const uint8_t *s = rd_take(&r, n);
	size_t len = s ? strnlen((const char *)s, n) : 0;

	if (len)
		memcpy(dst, s, len);
	dst[len] = '\0';
}

void jk_decode_device_info(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			   struct jk_device_info *ret)
{
	*ret = (struct jk_device_info){ .uptime_s = jk_u32(frame, 38),
					.power_on_count = jk_u32(frame, 42) };
	jk_text(ret->model, frame, 6, sizeof(ret->model) - 1);
	jk_text(ret->hw_version, frame, 22, sizeof(ret->hw_version) - 1);
	jk_text(ret->sw_version, frame, 30, sizeof(ret->sw_version) - 1);
	jk_text(ret->device_name, frame, 46, sizeof(ret->device_name) - 1);
	jk_text(ret->manufacturing_date, frame, 78, sizeof(ret->manufacturing_date) - 1);
	jk_text(ret->serial_number, frame, 86, sizeof(ret->serial_number) - 1);
	jk_text(ret->user_data, frame, 102, sizeof(ret->user_data) - 1);
	if (p == JK02_32S)
		jk_text(ret->user_data2, frame, 134, sizeof(ret->user_data2) - 1);
	for (const char *s = ret->sw_version; *s >= '0' && *s <= '9' && ret->sw_major < 1000; s++)
		ret->sw_major = ret->sw_major * 10 + (*s - '0');
}

size_t jk_decode_logbook(const uint8_t frame[JK_FRAME_LEN], struct jk_log_entry ret[JK_LOG_MAX],
			 uint32_t *ret_total)
{
	uint32_t total = jk_u32(frame, 6);
	size_t n = total < JK_LOG_MAX ? total : JK_LOG_MAX;
	struct rd r = jk_at(frame, 11);

	for (size_t i = 0; i < n; i++) {
		ret[i].t_s = rd_le32(&r);
		ret[i].code = rd_u8(&r);
	}
	*ret_total = total;
	return n;
}

const char *jk_log_name(uint8_t code, char buf[JK_LOG_NAME_MAX])
{
	static const char *const names[] = {
		[0x01] = "boot",
		"shutdown",
		"app_charge_off",
		"app_charge_on",
		"app_discharge_off",
		"app_discharge_on",
		"remote_charge_off",
		"remote_charge_on",
		"remote_discharge_off",
		"remote_discharge_on",
		[0x0B] = "mos_overtemperature",
		"mos_overtemperature_end",
		"current_sensor",
		"current_sensor_end",
		"coprocessor_communication",
		"coprocessor_communication_end",
		"cell_overvoltage",
		"cell_overvoltage_end",
		"battery_overvoltage",
		"battery_overvoltage_end",
		"charge_overcurrent",
		"charge_overcurrent_end",
		"charge_short_circuit",
		"charge_short_circuit_end",
		"charge_overtemperature",
		"charge_overtemperature_end",
		"charge_undertemperature",
		"charge_undertemperature_end",
		"cell_undervoltage",
		"cell_undervoltage_end",
		"battery_undervoltage",
		"battery_undervoltage_end",
		"discharge_overcurrent",
		"discharge_overcurrent_end",
		"discharge_short_circuit",
		"discharge_short_circuit_end",
		"discharge_overtemperature",
		"discharge_overtemperature_end",
		[0x27] = "watchdog",
		"short_circuit_level_2",
		"emergency_on",
		"emergency_off",
		"emergency_auto_off",
		"off_by_app",
		"off_by_button",
		"discharge_on_failed",
		"rs485_power_off",
		[0x30] = "can_charge_off",
		"can_charge_on",
		"can_discharge_off",
		"can_discharge_on",
		"rs485_charge_off",
		"rs485_charge_on",
		"rs485_discharge_off",
		"rs485_discharge_on",
		[0x38] = "sleep",
		"charge_mos",
		"discharge_mos",
		"clock_set",
		"cell_count",
		"button_emergency_on",
		"button_emergency_off",
		"button_heating",
		[0x40] = "discharge_overcurrent_2",
		"discharge_overcurrent_3",
		"short_circuit_release_failed",
		"factory_set_li_ion",
		"factory_set_lfp",
		"factory_set_lto",
		"remote_emergency_on",
		"remote_emergency_off",
		"discharge_undertemperature",
		"discharge_undertemperature_end",
	};

	if (code < SV_LEN(names) && names[code])
		return names[code];
	if (code >= 0x64 && code < 0x64 + JK_CELLS_MAX)
		snprintf(buf, JK_LOG_NAME_MAX, "cell_%d_overcharge", code - 0x63);
	else if (code >= 0xC8 && code < 0xC8 + JK_CELLS_MAX)
		snprintf(buf, JK_LOG_NAME_MAX, "cell_%d_overdischarge", code - 0xC7);
	else
		snprintf(buf, JK_LOG_NAME_MAX, "code_%d", code);
	return buf;
}
