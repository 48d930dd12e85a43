#include "history.h"

#include "util.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

const struct history_tier_info history_tiers[HISTORY_TIER__MAX] = {
	[HISTORY_10S] = { "10s", HISTORY_ROW_S },
	[HISTORY_1MIN] = { "1min", 60 },
	[HISTORY_15MIN] = { "15min", 900 },
	[HISTORY_DAY] = { "day", 86400 },
};

static const struct history_column battery_columns[] = {
	{ METRIC_VOLTAGE, "voltage_mv", 1000, true },
	{ METRIC_CURRENT, "current_ma", 1000, true },
	{ METRIC_POWER, "power_mw", 1000, true },
	{ METRIC_SOC, "soc", 1, true },
	{ METRIC_BALANCE_CURRENT, "balance_ma", 1000, true },
	{ METRIC_MOS_TEMPERATURE, "mos_dc", 10, true },
	{ METRIC_CELL_MIN, "cell_min_mv", 1000, true },
	{ METRIC_CELL_MAX, "cell_max_mv", 1000, true },
	{ METRIC_CELL_DELTA, "cell_delta_mv", 1000, true },
	{ METRIC_SOH, "soh", 1, false },
	{ METRIC_REMAINING_AH, "remaining_mah", 1000, false },
	{ METRIC_NOMINAL_AH, "nominal_mah", 1000, false },
	{ METRIC_CYCLE_COUNT, "cycles", 1, false },
};
static const struct history_flag battery_flags[] = { { METRIC_CHARGE_FET, 1, 1 },
						     { METRIC_DISCHARGE_FET, 1, 2 },
						     { METRIC_PRECHARGE_FET, 1, 4 },
						     { METRIC_HEATING, 1, 8 },
						     { METRIC_BALANCING, 1, 16 } };
static const struct history_bits battery_bits[] = { { "errors",
						      offsetof(struct reading, errors) } };
static const struct history_many battery_many[] = {
	{ METRIC_TEMPERATURES, "temperatures_dc", 10 },
	{ METRIC_CELL_VOLTAGES, "cells_mv", 1000 },
};
static const struct history_sum battery_sums[] = {
	{ "charge_mwh", "charge_wh", 1000 },
	{ "discharge_mwh", "discharge_wh", 1000 },
};

static const struct history_column inverter_columns[] = {
	{ METRIC_PV_POWER, "pv_w", 1, true },
	{ METRIC_GRID_POWER, "grid_w", 1, true },
	{ METRIC_LOAD_POWER, "load_w", 1, true },
	{ METRIC_BATTERY_POWER, "battery_w", 1, true },
	{ METRIC_GEN_POWER, "gen_w", 1, true },
	{ METRIC_INVERTER_POWER, "inverter_w", 1, true },
	{ METRIC_BACKUP_POWER, "backup_w", 1, true },
	{ METRIC_BATTERY_VOLTAGE, "battery_mv", 1000, true },
	{ METRIC_BATTERY_CURRENT, "battery_ma", 1000, true },
	{ METRIC_BATTERY_SOC, "battery_soc", 1, true },
	{ METRIC_BATTERY_TEMPERATURE, "battery_dc", 10, true },
	{ METRIC_GRID_FREQUENCY, "grid_chz", 100, true },
	{ METRIC_DC_TEMPERATURE, "dc_dc", 10, true },
	{ METRIC_AC_TEMPERATURE, "ac_dc", 10, true },
	{ METRIC_RUN_STATE, "run_state", 1, false },
};
static const struct history_flag inverter_flags[] = { { METRIC_GRID_RELAY, 1, 1 },
						      { METRIC_GEN_RELAY, 1, 2 } };
