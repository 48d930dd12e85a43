#include "jk.h"

#include "jk02.h"
#include "jk_bytes.h"
#include "svitlo/util.h"

#include <math.h>
#include <string.h>

#define MARK_OFF      287
#define MARK_32S      0xFE
#define AGAINST_MAX   3
#define FIRST_32S_SW  11
#define UNUSED_ERRORS 29 /* bits from here on have no meaning */

const char *jk_protocol_name(enum jk_protocol p)
{
	static const char *const names[JK_PROTOCOL__MAX] = { NULL, "JK04", "JK02_24S", "JK02_32S" };

	return (unsigned)p < JK_PROTOCOL__MAX ? names[p] : NULL;
}

/* Bits and meaning: the maker's lists; 22 and 23 inferred; seen set: 0, 4, 9, 16, 19. */
const char *jk_error_name(unsigned bit)
{
	static const char *const names[] = {
		"wire_resistance",
		"mos_overtemperature",
		"cell_count",
		"current_sensor",
		"cell_overvoltage",
		"battery_overvoltage",
		"charge_overcurrent",
		"charge_short_circuit",
		"charge_overtemperature",
		"charge_undertemperature",
		"coprocessor_communication",
		"cell_undervoltage",
		"battery_undervoltage",
		"discharge_overcurrent",
		"discharge_short_circuit",
		"discharge_overtemperature",
		"charge_mos",
		"discharge_mos",
		"gps_disconnected",
		"default_password",
		"discharge_on_failed",
		"battery_overtemperature",
		"temperature_sensor",
		"parallel_module",
		"short_circuit_release_failed",
		"discharge_overcurrent_2",
		"discharge_overcurrent_3",
		"discharge_undertemperature",
		"gps_lock",
		[UNUSED_ERRORS] = "bit_29",
		"bit_30",
		"bit_31",
	};

	return bit < SV_LEN(names) ? names[bit] : NULL;
}

/* What one frame says: the protocol, and whether its content proves it. */
struct jk_word {
	enum jk_protocol protocol;
	bool certain;
};

static struct jk_word jk_ask_cells(const uint8_t *f)
{
	enum jk_protocol fits = JK_UNKNOWN;
	unsigned n = 0;

	if (jk04_fits(f))
		return (struct jk_word){ JK04, true };
	for (size_t i = 0; i < jk02_models_n; i++) {
		if (jk02_mask_fits(jk02_models[i], f)) {
			fits = jk02_models[i]->protocol;
			n++;
		}
	}
	if (n == 1)
		return (struct jk_word){ fits, true };
	if (f[MARK_OFF] == MARK_32S)
		return (struct jk_word){ JK02_32S, true };
	/* a pack without cells, or a cell at 0 V: only that it isn't 32S is likely */
	return (struct jk_word){ f[MARK_OFF] == 0 && n ? JK02_24S : JK_UNKNOWN, false };
}

static struct jk_word jk_ask_settings(const uint8_t *f)
{
	uint32_t cells02 = jk_u32(f, 114), uvp_mv = jk_u32(f, 10), cells04 = jk_u32(f, 34);
	float off_v = jk_f32(f, 38);

	if (cells02 >= 1 && cells02 <= JK_CELLS_MAX && uvp_mv >= 500 && uvp_mv <= 5000) {
		/* 32S: bits that enable data fields, 7C, FC, FE captured; 24S: 0 */
		return (struct jk_word){ f[MARK_OFF] ? JK02_32S : JK02_24S, false };
	}
	if (cells04 >= 1 && cells04 <= JK_CELLS_MAX && off_v >= 0.5f && off_v <= 6.0f)
		return (struct jk_word){ JK04, true };
	return (struct jk_word){ JK_UNKNOWN, false };
}

static struct jk_word jk_ask_device(const uint8_t *f, int sw_major)
{
	static const uint8_t none[56]; /* JK04 leaves 78-133 empty */

	if (f[MARK_OFF] == MARK_32S)
		return (struct jk_word){ JK02_32S, true };
	if (sw_major >= FIRST_32S_SW)
		return (struct jk_word){ JK02_32S, false };
	if (memcmp(f + 78, none, sizeof(none)) == 0)
		return (struct jk_word){ JK04, false };
	return (struct jk_word){ sw_major ? JK02_24S : JK_UNKNOWN, false };
}

