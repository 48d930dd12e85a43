#include "deye.h"

#include "svitlo/util.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define NOT_THERE	0xFFFF /* in registers of the BMS and of strings */
#define BIG_W		30000  /* from here on a power may not fit 16 bits */
#define BATTERY_LO_CV	4000   /* 0.01 V */
#define BATTERY_HI_CV	6500
#define STRINGS_DEFAULT 2

/* ---- which family ---- */

int deye_family(uint16_t code, bool *ret_look)
{
	/* some firmwares say the code in the high byte */
	uint16_t low = code & 0xFF ? code : code >> 8;

	*ret_look = code == 0x0200; /* two lists call it two things */
	for (int f = 0; f < DEYE__MAX; f++)
		for (const uint16_t *c = deye_models[f].codes; *c; c++)
			if (*c == code)
				return f;
	/* 0x0600 is a high-voltage one as 0x0007 is, not 0x0006 in the high byte: same family */
	for (int f = 0; f < DEYE__MAX; f++)
		for (const uint16_t *c = deye_models[f].codes; *c; c++)
			if (*c == low)
				return f;
	return -1;
}

bool deye_has_battery(const uint16_t look[DEYE_LOOK_COUNT])
{
	return look[0] >= BATTERY_LO_CV && look[0] <= BATTERY_HI_CV && look[1] <= 100;
}

int deye_family_named(const char *name)
{
	for (int f = 0; f < DEYE__MAX; f++)
		if (strcmp(deye_models[f].name, name) == 0)
			return f;
	return -1;
}

/* ---- the image ---- */

int deye_image_at(const struct deye_model *m, uint16_t reg)
{
	int at = 0;

	for (size_t i = 0; i < m->n_spans; i++) {
		const struct deye_span *s = &m->spans[i];

		if (reg >= s->first && reg - s->first < s->count)
			return at + (reg - s->first);
		at += s->count;
	}
	return -1;
}

void deye_image_put(struct deye_image *im, uint16_t first, uint16_t count, const uint16_t *words)
{
	for (uint16_t i = 0; i < count; i++) {
		int at = deye_image_at(im->model, (uint16_t)(first + i));

		if (at < 0)
			continue;
		im->words[at] = words[i];
		im->have[at] = 1;
	}
}

void deye_image_drop(struct deye_image *im, uint16_t first, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		int at = deye_image_at(im->model, (uint16_t)(first + i));

		if (at >= 0)
			im->have[at] = 0;
	}
}

int32_t deye_image_get(const struct deye_image *im, uint16_t reg)
{
	int at = deye_image_at(im->model, reg);

	return at >= 0 && im->have[at] ? im->words[at] : -1;
}

/* ---- one row ---- */

const struct deye_row *deye_row_named(const struct deye_model *m, const char *key)
{
	for (size_t i = 0; i < m->n_rows; i++)
		if (strcmp(m->rows[i].key, key) == 0)
			return &m->rows[i];
	return NULL;
}

/* A power in two words. Old firmwares say 0 in the high one of a negative number. */
static int64_t split_value(int32_t lo, int32_t hi, const struct deye_unit *u)
{
	bool big = u && u->rated_w > BIG_W;

	if (hi < 0 || (!big && (hi == 0 || hi == 0xFFFF)))
		return (int16_t)lo;
	return (int32_t)((uint32_t)lo | (uint32_t)hi << 16);
}

/* The usual offset of a temperature, or none. */
static int row_offset(const struct deye_unit *u, const struct deye_row *row, int32_t raw)
{
	bool plain = row->trap == DEYE_TRAP_DC_OFFSET &&
		     (raw < DEYE_PLAIN_BELOW || (u && deye_scale(u, row->trap) == 10));

	return plain ? 0 : row->offset;
}

static bool row_missing(const struct deye_row *row, int32_t raw)
{
	static const enum metric marked[] = {
		METRIC_PV_POWERS,	 METRIC_PV_VOLTAGES,	     METRIC_PV_CURRENTS,
		METRIC_BMS_VOLTAGE,	 METRIC_BMS_CURRENT,	     METRIC_BMS_SOC,
		METRIC_BMS_SOH,		 METRIC_BMS_TEMPERATURE,     METRIC_BMS_CHARGE_VOLTAGE,
		METRIC_BMS_CHARGE_LIMIT, METRIC_BMS_DISCHARGE_LIMIT, METRIC_BMS_ALARM,
		METRIC_BMS_FAULT
	};

	if (row->offset && raw == 0)
		return true; /* -100 °C: no sensor */
	if (raw != NOT_THERE || row->part != DEYE_READING)
		return false;
	for (size_t i = 0; i < SV_LEN(marked); i++)
		if (marked[i] == row->metric)
			return true;
	return false;
}

