#include "jk_json.h"

#include "jk_bytes.h"
#include "svitlo/jw.h"

#include <math.h>
#include <string.h>

#define SECRET_MASK "***"

static void jk_put(struct jw *w, enum metric m, double v)
{
	jw_knum(w, metrics[m].key, v, metrics[m].digits); /* NAN: null */
}

static void jk_put_int(struct jw *w, const char *key, int64_t v)
{
	if (v < 0) {
		jw_key(w, key);
		jw_null(w);
	} else {
		jw_kint(w, key, v);
	}
}

static void jk_put_bool(struct jw *w, const char *key, int v)
{
	if (v < 0) {
		jw_key(w, key);
		jw_null(w);
	} else {
		jw_kbool(w, key, v != 0);
	}
}

static void jk_put_many(struct jw *w, enum metric m, const float *v, unsigned n, int digits)
{
	jw_key(w, metrics[m].key);
	jw_arr(w);
	for (unsigned i = 0; i < n; i++)
		jw_num(w, (double)v[i], digits);
	jw_end(w);
}

static void jk_put_errors(struct jw *w, int64_t bits)
{
	jw_key(w, "errors");
	if (bits < 0) {
		jw_null(w);
	} else {
		jw_arr(w);
		for (unsigned i = 0; i < 32; i++)
			if (bits >> i & 1)
				jw_str(w, jk_error_name(i));
		jw_end(w);
	}
	jk_put_int(w, "error_bits", bits);
}

_Static_assert(METRIC_PV_POWER <= 64, "no bit left");

static void jk_put_suspect(struct jw *w, uint64_t suspect)
{
	jw_key(w, "suspect");
	jw_arr(w);
	for (unsigned m = 0; m < METRIC_PV_POWER; m++) /* a BMS has none of those behind */
		if (suspect >> m & 1)
			jw_str(w, metrics[m].key);
	jw_end(w);
}

void jk_json_cell_info(struct jw *w, const struct jk_cell_info *c)
{
	int fine = c->protocol == JK04 ? 4 : 3; /* JK04 sends floats */

	jk_put(w, METRIC_VOLTAGE, c->voltage);
	jk_put(w, METRIC_CURRENT, c->current);
	jw_knum(w, "power", c->power, 3);
	jk_put(w, METRIC_SOC, c->soc);
	jk_put(w, METRIC_SOH, c->soh);
	jk_put(w, METRIC_REMAINING_AH, c->remaining_ah);
	jk_put(w, METRIC_NOMINAL_AH, c->nominal_ah);
	jk_put_int(w, "cycle_count", c->cycle_count);
	jk_put(w, METRIC_TOTAL_CYCLE_AH, c->total_cycle_ah);
	if (c->temperature_slots) {
		jk_put_many(w, METRIC_TEMPERATURES, c->temperatures, c->temperature_slots, 1);
	} else {
		jw_key(w, metrics[METRIC_TEMPERATURES].key);
		jw_null(w);
	}
	jk_put(w, METRIC_MOS_TEMPERATURE, c->mos_temperature);
	jk_put_many(w, METRIC_CELL_VOLTAGES, c->cell_voltages, c->cell_slots, fine);
	jk_put_many(w, METRIC_WIRE_RESISTANCES, c->wire_resistances, c->cell_slots, fine);
	jk_put(w, METRIC_BALANCE_CURRENT, c->balance_current);
	jk_put_int(w, "balancing", c->balancing);
	jk_put_bool(w, "charge_fet", c->charge_fet);
	jk_put_bool(w, "discharge_fet", c->discharge_fet);
	jk_put_bool(w, "precharge_fet", c->precharge_fet);
	jk_put_errors(w, c->error_bits);
	jk_put_int(w, "uptime_s", c->uptime_s);
	jk_put_int(w, "emergency_countdown_s", c->emergency_countdown_s);

	jw_knum(w, "cell_average", c->cell_average, 4);
	jw_knum(w, "cell_delta", c->cell_delta, fine);
	jw_knum(w, "cell_max", c->cell_max, fine);
	jw_knum(w, "cell_min", c->cell_min, fine);
	jk_put_int(w, "cell_max_number", c->cell_max_number);
	jk_put_int(w, "cell_min_number", c->cell_min_number);
	jw_kint(w, "cell_count", c->cell_count);
	jw_kint(w, "cell_mask", c->mask);
	jk_put_bool(w, "heating", c->heating);
	jk_put(w, METRIC_HEATING_CURRENT, c->heating_current);
	jk_put_int(w, "wire_warnings", c->wire_warnings);
	jw_knum(w, "power_raw", c->power_raw, 3);
	jw_knum(w, "voltage_again", c->voltage_again, 2);
	jk_put_int(w, "user_alarm", c->user_alarm);
	jk_put_int(w, "user_alarm_2", c->user_alarm_2);
	jk_put_int(w, "discharge_overcurrent_release_s", c->discharge_overcurrent_release_s);
	jk_put_int(w, "discharge_short_release_s", c->discharge_short_release_s);
	jk_put_int(w, "charge_overcurrent_release_s", c->charge_overcurrent_release_s);
	jk_put_int(w, "charge_short_release_s", c->charge_short_release_s);
	jk_put_int(w, "undervoltage_release_s", c->undervoltage_release_s);
	jk_put_int(w, "overvoltage_release_s", c->overvoltage_release_s);
	jk_put_int(w, "sensor_mask", c->sensor_mask);
	jk_put_bool(w, "charger_plugged", c->charger_plugged);
	jk_put_bool(w, "parallel_limiter", c->parallel_limiter);
	jk_put_int(w, "battery_type", c->battery_type);
	jk_put_int(w, "charge_phase", c->charge_phase);
	jk_put_int(w, "charge_phase_s", c->charge_phase_s);
	jk_put_int(w, "dry_contacts", c->dry_contacts);
	jw_knum(w, "ticks_s", c->ticks_s, 1);
	jk_put_int(w, "clock_s", c->clock_s);
	jk_put_int(w, "log_count", c->log_count);
	jk_put_int(w, "sleep_countdown_s", c->sleep_countdown_s);
	jw_kint(w, "counter", c->counter);
	jk_put_suspect(w, c->suspect);
}

