/*
 * Three-phase hybrids: with a low-voltage battery (SUN-5K to 20K-SG04LP3, SG05LP3), and with a
 * high-voltage one (SG01HP3), whose registers stand at the same places in other scales.
 */
#include "inv.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Three phases and their sum, with the high words that much higher. */
#define POWERS(reg, value, hi)                                                                     \
	{ reg, value, INV_SPLIT, 1, 0, hi, 0 },                                                    \
		{ reg + 1, value + 1, INV_SPLIT, 1, 0, hi + 1, 0 },                                \
		{ reg + 2, value + 2, INV_SPLIT, 1, 0, hi + 2, 0 },                                \
	{                                                                                          \
		reg + 3, value + 3, INV_SPLIT, 1, 0, hi + 3, 0                                     \
	}
#define THREE(reg, value, width, scale)                                                            \
	{ reg, value, width, scale, 0, 0, 0 }, { reg + 1, value + 1, width, scale, 0, 0, 0 },      \
	{                                                                                          \
		reg + 2, value + 2, width, scale, 0, 0, 0                                          \
	}
#define PV(n, w_reg, v_reg, a_reg, watt)                                                           \
	{ w_reg, INV_PV_W + (n), INV_U16, watt, 0, 0, 0 },                                         \
		{ v_reg, INV_PV_V + (n), INV_U16, 0.1, 0, 0, 0 },                                  \
	{                                                                                          \
		a_reg, INV_PV_A + (n), INV_U16, 0.1, 0, 0, 0                                       \
	}

/* volt: scale of battery voltages, watt: of battery and PV powers, ampere: of the BMS's current */
#define ROWS(volt, watt, ampere)                                                                   \
	{ 210, INV_BMS_CHARGE_V, INV_U16, volt, 0, 0, 0 },                                         \
		{ 211, INV_BMS_EMPTY_V, INV_U16, volt, 0, 0, 0 },                                  \
		{ 212, INV_BMS_CHARGE_A, INV_U16, 1, 0, 0, 0 },                                    \
		{ 213, INV_BMS_DISCHARGE_A, INV_U16, 1, 0, 0, 0 },                                 \
		{ 214, INV_BMS_SOC, INV_U16, 1, 0, 0, 0 },                                         \
		{ 215, INV_BMS_V, INV_U16, volt, 0, 0, 0 },                                        \
		{ 216, INV_BMS_A, INV_S16, ampere, 0, 0, 0 },                                      \
		{ 217, INV_BMS_C, INV_U16, 0.1, 1000, 0, 0 },                                      \
		{ 218, INV_BMS_CHARGE_A, INV_U16, 1, 0, 0, 0 },                                    \
		{ 219, INV_BMS_DISCHARGE_A, INV_U16, 1, 0, 0, 0 },                                 \
		{ 220, INV_BMS_ALARM, INV_U16, 1, 0, 0, 0 },                                       \
		{ 224, INV_BMS_SOH, INV_U16, 1, 0, 0, 0 },                                         \
		{ 226, INV_BAT_AH, INV_U16, 1, 0, 0, 0 }, { 500, INV_STATE, INV_U16, 1, 0, 0, 0 }, \
		{ 502, INV_DAY + INV_C_ACTIVE, INV_S16, 100, 0, 0, 0 },                            \
		{ 506, INV_TOTAL + INV_C_ACTIVE, INV_W32, 100, 0, 0, 0 },                          \
		{ 514, INV_DAY + INV_C_CHARGE, INV_U16, 100, 0, 0, 0 },                            \
		{ 515, INV_DAY + INV_C_DISCHARGE, INV_U16, 100, 0, 0, 0 },                         \
		{ 516, INV_TOTAL + INV_C_CHARGE, INV_W32, 100, 0, 0, 0 },                          \
		{ 518, INV_TOTAL + INV_C_DISCHARGE, INV_W32, 100, 0, 0, 0 },                       \
		{ 520, INV_DAY + INV_C_IMPORT, INV_U16, 100, 0, 0, 0 },                            \
		{ 521, INV_DAY + INV_C_EXPORT, INV_U16, 100, 0, 0, 0 },                            \
		{ 522, INV_TOTAL + INV_C_IMPORT, INV_W32, 100, 0, 0, 0 },                          \
		{ 524, INV_TOTAL + INV_C_EXPORT, INV_W32, 100, 0, 0, 0 },                          \
		{ 526, INV_DAY + INV_C_LOAD, INV_U16, 100, 0, 0, 0 },                              \
		{ 527, INV_TOTAL + INV_C_LOAD, INV_W32, 100, 0, 0, 0 },                            \
		{ 529, INV_DAY + INV_C_PV, INV_U16, 100, 0, 0, 0 },                                \
		{ 534, INV_TOTAL + INV_C_PV, INV_W32, 100, 0, 0, 0 },                              \
		{ 536, INV_DAY + INV_C_GENERATOR, INV_U16, 100, 0, 0, 0 },                         \
		{ 537, INV_TOTAL + INV_C_GENERATOR, INV_W32, 100, 0, 0, 0 },                       \
		{ 540, INV_DC_C, INV_U16, 0.1, 1000, 0, 0 },                                       \
		{ 541, INV_AC_C, INV_U16, 0.1, 1000, 0, 0 },                                       \
		{ 551, INV_RUNS, INV_U16, 1, 0, 0, 0 }, { 552, INV_RELAYS, INV_U16, 1, 0, 0, 0 },  \
		{ 553, INV_WARNING, INV_W32, 1, 0, 0, 0 },                                         \
		{ 586, INV_BAT_C, INV_U16, 0.1, 1000, 0, 0 },                                      \
		{ 587, INV_BAT_V, INV_U16, volt, 0, 0, 0 },                                        \
		{ 588, INV_BAT_SOC, INV_U16, 1, 0, 0, 0 },                                         \
		{ 590, INV_BAT_W, INV_S16, watt, 0, 0, 0 },                                        \
		{ 591, INV_BAT_A, INV_S16, 0.01, 0, 0, 0 },                                        \
		{ 592, INV_BAT_AH, INV_U16, 1, 0, 0, 0 }, THREE(598, INV_GRID_V, INV_U16, 0.1),    \
		POWERS(604, INV_INSIDE_W, 700),                                                    \
		{ 608, INV_INSIDE_SUM_VA, INV_SPLIT, 1, 0, 704, 0 },                               \
		{ 609, INV_GRID_HZ, INV_U16, 0.01, 0, 0, 0 },                                      \
		THREE(610, INV_INSIDE_A, INV_S16, 0.01), THREE(613, INV_CT_A, INV_S16, 0.01),      \
		POWERS(616, INV_CT_W, 705), { 621, INV_POWER_FACTOR, INV_U16, 0.1, 0, 0, 0 },      \
		POWERS(622, INV_METER_W, 687), THREE(627, INV_OUT_V, INV_U16, 0.1),                \
		THREE(630, INV_OUT_A, INV_S16, 0.01), POWERS(633, INV_OUT_W, 691),                 \
		{ 638, INV_OUT_HZ, INV_U16, 0.01, 0, 0, 0 }, POWERS(640, INV_BACKUP_W, 696),       \
		THREE(644, INV_OUT_V, INV_U16, 0.1), POWERS(650, INV_LOAD_W, 656),                 \
		{ 655, INV_OUT_HZ, INV_U16, 0.01, 0, 0, 0 }, PV(0, 672, 676, 677, watt),           \
		PV(1, 673, 678, 679, watt), PV(2, 674, 680, 681, watt), PV(3, 675, 682, 683, watt)