bool deye_row_value(const struct deye_image *im, const struct deye_unit *u,
		    const struct deye_row *row, double *ret)
{
	int32_t lo = deye_image_get(im, row->reg), hi = -1;
	unsigned scale;
	int64_t v;

	if (lo < 0 || row_missing(row, lo))
		return false;
	if (row->hi || row->type == DEYE_U32 || row->type == DEYE_S32) {
		hi = deye_image_get(im, row->hi ? row->hi : (uint16_t)(row->reg + 1));
		if (hi < 0 && row->type != DEYE_S32_SPLIT)
			return false;
	}
	switch (row->type) {
	case DEYE_S16:
		v = (int16_t)lo;
		break;
	case DEYE_U32:
	case DEYE_U32_SPLIT:
		v = (uint32_t)lo | (uint32_t)hi << 16;
		break;
	case DEYE_S32:
		v = (int32_t)((uint32_t)lo | (uint32_t)hi << 16);
		break;
	case DEYE_S32_SPLIT:
		v = split_value(lo, hi, u);
		break;
	case DEYE_U16:
	case DEYE_TIME:
		v = lo;
		break;
	case DEYE_BITS:
	case DEYE_ASCII:
	case DEYE_FIRMWARE:
	case DEYE_CLOCK:
	default:
		return false;
	}
	scale = !u || row->trap == DEYE_TRAP_DC_OFFSET ? 1 : deye_scale(u, row->trap);
	*ret = row->mask ? (lo & row->mask) != 0
			 : (double)(v - row_offset(u, row, lo)) * row->scale * scale;
	return true;
}

static bool row_bits(const struct deye_image *im, const struct deye_row *row, uint64_t *ret)
{
	*ret = 0;
	for (unsigned i = 0; i < row->count; i++) {
		int32_t w = deye_image_get(im, (uint16_t)(row->reg + i));

		if (w < 0)
			return false;
		*ret |= (uint64_t)w << 16 * i;
	}
	return true;
}

double deye_setting(const struct deye_image *im, const char *key)
{
	const struct deye_row *row = deye_row_named(im->model, key);
	double v;

	return row && deye_row_value(im, NULL, row, &v) ? v : NAN;
}

/* ---- one inverter ---- */

/* Main firmware versions are written in decimal digits: 0x1100 is 1100. */
static bool counts_whole_kwh(const struct deye_image *im)
{
	int32_t version = deye_image_get(im, im->model->main_firmware);

	if (!im->model->whole_kwh_from || version < im->model->whole_kwh_from)
		return false;
	for (int32_t rest = version; rest; rest >>= 4)
		if ((rest & 0xF) > 9)
			return false;
	return true;
}

void deye_identify(const struct deye_image *im, struct deye_unit *u)
{
	const struct deye_row *row = deye_row_named(im->model, "rated_power");
	int32_t mppt = deye_image_get(im, im->model->mppt);
	double phase = deye_setting(im, "rated_phase");

	u->drift_s = NAN;
	for (size_t i = 0; i < im->model->n_rows; i++)
		u->traps[im->model->rows[i].trap] = true;
	u->whole_kwh = counts_whole_kwh(im);
	if (row && !deye_row_value(im, NULL, row, &u->rated_w))
		u->rated_w = 0;
	u->phases = im->model->phases == 3 && phase != 0 && phase != 1 ? 3 : 1;
	if (mppt < 257)
		return;
	u->mppts = (unsigned)mppt >> 8 & 0xF;
	u->phases = (unsigned)mppt & 0xF;
	if (!u->phases || u->phases > im->model->phases)
		u->phases = im->model->phases;
}

double deye_drift_s(const struct deye_image *im, int64_t local_ms)
{
	const struct deye_row *row = deye_row_named(im->model, "clock");
	uint64_t w;
	struct tm tm;

	if (!row || !row_bits(im, row, &w))
		return NAN;
	tm = (struct tm){ .tm_year = (int)(w >> 8 & 0xFF) + 100,
			  .tm_mon = (int)(w & 0xFF) - 1,
			  .tm_mday = (int)(w >> 24 & 0xFF),
			  .tm_hour = (int)(w >> 16 & 0xFF),
			  .tm_min = (int)(w >> 40 & 0xFF),
			  .tm_sec = (int)(w >> 32 & 0xFF) };
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return NAN;
	return (double)timegm(&tm) - (double)local_ms / 1000;
}

/* ---- the reading ---- */

static void read_rows(const struct deye_image *im, const struct deye_unit *u, struct reading *r)
{
	for (size_t i = 0; i < im->model->n_rows; i++) {
		const struct deye_row *row = &im->model->rows[i];
		double v;

		if (row->part != DEYE_READING || !deye_row_value(im, u, row, &v))
			continue;
		if (metrics[row->metric].room == 1)
			r->one[row->metric] = v * row->factor;
		else if (row->index < r->n[row->metric])
			r->many[reading_at(row->metric) + row->index] = v * row->factor;
	}
}