static void jk_put_field(struct jw *w, const struct jk_field *f, const uint8_t *frame)
{
	struct rd r = jk_at(frame, f->off);
	const char *s;

	jw_key(w, f->key);
	switch ((enum jk_field_type)f->type) {
	case JK_BOOL32:
	case JK_BIT:
		jw_bool(w, jk_field_num(f, frame) != 0);
		break;
	case JK_PORT:
		jw_str(w, jk_field_num(f, frame) != 0 ? "RS485" : "CAN");
		break;
	case JK_STR:
	case JK_SECRET:
		s = (const char *)rd_take(&r, f->len);
		if (s && f->type == JK_STR)
			jw_strn(w, s, strnlen(s, f->len));
		else
			jw_str(w, s && *s ? SECRET_MASK : "");
		break;
	case JK_U32S:
		jw_arr(w);
		for (unsigned i = 0; i < f->len; i++)
			jw_int(w, rd_le32(&r));
		jw_end(w);
		break;
	case JK_U8:
	case JK_I8:
	case JK_U16:
	case JK_U32:
	case JK_I32:
	case JK_F32:
	default:
		jw_num(w, jk_field_num(f, frame), f->digits);
	}
}

void jk_json_settings(struct jw *w, enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN])
{
	const struct jk_field *f;

	for (size_t i = 0; (f = jk_field_next(p, JK_SETTINGS, &i));)
		jk_put_field(w, f, frame);
}

void jk_json_device_info(struct jw *w, enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			 bool with_secrets)
{
	const struct jk_field *f;

	/* the strings stand at the same places in every generation */
	for (size_t i = 0; (f = jk_field_next(p ? p : JK02_24S, JK_DEVICE_INFO, &i));)
		if (f->type != JK_SECRET || with_secrets)
			jk_put_field(w, f, frame);
}

void jk_json_logbook(struct jw *w, const uint8_t frame[JK_FRAME_LEN])
{
	struct jk_log_entry e[JK_LOG_MAX];
	char name[JK_LOG_NAME_MAX];
	uint32_t total;
	size_t n = jk_decode_logbook(frame, e, &total);

	jw_kint(w, "count", total);
	jw_key(w, "entries");
	jw_arr(w);
	for (size_t i = 0; i < n; i++) {
		jw_obj(w);
		jw_kint(w, "t_s", e[i].t_s);
		jw_kint(w, "code", e[i].code);
		jw_kstr(w, "name", jk_log_name(e[i].code, name));
		jw_end(w);
	}
	jw_end(w);
}