static const struct inv_row lv_rows[] = {
	/* clang-format off */
	ROWS(0.01, 1, 1),
	/* clang-format on */
};

static const struct inv_row hv_rows[] = {
	/* clang-format off */
	ROWS(0.1, 10, 0.1),
	PV(4, 727, 719, 723, 10), PV(5, 728, 720, 724, 10),
	PV(6, 729, 721, 725, 10), PV(7, 730, 722, 726, 10),
	/* clang-format on */
};

#define SLOT(n, time, watts, volts, soc, charge)                                                   \
	{ 147 + (n), time }, { 153 + (n), watts }, { 159 + (n), volts }, { 165 + (n), soc },       \
	{                                                                                          \
		171 + (n), charge                                                                  \
	}

/* volts(x): a battery voltage of 16 cells x in the family's own; watts(x) likewise */
#define SETTINGS(volts, watts)                                                                     \
	{ 61, 60 }, { 62, 0 }, { 63, 0 }, { 64, 0 }, { 80, 1 }, { 98, 1 }, { 99, volts(56.4) },    \
		{ 100, volts(56) }, { 101, volts(54) }, { 102, 0 }, { 103, volts(46) },            \
		{ 104, watts(20) }, { 105, 90 }, { 106, 0 }, { 107, 0 }, { 108, 240 },             \
		{ 109, 240 }, { 110, 0 }, { 111, 1 }, { 112, 0 }, { 113, 25 }, { 114, 990 },       \
		{ 115, 10 }, { 116, 30 }, { 117, 20 }, { 118, volts(46) }, { 119, volts(52) },     \
		{ 120, volts(48) }, { 121, 0 }, { 122, 0 }, { 123, volts(49) }, { 124, 30 },       \
		{ 125, 40 }, { 126, volts(49) }, { 127, 30 }, { 128, 60 }, { 129, 0 }, { 130, 0 }, \
		{ 132, 0 }, { 133, 0 }, { 134, volts(51) }, { 135, 95 }, { 136, volts(54) },       \
		{ 137, 100 }, { 138, 1 }, { 139, 500 }, { 140, 1 }, { 141, 1 }, { 142, 0 },        \
		{ 143, 0 }, { 145, 0 }, { 146, 255 }, SLOT(1, 100, watts(9000), volts(49), 25, 0), \
		SLOT(2, 500, watts(9000), volts(49), 25, 0),                                       \
		SLOT(3, 900, watts(9000), volts(49), 50, 0),                                       \
		SLOT(4, 1300, watts(9000), volts(49), 50, 0),                                      \
		SLOT(5, 1700, watts(9000), volts(49), 25, 0),                                      \
		SLOT(6, 2100, watts(9000), volts(49), 25, 1), { 178, 0x2AAA }, { 179, 0xFFFF },    \
		{ 180, 60 }, { 183, 0 }, { 185, 2650 }, { 186, 1850 }, { 187, 5150 },              \
		{ 188, 4750 }, { 189, 0 }, { 190, watts(8000) }, { 191, watts(8000) }, { 223, 0 }, \
		{ 229, 0 }, { 230, 0xFFFF }, { 231, 2000 }, { 233, 2000 }, { 234, 0 }, { 237, 0 }, \
		{ 340, 0 },                                                                        \
	{                                                                                          \
		341, 0                                                                             \
	}