/* Strings that exist: as many as it has MPPTs; of the others those that have a voltage. */
static unsigned count_strings(const struct deye_image *im, const struct deye_unit *u)
{
	unsigned n = u->mppts ? u->mppts : STRINGS_DEFAULT;

	for (size_t i = 0; i < im->model->n_rows; i++) {
		const struct deye_row *row = &im->model->rows[i];
		double v;

		if (row->metric == METRIC_PV_VOLTAGES && row->part == DEYE_READING &&
		    row->index >= n && deye_row_value(im, u, row, &v) && v > 0)
			n = row->index + 1u;
	}
	return n;
}

/* Room for what has many, as many as this inverter has. */
static void read_room(const struct deye_image *im, const struct deye_unit *u, struct reading *r)
{
	unsigned phases = u->phases ? u->phases : 1, strings = count_strings(im, u);

	for (size_t i = 0; i < im->model->n_rows; i++) {
		const struct deye_row *row = &im->model->rows[i];
		unsigned n = metrics[row->metric].room == 8 ? strings : phases;

		if (row->part != DEYE_READING || metrics[row->metric].room == 1 ||
		    deye_image_get(im, row->reg) < 0 || r->n[row->metric] || row->index >= n)
			continue;
		/* of one phase the total says it all */
		if (phases > 1 || strcmp(metrics[row->metric].unit, "W") != 0 ||
		    row->metric == METRIC_PV_POWERS)
			reading_many(r, row->metric, n);
	}
}

static const char *micro_or_plain(unsigned bit)
{
	return deye_micro_fault_name(bit);
}

static void read_names(const struct deye_image *im, struct reading *r)
{
	bool micro = im->model == &deye_models[DEYE_MICRO];
	const struct deye_row *fault = deye_row_named(im->model, "fault");
	const struct deye_row *warning = deye_row_named(im->model, "warning");

	r->faults.name = micro ? micro_or_plain : deye_fault_name;
	r->faults.known = fault && row_bits(im, fault, &r->faults.bits);
	r->warnings.name = deye_warning_name;
	r->warnings.known = warning && warning->part == DEYE_READING &&
			    row_bits(im, warning, &r->warnings.bits);
}

/* Powers of a phase each: a += sign * b */
static void many_add(struct reading *r, enum metric a, enum metric b, int sign)
{
	for (unsigned i = 0; i < r->n[a] && i < r->n[b]; i++)
		r->many[reading_at(a) + i] += sign * r->many[reading_at(b) + i];
}

static void many_copy(struct reading *r, enum metric to, enum metric from)
{
	const double *v = &r->many[reading_at(from)];
	double *out;

	if (!r->n[from])
		return;
	out = reading_many(r, to, r->n[from]);
	memcpy(out, v, r->n[to] * sizeof(*out));
}

static double positive(double v)
{
	return v < 0 ? 0 : v;
}

/* What the house exchanges with the grid: the clamp on its mains sees it all, the inverter's own
 * terminal only what passes through it. And what the house uses. */
static void read_house(const struct deye_image *im, const struct deye_unit *u, struct reading *r)
{
	bool single = im->model == &deye_models[DEYE_HYBRID1P];
	double *v = r->one;

	if (u->ct) {
		v[METRIC_GRID_POWER] = v[METRIC_CT_POWER];
		many_copy(r, METRIC_GRID_POWERS, METRIC_CT_POWERS);
	} else if (single) {
		v[METRIC_GRID_POWER] = v[METRIC_INSIDE_POWER];
		many_copy(r, METRIC_GRID_POWERS, METRIC_INSIDE_POWERS);
	}
	if (!u->ct) { /* nothing is clamped */
		v[METRIC_CT_POWER] = NAN;
		r->n[METRIC_CT_POWERS] = r->n[METRIC_CT_CURRENTS] = 0;
	}
	if (single) {
		v[METRIC_LOAD_POWER] = v[METRIC_BACKUP_POWER];
		many_copy(r, METRIC_LOAD_POWERS, METRIC_BACKUP_POWERS);
	}
	if (single && u->ct) { /* what hangs before the inverter */
		v[METRIC_LOAD_POWER] += v[METRIC_CT_POWER] - v[METRIC_INSIDE_POWER];
		many_add(r, METRIC_LOAD_POWERS, METRIC_CT_POWERS, 1);
		many_add(r, METRIC_LOAD_POWERS, METRIC_INSIDE_POWERS, -1);
	} else if (u->ct) {
		/* its own sum misses loads on the grid's side */
		v[METRIC_LOAD_POWER] = v[METRIC_INVERTER_POWER] + v[METRIC_CT_POWER];
		many_copy(r, METRIC_LOAD_POWERS, METRIC_INVERTER_POWERS);
		many_add(r, METRIC_LOAD_POWERS, METRIC_CT_POWERS, 1);
	}
	v[METRIC_LOAD_POWER] = positive(v[METRIC_LOAD_POWER]);
}

