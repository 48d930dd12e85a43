/*
 * Three-phase hybrids: with a low-voltage battery (SUN-5K to 20K-SG04LP3, SG05LP3), and with a
 * high-voltage one (SG01HP3), whose registers stand at the same places in other scales.
 */
#include "inv.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define HV_STACK     8

/* clang-format off */
/* The phases; and the phases with their sum, and the high words of all that elsewhere. */
#define THREE(reg, value, width, scale) \
	INV_ROW(reg, value, width, scale), INV_ROW((reg) + 1, (value) + 1, width, scale), \
	INV_ROW((reg) + 2, (value) + 2, width, scale)
#define POWERS(reg, value, hi) \
	INV_ROW_SPLIT(reg, hi, value, 1), INV_ROW_SPLIT((reg) + 1, (hi) + 1, (value) + 1, 1), \
	INV_ROW_SPLIT((reg) + 2, (hi) + 2, (value) + 2, 1), \
	INV_ROW_SPLIT((reg) + 3, (hi) + 3, (value) + 3, 1)
#define PANELS(n, watts, volts, amps) \
	INV_ROW_BY(watts, INV_PV_W + (n), INV_U16, 1, INV_BY_BANK_W), \
	INV_ROW(volts, INV_PV_V + (n), INV_U16, 0.1), INV_ROW(amps, INV_PV_A + (n), INV_U16, 0.1)

static const struct inv_row rows[] = {
	INV_ROW_BY(210, INV_BMS_CHARGE_V, INV_U16, 0.01, INV_BY_BANK_V),
	INV_ROW_BY(211, INV_BMS_EMPTY_V, INV_U16, 0.01, INV_BY_BANK_V),
	INV_ROW(212, INV_BMS_CHARGE_A, INV_U16, 1),
	INV_ROW(213, INV_BMS_DISCHARGE_A, INV_U16, 1),
	INV_ROW(214, INV_BMS_SOC, INV_U16, 1),
	INV_ROW_BY(215, INV_BMS_V, INV_U16, 0.01, INV_BY_BANK_V),
	INV_ROW_BY(216, INV_BMS_A, INV_S16, 1, INV_BY_BMS_A),
	INV_ROW_C(217, INV_BMS_C, 0.1),
	INV_ROW(218, INV_BMS_CHARGE_A, INV_U16, 1),
	INV_ROW(219, INV_BMS_DISCHARGE_A, INV_U16, 1),
	INV_ROW(220, INV_BMS_ALARM, INV_U16, 1),
	INV_ROW(224, INV_BMS_SOH, INV_U16, 1),
	INV_ROW(226, INV_BAT_AH, INV_U16, 1),
	INV_ROW(500, INV_STATE, INV_U16, 1),
	INV_ROW(502, INV_DAY + INV_C_ACTIVE, INV_S16, 100),
	INV_ROW(506, INV_TOTAL + INV_C_ACTIVE, INV_W32, 100),
	INV_ROW(514, INV_DAY + INV_C_CHARGE, INV_U16, 100),
	INV_ROW(515, INV_DAY + INV_C_DISCHARGE, INV_U16, 100),
	INV_ROW(516, INV_TOTAL + INV_C_CHARGE, INV_W32, 100),
	INV_ROW(518, INV_TOTAL + INV_C_DISCHARGE, INV_W32, 100),
	INV_ROW(520, INV_DAY + INV_C_IMPORT, INV_U16, 100),
	INV_ROW(521, INV_DAY + INV_C_EXPORT, INV_U16, 100),
	INV_ROW(522, INV_TOTAL + INV_C_IMPORT, INV_W32, 100),
	INV_ROW(524, INV_TOTAL + INV_C_EXPORT, INV_W32, 100),
	INV_ROW(526, INV_DAY + INV_C_LOAD, INV_U16, 100),
	INV_ROW(527, INV_TOTAL + INV_C_LOAD, INV_W32, 100),
	INV_ROW(529, INV_DAY + INV_C_PV, INV_U16, 100),
	INV_ROW(534, INV_TOTAL + INV_C_PV, INV_W32, 100),
	INV_ROW(536, INV_DAY + INV_C_GENERATOR, INV_U16, 100),
	INV_ROW(537, INV_TOTAL + INV_C_GENERATOR, INV_W32, 100),
	INV_ROW_C(540, INV_DC_C, 0.1),
	INV_ROW_C(541, INV_AC_C, 0.1),
	INV_ROW(551, INV_RUNS, INV_U16, 1),
	INV_ROW(552, INV_RELAYS, INV_U16, 1),
	INV_ROW(553, INV_WARNING, INV_W32, 1),
	INV_ROW_C(586, INV_BAT_C, 0.1),
	INV_ROW_BY(587, INV_BAT_V, INV_U16, 0.01, INV_BY_BANK_V),
	INV_ROW(588, INV_BAT_SOC, INV_U16, 1),
	INV_ROW_BY(590, INV_BAT_W, INV_S16, 1, INV_BY_BANK_W),
	INV_ROW(591, INV_BAT_A, INV_S16, 0.01),
	INV_ROW(592, INV_BAT_AH, INV_U16, 1),
	THREE(598, INV_GRID_V, INV_U16, 0.1),
	POWERS(604, INV_INSIDE_W, 700),
	INV_ROW_SPLIT(608, 704, INV_INSIDE_SUM_VA, 1),
	INV_ROW(609, INV_GRID_HZ, INV_U16, 0.01),
	THREE(610, INV_INSIDE_A, INV_S16, 0.01),
	THREE(613, INV_CT_A, INV_S16, 0.01),
	POWERS(616, INV_CT_W, 705),
	INV_ROW(621, INV_POWER_FACTOR, INV_U16, 0.1),
	POWERS(622, INV_METER_W, 687),
	THREE(627, INV_OUT_V, INV_U16, 0.1),
	THREE(630, INV_OUT_A, INV_S16, 0.01),
	POWERS(633, INV_OUT_W, 691),
	INV_ROW(638, INV_OUT_HZ, INV_U16, 0.01),
	POWERS(640, INV_BACKUP_W, 696),
	THREE(644, INV_OUT_V, INV_U16, 0.1),
	POWERS(650, INV_LOAD_W, 656),
	INV_ROW(655, INV_OUT_HZ, INV_U16, 0.01),
	PANELS(0, 672, 676, 677), PANELS(1, 673, 678, 679),
	PANELS(2, 674, 680, 681), PANELS(3, 675, 682, 683),
	/* of big high-voltage models; 0 in others */
	PANELS(4, 727, 719, 723), PANELS(5, 728, 720, 724),
	PANELS(6, 729, 721, 725), PANELS(7, 730, 722, 726),
};