/* The second battery's block: not there. */
#define NO_BATTERY_2                                                                               \
	{ 241, 0xFFFF }, { 242, 0xFFFF }, { 243, 0xFFFF }, { 244, 0xFFFF }, { 245, 0xFFFF },       \
		{ 246, 0xFFFF }, { 247, 0xFFFF }, { 248, 0xFFFF }, { 249, 0xFFFF },                \
		{ 250, 0xFFFF }, { 251, 0xFFFF }, { 252, 0xFFFF }, { 253, 0xFFFF },                \
		{ 254, 0xFFFF }, { 255, 0xFFFF }, { 256, 0xFFFF }, { 257, 0xFFFF },                \
	{                                                                                          \
		258, 0xFFFF                                                                        \
	}

#define HV_STACK    8
#define LV_VOLTS(x) (uint16_t)((x)*100)
#define LV_WATTS(x) (x)
#define HV_VOLTS(x) (uint16_t)((x)*HV_STACK * 10)
#define HV_WATTS(x) ((x) / 10)

static const struct inv_setting lv_settings[] = {
	/* clang-format off */
	SETTINGS(LV_VOLTS, LV_WATTS), NO_BATTERY_2,
	/* clang-format on */
};

static const struct inv_setting hv_settings[] = {
	/* clang-format off */
	SETTINGS(HV_VOLTS, HV_WATTS), NO_BATTERY_2,
	/* clang-format on */
};

#define PLACES                                                                                     \
	{                                                                                          \
		.firmware = 10, .n_firmware = 9, .rated = 20, .mppt = 22, .clock = 62,             \
		.fault = 555, .work_mode = 142, .solar_sell = 145, .capacity = 102,                \
		.reconnect = 180, .power_limits = { 143, 340, 0 },                                 \
	}

const struct inv_family inv_hybrid3p_lv = {
	.name = "hybrid3p_lv",
	.model = { "SUN-", "K-SG05LP3" },
	.name_w = 1000,
	.codes = { 0x0005, 0x0500 },
	.n_turns = 2,
	.rated_w = 20000,
	.rated_min_w = 5000,
	.rated_max_w = 30000,
	.phases = 3,
	.string_v = 420,
	.stack = 1,
	.bank_max_w = 16500,
	.rows = lv_rows,
	.n_rows = COUNT(lv_rows),
	.settings = lv_settings,
	.n_settings = COUNT(lv_settings),
	.served = { 0, INV_REGISTERS },
	.cloud = { { 500, 60 }, { 586, 98 } },
	.at = PLACES,
};

const struct inv_family inv_hybrid3p_hv = {
	.name = "hybrid3p_hv",
	.model = { "SUN-", "K-SG01HP3" },
	.name_w = 1000,
	.codes = { 0x0006, 0x0007, 0x0600, 0x0008, 0x0601, 0x0602 },
	.n_turns = 6,
	.rated_w = 20000,
	.rated_min_w = 5000,
	.rated_max_w = 80000,
	.phases = 3,
	.string_v = 620,
	.stack = HV_STACK,
	.bank_max_w = 130000,
	.rows = hv_rows,
	.n_rows = COUNT(hv_rows),
	.settings = hv_settings,
	.n_settings = COUNT(hv_settings),
	.served = { 0, INV_REGISTERS },
	.cloud = { { 500, 60 }, { 586, 98 } },
	.watt = 10,
	.at = PLACES,
};
