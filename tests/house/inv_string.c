/*
 * String inverters and micro-inverters: panels at the one end, the grid at the other.
 */
#include "inv.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define PV(n, v_reg, a_reg)                                                                        \
	{ v_reg, INV_PV_V + (n), INV_U16, 0.1, 0, 0, 0 },                                          \
	{                                                                                          \
		a_reg, INV_PV_A + (n), INV_U16, 0.1, 0, 0, 0                                       \
	}
#define COMMON                                                                                     \
	{ 59, INV_STATE, INV_U16, 1, 0, 0, 0 }, { 60, INV_DAY + INV_C_PV, INV_U16, 100, 0, 0, 0 }, \
		{ 62, INV_UPTIME_MIN, INV_U16, 1, 0, 0, 0 },                                       \
		{ 63, INV_TOTAL + INV_C_PV, INV_W32, 100, 0, 0, 0 },                               \
		{ 79, INV_GRID_HZ, INV_U16, 0.01, 0, 0, 0 },                                       \
		{ 86, INV_AC_SUM_W, INV_W32, 0.1, 0, 0, 0 },                                       \
		{ 101, INV_WARNING, INV_W32, 1, 0, 0, 0 }, PV(0, 109, 110), PV(1, 111, 112),       \
		PV(2, 113, 114), PV(3, 115, 116)

static const struct inv_row string_rows[] = {
	/* clang-format off */
	COMMON,
	{ 70, INV_LINE_V, INV_U16, 0.1, 0, 0, 0 },
	{ 71, INV_LINE_V + 1, INV_U16, 0.1, 0, 0, 0 },
	{ 72, INV_LINE_V + 2, INV_U16, 0.1, 0, 0, 0 },
	{ 73, INV_GRID_V, INV_U16, 0.1, 0, 0, 0 },
	{ 74, INV_GRID_V + 1, INV_U16, 0.1, 0, 0, 0 },
	{ 75, INV_GRID_V + 2, INV_U16, 0.1, 0, 0, 0 },
	{ 76, INV_AC_A, INV_S16, 0.1, 0, 0, 0 },
	{ 77, INV_AC_A + 1, INV_S16, 0.1, 0, 0, 0 },
	{ 78, INV_AC_A + 2, INV_S16, 0.1, 0, 0, 0 },
	{ 80, INV_AC_SUM_W, INV_W32, 0.1, 0, 0, 0 },
	{ 82, INV_PV_SUM_W, INV_W32, 0.1, 0, 0, 0 },
	{ 84, INV_AC_SUM_VA, INV_W32, 0.1, 0, 0, 0 },
	{ 88, INV_AC_SUM_VAR, INV_W32, 0.1, 0, 0, 0 },
	{ 90, INV_DC_C, INV_U16, 0.1, 1000, 0, 0 },
	/* with a meter at the house's mains; else all is 0 */
	{ 198, INV_LOAD_SUM_W, INV_W32, 1, 0, 0, 0 },
	{ 200, INV_DAY + INV_C_LOAD, INV_U16, 10, 0, 0, 0 },
	{ 201, INV_TOTAL + INV_C_LOAD, INV_W32, 100, 0, 0, 0 },
	{ 203, INV_CT_SUM_W, INV_W32, 1, 0, 0, 0 },
	{ 205, INV_DAY + INV_C_EXPORT, INV_U16, 10, 0, 0, 0 },
	{ 206, INV_TOTAL + INV_C_EXPORT, INV_W32, 100, 0, 0, 0 },
	{ 208, INV_DAY + INV_C_IMPORT, INV_U16, 10, 0, 0, 0 },
	{ 209, INV_TOTAL + INV_C_IMPORT, INV_W32, 100, 0, 0, 0 },
	/* clang-format on */
};

static const struct inv_row micro_rows[] = {
	/* clang-format off */
	COMMON,
	{ 65, INV_INPUT_DAY, INV_U16, 100, 0, 0, 0 },
	{ 66, INV_INPUT_DAY + 1, INV_U16, 100, 0, 0, 0 },
	{ 67, INV_INPUT_DAY + 2, INV_U16, 100, 0, 0, 0 },
	{ 68, INV_INPUT_DAY + 3, INV_U16, 100, 0, 0, 0 },
	{ 69, INV_INPUT_TOTAL, INV_W32, 100, 0, 0, 0 },
	{ 71, INV_INPUT_TOTAL + 1, INV_W32, 100, 0, 0, 0 },
	{ 73, INV_GRID_V, INV_U16, 0.1, 0, 0, 0 },
	{ 74, INV_INPUT_TOTAL + 2, INV_W32, 100, 0, 0, 0 },
	{ 76, INV_AC_A, INV_S16, 0.1, 0, 0, 0 },
	{ 77, INV_INPUT_TOTAL + 3, INV_W32, 100, 0, 0, 0 },
	{ 80, INV_AC_SUM_W, INV_W32, 0.1, 0, 0, 0 },
	{ 90, INV_DC_C, INV_U16, 0.01, 1000, 0, 0 },
	/* clang-format on */
};

static const struct inv_setting string_settings[] = {
	{ 21, 60 }, { 22, 0 }, { 23, 0 }, { 24, 0 }, { 40, 100 }, { 43, 1 },
};

/* As a SUN-M80G3 answered. */
static const struct inv_setting micro_settings[] = {
	/* clang-format off */
	{ 21, 60 }, { 22, 0 }, { 23, 0 }, { 24, 0 }, { 27, 2750 }, { 28, 1800 }, { 29, 5200 },
	{ 30, 4750 }, { 34, 5020 }, { 35, 44 }, { 39, 2000 }, { 40, 100 }, { 43, 1 }, { 46, 1 },
	{ 47, 1 }, { 48, 0 }, { 49, 1 }, { 50, 0 },
	/* clang-format on */
};

#define PLACES                                                                                     \
	{                                                                                          \
		.phase = 8, .firmware = 11, .n_firmware = 3, .rated = 16, .mppt = 18, .clock = 22, \
		.fault = 103,                                                                      \
	}

const struct inv_family inv_string = {
	.name = "string",
	.model = { "SUN-", "K-G" },
	.name_w = 1000,
	.codes = { 0x0002, 0x0200 },
	.n_turns = 2,
	.rated_w = 5000,
	.rated_min_w = 1000,
	.rated_max_w = 110000,
	.phases = 3,
	.string_v = 360,
	.rows = string_rows,
	.n_rows = COUNT(string_rows),
	.settings = string_settings,
	.n_settings = COUNT(string_settings),
	.served = { 0, 250 },
	.cloud = { { 3, 112 }, { 198, 13 } },
	.at = PLACES,
};

const struct inv_family inv_micro = {
	.name = "micro",
	.model = { "SUN-M", "G3" },
	.name_w = 10,
	.codes = { 0x0004, 0x0400 },
	.n_turns = 2,
	.rated_w = 800,
	.rated_min_w = 300,
	.rated_max_w = 4000,
	.phases = 1,
	.string_v = 41,
	.rows = micro_rows,
	.n_rows = COUNT(micro_rows),
	.settings = micro_settings,
	.n_settings = COUNT(micro_settings),
	.served = { 0, 250 },
	.cloud = { { 1, 125 }, { 1, 125 } },
	.at = PLACES,
};