static const struct history_bits inverter_bits[] = {
	{ "faults", offsetof(struct reading, faults) },
	{ "warnings", offsetof(struct reading, warnings) },
};
static const struct history_many inverter_many[] = {
	{ METRIC_PV_POWERS, "pv_strings_w", 1 },    { METRIC_PV_VOLTAGES, "pv_strings_dv", 10 },
	{ METRIC_GRID_POWERS, "grid_phases_w", 1 }, { METRIC_GRID_VOLTAGES, "grid_phases_dv", 10 },
	{ METRIC_LOAD_POWERS, "load_phases_w", 1 },
};

static const struct history_column plug_columns[] = {
	{ METRIC_POWER, "power_mw", 1000, true },
	{ METRIC_VOLTAGE, "voltage_mv", 1000, true },
	{ METRIC_CURRENT, "current_ma", 1000, true },
	{ METRIC_RSSI, "rssi", 1, true },
	{ METRIC_ENERGY_TODAY_WH, "energy_today_wh", 1, false },
};
static const struct history_flag plug_flags[] = { { METRIC_ON, 1, 1 },
						  { METRIC_OVERHEAT, 1, 2 },
						  { METRIC_OVERLOAD, 1, 4 } };
static const struct history_sum plug_sums[] = {
	{ "energy_mwh", "energy_wh", 1000 },
	{ "on_s", "on_s", 1 },
};

static const struct history_column bank_columns[] = {
	{ METRIC_VOLTAGE, "voltage_mv", 1000, true },
	{ METRIC_CURRENT, "current_ma", 1000, true },
	{ METRIC_POWER, "power_mw", 1000, true },
	{ METRIC_SOC, "soc_dp", 10, true },
	{ METRIC_CELL_MIN, "cell_min_mv", 1000, true },
	{ METRIC_CELL_MAX, "cell_max_mv", 1000, true },
	{ METRIC_CELL_DELTA, "cell_delta_mv", 1000, true },
	{ METRIC_REMAINING_AH, "remaining_mah", 1000, false },
	{ METRIC_NOMINAL_AH, "nominal_mah", 1000, false },
};

static const struct history_column house_columns[] = {
	{ METRIC_PV_POWER, "pv_w", 1, true },	  { METRIC_LOAD_POWER, "load_w", 1, true },
	{ METRIC_GRID_POWER, "grid_w", 1, true }, { METRIC_BATTERY_POWER, "battery_w", 1, true },
	{ METRIC_GEN_POWER, "gen_w", 1, true },	  { METRIC_BATTERY_SOC, "battery_soc", 1, true },
};
static const struct history_flag house_flags[] = { { METRIC_GRID_PRESENT, 1, 1 },
						   { METRIC_GRID_PRESENT, 0, 2 } };
/* the first seven are an inverter's too */
static const struct history_sum house_sums[] = {
	{ "pv_mwh", "pv_wh", 1000 },
	{ "load_mwh", "load_wh", 1000 },
	{ "import_mwh", "import_wh", 1000 },
	{ "export_mwh", "export_wh", 1000 },
	{ "charge_mwh", "charge_wh", 1000 },
	{ "discharge_mwh", "discharge_wh", 1000 },
	{ "gen_mwh", "gen_wh", 1000 },
	{ "pv_load_mwh", "pv_load_wh", 1000 },
	{ "pv_battery_mwh", "pv_battery_wh", 1000 },
	{ "pv_grid_mwh", "pv_grid_wh", 1000 },
	{ "grid_load_mwh", "grid_load_wh", 1000 },
	{ "grid_battery_mwh", "grid_battery_wh", 1000 },
	{ "battery_load_mwh", "battery_load_wh", 1000 },
	{ "battery_grid_mwh", "battery_grid_wh", 1000 },
	{ "gen_load_mwh", "gen_load_wh", 1000 },
	{ "grid_away_s", "grid_away_s", 1 },
};
#define INVERTER_SUMS 7