#define PLAIN(reg, raw)	{ reg, raw, INV_BY_NONE }
#define VOLTS(reg, raw)	{ reg, raw, INV_BY_BANK_V }
#define WATTS(reg, raw)	{ reg, raw, INV_BY_BANK_W }
/* Time-of-use slots: start, power, voltage, SOC, charge from. */
#define SLOT(n, time, soc, from) \
	PLAIN(147 + (n), time), WATTS(153 + (n), 9000), VOLTS(159 + (n), 4900), \
	PLAIN(165 + (n), soc), PLAIN(171 + (n), from)

static const struct inv_setting settings[] = {
	PLAIN(61, 60), PLAIN(62, 0), PLAIN(63, 0), PLAIN(64, 0), PLAIN(80, 1),
	PLAIN(98, 1), VOLTS(99, 5640), VOLTS(100, 5600), VOLTS(101, 5400), PLAIN(102, 0),
	VOLTS(103, 4600), WATTS(104, 20), PLAIN(105, 90), PLAIN(106, 0), PLAIN(107, 0),
	PLAIN(108, 240), PLAIN(109, 240), PLAIN(110, 0), PLAIN(111, 1), PLAIN(112, 0),
	PLAIN(113, 25), PLAIN(114, 990), PLAIN(115, 10), PLAIN(116, 30), PLAIN(117, 20),
	VOLTS(118, 4600), VOLTS(119, 5200), VOLTS(120, 4800), PLAIN(121, 0), PLAIN(122, 0),
	VOLTS(123, 4900), PLAIN(124, 30), PLAIN(125, 40), VOLTS(126, 4900), PLAIN(127, 30),
	PLAIN(128, 60), PLAIN(129, 0), PLAIN(130, 0), PLAIN(132, 0), PLAIN(133, 0),
	VOLTS(134, 5100), PLAIN(135, 95), VOLTS(136, 5400), PLAIN(137, 100), PLAIN(138, 1),
	PLAIN(139, 500), PLAIN(140, 1), PLAIN(141, 1), PLAIN(142, 0), WATTS(143, 0),
	PLAIN(145, 0), PLAIN(146, 255),
	SLOT(1, 100, 25, 0), SLOT(2, 500, 25, 0), SLOT(3, 900, 50, 0),
	SLOT(4, 1300, 50, 0), SLOT(5, 1700, 25, 0), SLOT(6, 2100, 25, 1),
	PLAIN(178, 0x2AAA), PLAIN(179, 0xFFFF), PLAIN(180, 60), PLAIN(183, 0),
	PLAIN(185, 2650), PLAIN(186, 1850), PLAIN(187, 5150), PLAIN(188, 4750), PLAIN(189, 0),
	WATTS(190, 8000), WATTS(191, 8000), PLAIN(231, 2000), PLAIN(233, 2000), PLAIN(234, 0),
	PLAIN(237, 0), WATTS(340, 0), PLAIN(341, 0),
};

