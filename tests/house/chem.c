/*
 * Cell chemistries: rest voltage by state of charge, and the limits an owner sets for them.
 * The curves are typical ones from data sheets of prismatic LFP and NMC cells, rounded.
 */
#include "model.h"

#define COMMON_LIMITS                                                                              \
	.balance_max_a = 1.0, .charge_a = 100, .discharge_a = 120, .charge_oc_delay_s = 30,        \
	.charge_oc_clear_s = 60, .discharge_oc_delay_s = 60, .discharge_oc_clear_s = 60,           \
	.short_clear_s = 60, .short_delay_us = 1500, .charge_ot_c = 60, .charge_ot_clear_c = 55,   \
	.discharge_ot_c = 65, .discharge_ot_clear_c = 60, .charge_ut_c = 0,                        \
	.charge_ut_clear_c = 4, .mos_ot_c = 90, .mos_ot_clear_c = 70

const struct model_chem model_chemistries[MODEL_CHEMISTRY__MAX] = {
	[MODEL_LFP] = {
		.name = "LFP",
		.battery_type = 0,
		.n_points = 19,
		.ocv = { { -0.05, 1.50 }, { 0.00, 2.60 }, { 0.01, 2.80 }, { 0.03, 2.98 },
			 { 0.05, 3.06 },  { 0.10, 3.18 }, { 0.20, 3.235 }, { 0.30, 3.265 },
			 { 0.40, 3.285 }, { 0.50, 3.294 }, { 0.60, 3.304 }, { 0.70, 3.324 },
			 { 0.80, 3.331 }, { 0.90, 3.336 }, { 0.95, 3.345 }, { 0.98, 3.37 },
			 { 0.99, 3.42 },  { 1.00, 3.55 },  { 1.02, 4.00 } },
		.limits = { .cell_uvp_v = 2.60, .cell_uvp_clear_v = 2.90,
			    .cell_ovp_v = 3.65, .cell_ovp_clear_v = 3.45,
			    .balance_trigger_v = 0.005, .balance_start_v = 3.40,
			    .soc100_v = 3.445, .soc0_v = 2.70, .charge_v = 3.45, .float_v = 3.375,
			    .power_off_v = 2.50, .sleep_v = 3.50, COMMON_LIMITS },
	},
	[MODEL_NMC] = {
		.name = "NMC",
		.battery_type = 1,
		.n_points = 15,
		.ocv = { { -0.05, 2.00 }, { 0.00, 3.00 }, { 0.02, 3.20 }, { 0.05, 3.35 },
			 { 0.10, 3.45 },  { 0.20, 3.55 }, { 0.30, 3.60 }, { 0.40, 3.645 },
			 { 0.50, 3.70 },  { 0.60, 3.78 }, { 0.70, 3.88 }, { 0.80, 3.98 },
			 { 0.90, 4.08 },  { 1.00, 4.20 }, { 1.05, 4.50 } },
		.limits = { .cell_uvp_v = 2.90, .cell_uvp_clear_v = 3.20,
			    .cell_ovp_v = 4.20, .cell_ovp_clear_v = 4.08,
			    .balance_trigger_v = 0.005, .balance_start_v = 3.90,
			    .soc100_v = 4.11, .soc0_v = 3.10, .charge_v = 4.12, .float_v = 4.05,
			    .power_off_v = 2.80, .sleep_v = 3.50, COMMON_LIMITS },
	},
};

static double between(double x, double x0, double y0, double x1, double y1)
{
	return y0 + (x - x0) * (y1 - y0) / (x1 - x0);
}

/* Beyond both ends the last slope goes on, so that abuse still gives a voltage. */
double model_ocv(const struct model_chem *chem, double soc)
{
	const struct model_point *p = chem->ocv;
	size_t i = 1;

	while (i < chem->n_points - 1 && soc > p[i].soc)
		i++;
	return between(soc, p[i - 1].soc, p[i - 1].volts, p[i].soc, p[i].volts);
}