/* A string inverter's registers of a meter are 0 without one. */
static void read_meter(const struct deye_unit *u, struct reading *r)
{
	static const enum metric metered[] = { METRIC_LOAD_POWER,      METRIC_GRID_POWER,
					       METRIC_DAY_LOAD_WH,     METRIC_DAY_IMPORT_WH,
					       METRIC_DAY_EXPORT_WH,   METRIC_TOTAL_LOAD_WH,
					       METRIC_TOTAL_IMPORT_WH, METRIC_TOTAL_EXPORT_WH };

	for (size_t i = 0; i < SV_LEN(metered) && !u->ct; i++)
		r->one[metered[i]] = NAN;
}

static void read_pv(struct reading *r)
{
	unsigned n = r->n[METRIC_PV_VOLTAGES];
	double *watts = &r->many[reading_at(METRIC_PV_POWERS)], sum = 0;
	const double *volts = &r->many[reading_at(METRIC_PV_VOLTAGES)];
	const double *amps = &r->many[reading_at(METRIC_PV_CURRENTS)];

	if (!r->n[METRIC_PV_POWERS] && n && r->n[METRIC_PV_CURRENTS] == n) {
		watts = reading_many(r, METRIC_PV_POWERS, n);
		for (unsigned i = 0; i < n; i++)
			watts[i] = round(volts[i] * amps[i]);
	}
	for (unsigned i = 0; i < r->n[METRIC_PV_POWERS]; i++)
		sum += isnan(watts[i]) ? 0 : watts[i];
	if (r->n[METRIC_PV_POWERS] && !(r->one[METRIC_PV_POWER] > 0))
		r->one[METRIC_PV_POWER] = sum;
}

static void read_battery(const struct deye_image *im, struct reading *r)
{
	static const enum metric first[] = { METRIC_BATTERY_VOLTAGE, METRIC_BATTERY_CURRENT,
					     METRIC_BATTERY_POWER, METRIC_BATTERY_SOC,
					     METRIC_BATTERY_TEMPERATURE };
	static const enum metric second[] = { METRIC_BATTERY2_VOLTAGE, METRIC_BATTERY2_CURRENT,
					      METRIC_BATTERY2_POWER, METRIC_BATTERY2_SOC,
					      METRIC_BATTERY2_TEMPERATURE };
	bool none = deye_setting(im, "battery_operation") == 2;

	for (size_t i = 0; i < SV_LEN(first); i++) {
		if (none)
			r->one[first[i]] = NAN;
		if (none || !(r->one[METRIC_BATTERY2_VOLTAGE] > 0))
			r->one[second[i]] = NAN;
	}
	if (!isnan(r->one[METRIC_BATTERY2_POWER]))
		r->one[METRIC_BATTERY_POWER] += r->one[METRIC_BATTERY2_POWER];
}

/* The wire's sign depends on what hangs on the port: positive is out of a generator, and into a
 * load or out of which a micro-inverter's is taken. */
static void read_gen(const struct deye_image *im, struct reading *r)
{
	double mode = deye_setting(im, "gen_port_mode");
	double *many = &r->many[reading_at(METRIC_GEN_POWERS)];

	if (isnan(mode) || mode == 0)
		return;
	r->one[METRIC_GEN_POWER] = 0 - r->one[METRIC_GEN_POWER];
	for (unsigned i = 0; i < r->n[METRIC_GEN_POWERS]; i++)
		many[i] = 0 - many[i];
}

/* In the words of metrics.def; a state whose meaning is not known is none. */
static void read_state(const struct deye_image *im, struct reading *r)
{
	double *state = &r->one[METRIC_RUN_STATE];

	if (!im->model->run_states || isnan(*state))
		return;
	*state = *state < DEYE_RUN__KNOWN && im->model->run_states[(int)*state] >= 0
			 ? im->model->run_states[(int)*state]
			 : NAN;
}

void deye_read(const struct deye_image *im, const struct deye_unit *u, struct reading *r)
{
	r->kind = READING_INVERTER;
	read_room(im, u, r);
	read_rows(im, u, r);
	read_state(im, r);
	read_names(im, r);
	read_pv(r);
	read_battery(im, r);
	read_gen(im, r);
	if (im->model == &deye_models[DEYE_STRING])
		read_meter(u, r);
	else if (im->model != &deye_models[DEYE_MICRO])
		read_house(im, u, r);
	r->one[METRIC_CLOCK_DRIFT_S] = u->drift_s;
	r->total_step_wh = DEYE_STEP_WH * deye_scale(u, DEYE_TRAP_TOTAL);
}