/* There is no second battery. */
static const struct inv_setting facts[] = {
	PLAIN(223, 0), PLAIN(225, 0x0102), PLAIN(227, 0x0100), PLAIN(229, 0),
	PLAIN(230, 0xFFFF), PLAIN(241, 0xFFFF), PLAIN(242, 0xFFFF), PLAIN(243, 0xFFFF),
	PLAIN(244, 0xFFFF), PLAIN(245, 0xFFFF), PLAIN(246, 0xFFFF), PLAIN(247, 0xFFFF),
	PLAIN(248, 0xFFFF), PLAIN(249, 0xFFFF), PLAIN(250, 0xFFFF), PLAIN(251, 0xFFFF),
	PLAIN(252, 0xFFFF), PLAIN(253, 0xFFFF), PLAIN(254, 0xFFFF), PLAIN(255, 0xFFFF),
	PLAIN(256, 0xFFFF), PLAIN(257, 0xFFFF), PLAIN(258, 0xFFFF),
};

#define SHARED \
	.name_w = 1000, .rated_w = 20000, .phases = 3, \
	.rows = rows, .n_rows = COUNT(rows), .settings = settings, .n_settings = COUNT(settings), \
	.facts = facts, .n_facts = COUNT(facts), .served = { 0, INV_REGISTERS }, \
	.cloud = { { 500, 60 }, { 586, 98 } }, \
	.at = { .firmware = 10, .n_firmware = 9, .rated = 20, .mppt = 22, .clock = 62, \
		.fault = 555, .work_mode = 142, .solar_sell = 145, .capacity = 102, \
		.reconnect = 180, .power_limits = { 143, 340, 0 } }
/* clang-format on */

const struct inv_family inv_hybrid3p_lv = {
	.name = "hybrid3p_lv",
	.model = { "SUN-", "K-SG05LP3" },
	.codes = { 0x0005, 0x0500 },
	.n_turns = 2,
	.rated_min_w = 5000,
	.rated_max_w = 30000,
	.string_v = 420,
	.stack = 1,
	.bank_max_w = 16500,
	SHARED,
};

const struct inv_family inv_hybrid3p_hv = {
	.name = "hybrid3p_hv",
	.model = { "SUN-", "K-SG01HP3" },
	.codes = { 0x0006, 0x0007, 0x0600, 0x0008, 0x0601, 0x0602 },
	.n_turns = 6,
	.rated_min_w = 5000,
	.rated_max_w = 80000,
	.string_v = 620,
	.stack = HV_STACK,
	.bank_max_w = 130000,
	.by = { [INV_BY_BANK_V] = 10, [INV_BY_BANK_W] = 10, [INV_BY_BMS_A] = 0.1 },
	SHARED,
};