enum jk_protocol jk_detect(struct jk_detect *d, const uint8_t frame[JK_FRAME_LEN])
{
	struct jk_word w = { JK_UNKNOWN, false };
	struct jk_device_info info;

	switch (frame[4]) {
	case JK_CELL_INFO:
		w = jk_ask_cells(frame);
		break;
	case JK_SETTINGS:
		w = jk_ask_settings(frame);
		break;
	case JK_DEVICE_INFO:
		jk_decode_device_info(JK02_24S, frame, &info);
		if (info.sw_major)
			d->sw_major = info.sw_major;
		w = jk_ask_device(frame, info.sw_major);
		break;
	case JK_LOGBOOK: /* only 32S has one */
		w.protocol = JK02_32S;
		break;
	default:
		break;
	}
	if (w.protocol == JK_UNKNOWN || w.protocol == d->protocol) {
		d->certain |= w.certain;
		d->against = w.certain ? 0 : d->against;
	} else if (!d->certain) {
		/* among guesses the settings' and device info's layout beats an earlier one */
		d->protocol = w.protocol;
		d->certain = w.certain;
	} else if (w.certain && ++d->against >= AGAINST_MAX) {
		d->protocol = w.protocol;
		d->against = 0;
	}
	return d->protocol;
}

/* A reading in which everything is absent. */
static const struct jk_cell_info nothing = {
	.voltage = NAN,
	.current = NAN,
	.power = NAN,
	.power_raw = NAN,
	.soc = NAN,
	.soh = NAN,
	.remaining_ah = NAN,
	.nominal_ah = NAN,
	.total_cycle_ah = NAN,
	.mos_temperature = NAN,
	.balance_current = NAN,
	.heating_current = NAN,
	.voltage_again = NAN,
	.cell_average = NAN,
	.cell_delta = NAN,
	.cell_max = NAN,
	.cell_min = NAN,
	.cell_max_number = -1,
	.cell_min_number = -1,
	.cycle_count = -1,
	.uptime_s = -1,
	.error_bits = -1,
	.wire_warnings = -1,
	.balancing = -1,
	.charge_fet = -1,
	.discharge_fet = -1,
	.precharge_fet = -1,
	.heating = -1,
	.charger_plugged = -1,
	.parallel_limiter = -1,
	.user_alarm = -1,
	.user_alarm_2 = -1,
	.emergency_countdown_s = -1,
	.discharge_overcurrent_release_s = -1,
	.discharge_short_release_s = -1,
	.charge_overcurrent_release_s = -1,
	.charge_short_release_s = -1,
	.undervoltage_release_s = -1,
	.overvoltage_release_s = -1,
	.sensor_mask = -1,
	.battery_type = -1,
	.charge_phase = -1,
	.charge_phase_s = -1,
	.dry_contacts = -1,
	.ticks_s = NAN,
	.clock_s = -1,
	.log_count = -1,
	.sleep_countdown_s = -1,
	.cell_voltages = { [0 ... JK_CELLS_MAX - 1] = NAN },
	.wire_resistances = { [0 ... JK_CELLS_MAX - 1] = NAN },
	.temperatures = { [0 ... JK_TEMPS_MAX - 1] = NAN },
};

void jk_decode_cell_info_of(enum jk_protocol p, int sw_major, const uint8_t frame[JK_FRAME_LEN],
			    struct jk_cell_info *ret)
{
	const struct jk02_model *m = jk02_model_of(p);

	*ret = nothing;
	ret->protocol = p;
	ret->counter = jk_u8(frame, 5);
	if (m)
		jk02_decode(m, sw_major, frame, ret);
	else if (p == JK04)
		jk04_decode(frame, ret);
	jk_check_sane(ret);
}

void jk_decode_cell_info(enum jk_protocol p, const uint8_t frame[JK_FRAME_LEN],
			 struct jk_cell_info *ret)
{
	jk_decode_cell_info_of(p, JK_VERSION_NONE, frame, ret);
}