#define COLUMNS(k) .columns = k##_columns, .n_columns = SV_LEN(k##_columns)
#define FLAGS(k)   .flags = k##_flags, .n_flags = SV_LEN(k##_flags)
#define BITS(k)	   .bits = k##_bits, .n_bits = SV_LEN(k##_bits)
#define MANY(k)	   .many = k##_many, .n_many = SV_LEN(k##_many)
#define SUMS(k)	   .sums = k##_sums, .n_sums = SV_LEN(k##_sums)

const struct history_kind history_kinds[READING_KIND__MAX] = {
	[READING_BATTERY] = { .name = "battery",
			      .arrays = "cells",
			      COLUMNS(battery),
			      FLAGS(battery),
			      BITS(battery),
			      MANY(battery),
			      SUMS(battery) },
	[READING_INVERTER] = { .name = "inverter",
			       .arrays = "phases",
			       COLUMNS(inverter),
			       FLAGS(inverter),
			       BITS(inverter),
			       MANY(inverter),
			       .sums = house_sums,
			       .n_sums = INVERTER_SUMS },
	[READING_PLUG] = { .name = "plug", COLUMNS(plug), FLAGS(plug), SUMS(plug) },
	[READING_BANK] = { .name = "bank", COLUMNS(bank), SUMS(battery), .whole = true },
	[READING_HOUSE] = { .name = "house",
			    COLUMNS(house),
			    FLAGS(house),
			    SUMS(house),
			    .whole = true },
};
_Static_assert(SV_LEN(inverter_columns) <= HISTORY_COLUMNS_MAX, "room for all");
_Static_assert(SV_LEN(inverter_bits) <= HISTORY_BITS_MAX, "room for all");
_Static_assert(SV_LEN(inverter_many) <= HISTORY_MANY_MAX, "room for all");
_Static_assert(SV_LEN(house_sums) <= HISTORY_SUMS_MAX, "room for all");

void history_table(char ret[HISTORY_NAME_MAX], enum reading_kind k, enum history_tier t)
{
	snprintf(ret, HISTORY_NAME_MAX, "%s_%s", history_kinds[k].name, history_tiers[t].name);
}

void history_arrays(char ret[HISTORY_NAME_MAX], enum reading_kind k, enum history_tier t)
{
	snprintf(ret, HISTORY_NAME_MAX, "%s_%s_%s", history_kinds[k].name, history_kinds[k].arrays,
		 history_tiers[t].name);
}

void history_sql(char *ret, size_t room, const char *sql, const char *table)
{
	size_t n = 0;

	for (; *sql; sql++) {
		n += *sql == '@' ? (size_t)snprintf(ret + n, room - n, "%s", table)
				 : (size_t)snprintf(ret + n, room - n, "%c", *sql);
		assert(n < room);
	}
}

unsigned history_array(const char *s, double ret[HISTORY_ARRAY_MAX])
{
	unsigned n = 0;

	if (!s || *s++ != '[')
		return 0;
	while (*s && *s != ']' && n < HISTORY_ARRAY_MAX) {
		bool minus = *s == '-';
		int64_t v = 0;

		s += minus;
		ret[n] = *s >= '0' && *s <= '9' ? 0 : NAN;
		for (; *s >= '0' && *s <= '9' && v < INT32_MAX; s++)
			v = v * 10 + (*s - '0');
		ret[n++] += (double)(minus ? -v : v);
		while (*s && *s != ',' && *s != ']')
			s++;
		s += *s == ',';
	}
	return n;
}

const struct history_column *history_column(enum reading_kind k, enum metric m)
{
	for (unsigned i = 0; i < history_kinds[k].n_columns; i++)
		if (history_kinds[k].columns[i].metric == m)
			return &history_kinds[k].columns[i];
	return NULL;
}

const struct history_many *history_many(enum reading_kind k, enum metric m)
{
	for (unsigned i = 0; i < history_kinds[k].n_many; i++)
		if (history_kinds[k].many[i].metric == m)
			return &history_kinds[k].many[i];
	return NULL;
}
