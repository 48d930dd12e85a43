/*
 * String inverters and micro-inverters: panels at the one end, the grid at the other.
 */
#include "inv.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
#define PANELS(n, volts, amps) \
	INV_ROW(volts, INV_PV_V + (n), INV_U16, 0.1), INV_ROW(amps, INV_PV_A + (n), INV_U16, 0.1)
#define COMMON \
	INV_ROW(59, INV_STATE, INV_U16, 1), \
	INV_ROW(60, INV_DAY + INV_C_PV, INV_U16, 100), \
	INV_ROW(62, INV_UPTIME_MIN, INV_U16, 1), \
	INV_ROW(63, INV_TOTAL + INV_C_PV, INV_W32, 100), \
	INV_ROW(79, INV_GRID_HZ, INV_U16, 0.01), \
	INV_ROW(80, INV_AC_SUM_W, INV_W32, 0.1), \
	INV_ROW(86, INV_AC_SUM_W, INV_W32, 0.1), \
	INV_ROW(101, INV_WARNING, INV_W32, 1), \
	PANELS(0, 109, 110), PANELS(1, 111, 112), PANELS(2, 113, 114), PANELS(3, 115, 116)

static const struct inv_row string_rows[] = {
	COMMON,
	INV_ROW(70, INV_LINE_V, INV_U16, 0.1),
	INV_ROW(71, INV_LINE_V + 1, INV_U16, 0.1),
	INV_ROW(72, INV_LINE_V + 2, INV_U16, 0.1),
	INV_ROW(73, INV_GRID_V, INV_U16, 0.1),
	INV_ROW(74, INV_GRID_V + 1, INV_U16, 0.1),
	INV_ROW(75, INV_GRID_V + 2, INV_U16, 0.1),
	INV_ROW(76, INV_AC_A, INV_S16, 0.1),
	INV_ROW(77, INV_AC_A + 1, INV_S16, 0.1),
	INV_ROW(78, INV_AC_A + 2, INV_S16, 0.1),
	INV_ROW(82, INV_PV_SUM_W, INV_W32, 0.1),
	INV_ROW(84, INV_AC_SUM_VA, INV_W32, 0.1),
	INV_ROW(88, INV_AC_SUM_VAR, INV_W32, 0.1),
	INV_ROW_C(90, INV_DC_C, 0.1),
	/* with a meter at the house's mains; else all is 0 */
	INV_ROW(198, INV_LOAD_SUM_W, INV_W32, 1),
	INV_ROW(200, INV_DAY + INV_C_LOAD, INV_U16, 10),
	INV_ROW(201, INV_TOTAL + INV_C_LOAD, INV_W32, 100),
	INV_ROW(203, INV_CT_SUM_W, INV_W32, 1),
	INV_ROW(205, INV_DAY + INV_C_EXPORT, INV_U16, 10),
	INV_ROW(206, INV_TOTAL + INV_C_EXPORT, INV_W32, 100),
	INV_ROW(208, INV_DAY + INV_C_IMPORT, INV_U16, 10),
	INV_ROW(209, INV_TOTAL + INV_C_IMPORT, INV_W32, 100),
};

static const struct inv_row micro_rows[] = {
	COMMON,
	INV_ROW(65, INV_INPUT_DAY, INV_U16, 100),
	INV_ROW(66, INV_INPUT_DAY + 1, INV_U16, 100),
	INV_ROW(67, INV_INPUT_DAY + 2, INV_U16, 100),
	INV_ROW(68, INV_INPUT_DAY + 3, INV_U16, 100),
	INV_ROW(69, INV_INPUT_TOTAL, INV_W32, 100),
	INV_ROW(71, INV_INPUT_TOTAL + 1, INV_W32, 100),
	INV_ROW(73, INV_GRID_V, INV_U16, 0.1),
	INV_ROW(74, INV_INPUT_TOTAL + 2, INV_W32, 100),
	INV_ROW(76, INV_AC_A, INV_S16, 0.1),
	INV_ROW(77, INV_INPUT_TOTAL + 3, INV_W32, 100),
	INV_ROW_C(90, INV_DC_C, 0.01),
};

static const struct inv_setting string_settings[] = {
	{ 21, 60, 0 }, { 22, 0, 0 }, { 23, 0, 0 }, { 24, 0, 0 }, { 40, 100, 0 }, { 43, 1, 0 },
};

/* As a SUN-M80G3 answered. */
static const struct inv_setting micro_settings[] = {
	{ 21, 60, 0 }, { 22, 0, 0 }, { 23, 0, 0 }, { 24, 0, 0 }, { 27, 2750, 0 },
	{ 28, 1800, 0 }, { 29, 5200, 0 }, { 30, 4750, 0 }, { 34, 5020, 0 }, { 35, 44, 0 },
	{ 39, 2000, 0 }, { 40, 100, 0 }, { 43, 1, 0 }, { 46, 1, 0 }, { 47, 1, 0 }, { 48, 0, 0 },
	{ 49, 1, 0 }, { 50, 0, 0 },
};

#define PLACES \
	{ .phase = 8, .firmware = 11, .n_firmware = 3, .rated = 16, .mppt = 18, .clock = 22, \
	  .fault = 103 }
/* clang-format on */

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
