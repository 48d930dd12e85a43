/*
 * The register tables, one a family. Rows are sorted, each stands in a span; tests hold that, and
 * compare each row with the sheet where it lies beside the project.
 *
 * A model with the same registers is a code in .codes; another one is a table, its spans, and a
 * line in deye_models[].
 */
#include "deye.h"

#include "svitlo/util.h"

#define ROW(reg, count, type, scale, unit, key, ...)                                               \
	{ reg, count, DEYE_##type, scale, unit, key, __VA_ARGS__ },
#define TO(id, at, by) .part = DEYE_READING, .metric = METRIC_##id, .index = at, .factor = by
#define INFO	       .part = DEYE_INFO
#define SETTING	       .part = DEYE_SETTINGS
#define CLOCK	       .part = DEYE_TIME_OF_DAY

/* clang-format off */
/* SUN-3.6 to 16K-SG01/03/04/05LP1 and relatives.
 *  reg  words type      scale  unit     key                           goes to */
static const struct deye_row hybrid1p_rows[] = {
	ROW(0,   1, U16,       1,     "",      "device_type",               INFO)
	ROW(1,   1, U16,       1,     "",      "modbus_address",            INFO)
	ROW(2,   1, U16,       1,     "",      "protocol_version",          INFO)
	ROW(3,   5, ASCII,     1,     "",      "serial_number",             INFO)
	ROW(8,   1, U16,       1,     "",      "rated_phase",               INFO)
	ROW(11,  3, FIRMWARE,  1,     "",      "control_fw_lo",             INFO)
	ROW(16,  2, U32,       0.1,   "W",     "rated_power",               INFO)
	ROW(18,  1, U16,       1,     "",      "mppt_phase",                INFO)
	ROW(22,  3, CLOCK,     1,     "",      "clock",                     CLOCK)
	ROW(43,  1, U16,       1,     "",      "power_switch",              SETTING)
	ROW(53,  1, U16,       1,     "W",     "max_solar_power",           SETTING)
	ROW(59,  1, U16,       1,     "",      "run_state",                 TO(RUN_STATE, 0, 1))
	ROW(62,  1, U16,       0.1,   "kWh",   "day_gen_energy",            TO(DAY_GEN_WH, 0, 1000))
	ROW(70,  1, U16,       0.1,   "kWh",   "day_battery_charge",        TO(DAY_CHARGE_WH, 0, 1000))
	ROW(71,  1, U16,       0.1,   "kWh",   "day_battery_discharge",     TO(DAY_DISCHARGE_WH, 0, 1000))
	ROW(72,  2, U32,       0.1,   "kWh",   "total_battery_charge",      TO(TOTAL_CHARGE_WH, 0, 1000))
	ROW(74,  2, U32,       0.1,   "kWh",   "total_battery_discharge",   TO(TOTAL_DISCHARGE_WH, 0, 1000))
	ROW(76,  1, U16,       0.1,   "kWh",   "day_grid_import",           TO(DAY_IMPORT_WH, 0, 1000))
	ROW(77,  1, U16,       0.1,   "kWh",   "day_grid_export",           TO(DAY_EXPORT_WH, 0, 1000))
	ROW(78,  1, U32_SPLIT, 0.1,   "kWh",   "total_grid_import",         TO(TOTAL_IMPORT_WH, 0, 1000), .hi = 80)
	ROW(79,  1, U16,       0.01,  "Hz",    "grid_frequency",            TO(GRID_FREQUENCY, 0, 1))
	ROW(81,  2, U32,       0.1,   "kWh",   "total_grid_export",         TO(TOTAL_EXPORT_WH, 0, 1000))
	ROW(84,  1, U16,       0.1,   "kWh",   "day_load_energy",           TO(DAY_LOAD_WH, 0, 1000))
	ROW(85,  2, U32,       0.1,   "kWh",   "total_load_energy",         TO(TOTAL_LOAD_WH, 0, 1000))
	ROW(90,  1, U16,       0.1,   "°C",    "dc_temperature",            TO(DC_TEMPERATURE, 0, 1), .offset = 1000, .trap = DEYE_TRAP_DC_OFFSET)
	ROW(91,  1, U16,       0.1,   "°C",    "ac_temperature",            TO(AC_TEMPERATURE, 0, 1), .offset = 1000)
	ROW(92,  1, U32_SPLIT, 0.1,   "kWh",   "total_gen_energy",          TO(TOTAL_GEN_WH, 0, 1000), .hi = 95)
	ROW(96,  2, U32,       0.1,   "kWh",   "total_pv_energy",           TO(TOTAL_PV_WH, 0, 1000))
	ROW(101, 2, BITS,      1,     "",      "warning",                   TO(WARNINGS, 0, 1))
	ROW(103, 4, BITS,      1,     "",      "fault",                     TO(FAULTS, 0, 1))
	ROW(107, 1, U16,       1,     "Ah",    "battery_corrected_capacity", INFO)
	ROW(108, 1, U16,       0.1,   "kWh",   "day_pv_energy",             TO(DAY_PV_WH, 0, 1000))
	ROW(109, 1, U16,       0.1,   "V",     "pv1_voltage",               TO(PV_VOLTAGES, 0, 1))
	ROW(110, 1, U16,       0.1,   "A",     "pv1_current",               TO(PV_CURRENTS, 0, 1))
	ROW(111, 1, U16,       0.1,   "V",     "pv2_voltage",               TO(PV_VOLTAGES, 1, 1))
	ROW(112, 1, U16,       0.1,   "A",     "pv2_current",               TO(PV_CURRENTS, 1, 1))
	ROW(113, 1, U16,       0.1,   "V",     "pv3_voltage",               TO(PV_VOLTAGES, 2, 1))
	ROW(114, 1, U16,       0.1,   "A",     "pv3_current",               TO(PV_CURRENTS, 2, 1))
	ROW(115, 1, U16,       0.1,   "V",     "pv4_voltage",               TO(PV_VOLTAGES, 3, 1))
	ROW(116, 1, U16,       0.1,   "A",     "pv4_current",               TO(PV_CURRENTS, 3, 1))
	ROW(150, 1, U16,       0.1,   "V",     "grid_l1_voltage",           TO(GRID_VOLTAGES, 0, 1))
	ROW(151, 1, U16,       0.1,   "V",     "grid_l2_voltage",           TO(GRID_VOLTAGES, 1, 1))
	ROW(154, 1, U16,       0.1,   "V",     "inverter_l1_voltage",       TO(INVERTER_VOLTAGES, 0, 1))
	ROW(155, 1, U16,       0.1,   "V",     "inverter_l2_voltage",       TO(INVERTER_VOLTAGES, 1, 1))
	ROW(157, 1, U16,       0.1,   "V",     "load_l1_voltage",           TO(LOAD_VOLTAGES, 0, 1))
	ROW(158, 1, U16,       0.1,   "V",     "load_l2_voltage",           TO(LOAD_VOLTAGES, 1, 1))
	ROW(160, 1, S16,       0.01,  "A",     "grid_l1_current",           TO(GRID_CURRENTS, 0, 1))
	ROW(161, 1, S16,       0.01,  "A",     "grid_l2_current",           TO(GRID_CURRENTS, 1, 1))
	ROW(162, 1, S16,       0.01,  "A",     "ct_l1_current",             TO(CT_CURRENTS, 0, 1))
	ROW(163, 1, S16,       0.01,  "A",     "ct_l2_current",             TO(CT_CURRENTS, 1, 1))
	ROW(164, 1, S16,       0.01,  "A",     "inverter_l1_current",       TO(INVERTER_CURRENTS, 0, 1))
	ROW(165, 1, S16,       0.01,  "A",     "inverter_l2_current",       TO(INVERTER_CURRENTS, 1, 1))
	ROW(166, 1, S16,       1,     "W",     "gen_power",                 TO(GEN_POWER, 0, 1))
	ROW(167, 1, S16,       1,     "W",     "grid_l1_power",             TO(INSIDE_POWERS, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(168, 1, S16,       1,     "W",     "grid_l2_power",             TO(INSIDE_POWERS, 1, 1), .trap = DEYE_TRAP_POWER)
	ROW(169, 1, S16,       1,     "W",     "grid_power",                TO(INSIDE_POWER, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(170, 1, S16,       1,     "W",     "ct_l1_power",               TO(CT_POWERS, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(171, 1, S16,       1,     "W",     "ct_l2_power",               TO(CT_POWERS, 1, 1), .trap = DEYE_TRAP_POWER)
	ROW(172, 1, S16,       1,     "W",     "ct_power",                  TO(CT_POWER, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(173, 1, S16,       1,     "W",     "inverter_l1_power",         TO(INVERTER_POWERS, 0, 1))
	ROW(174, 1, S16,       1,     "W",     "inverter_l2_power",         TO(INVERTER_POWERS, 1, 1))
	ROW(175, 1, S16,       1,     "W",     "inverter_power",            TO(INVERTER_POWER, 0, 1))
	ROW(176, 1, S16,       1,     "W",     "load_l1_power",             TO(BACKUP_POWERS, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(177, 1, S16,       1,     "W",     "load_l2_power",             TO(BACKUP_POWERS, 1, 1), .trap = DEYE_TRAP_POWER)
	ROW(178, 1, S16,       1,     "W",     "load_power",                TO(BACKUP_POWER, 0, 1), .trap = DEYE_TRAP_POWER)
	ROW(179, 1, S16,       0.01,  "A",     "load_l1_current",           TO(LOAD_CURRENTS, 0, 1))
	ROW(180, 1, S16,       0.01,  "A",     "load_l2_current",           TO(LOAD_CURRENTS, 1, 1))
	ROW(181, 1, U16,       0.1,   "V",     "gen_voltage",               TO(GEN_VOLTAGES, 0, 1))
	ROW(182, 1, U16,       0.1,   "°C",    "battery_temperature",       TO(BATTERY_TEMPERATURE, 0, 1), .offset = 1000)
	ROW(183, 1, U16,       0.01,  "V",     "battery_voltage",           TO(BATTERY_VOLTAGE, 0, 1))
	ROW(184, 1, U16,       1,     "%",     "battery_soc",               TO(BATTERY_SOC, 0, 1))
	ROW(186, 1, U16,       1,     "W",     "pv1_power",                 TO(PV_POWERS, 0, 1))
	ROW(187, 1, U16,       1,     "W",     "pv2_power",                 TO(PV_POWERS, 1, 1))
	ROW(188, 1, U16,       1,     "W",     "pv3_power",                 TO(PV_POWERS, 2, 1))
	ROW(189, 1, U16,       1,     "W",     "pv4_power",                 TO(PV_POWERS, 3, 1))
	ROW(190, 1, S16,       1,     "W",     "battery_power",             TO(BATTERY_POWER, 0, -1))
	ROW(191, 1, S16,       0.01,  "A",     "battery_current",           TO(BATTERY_CURRENT, 0, -1), .trap = DEYE_TRAP_AMPS)
	ROW(192, 1, U16,       0.01,  "Hz",    "load_frequency",            TO(LOAD_FREQUENCY, 0, 1))
	ROW(193, 1, U16,       0.01,  "Hz",    "inverter_frequency",        TO(INVERTER_FREQUENCY, 0, 1))
	ROW(194, 1, U16,       1,     "",      "grid_relay",                TO(GRID_RELAY, 0, 1))
	ROW(195, 1, U16,       1,     "",      "gen_relay",                 TO(GEN_RELAY, 0, 1), .mask = 1 << 8)
	ROW(196, 1, U16,       0.01,  "Hz",    "gen_frequency",             TO(GEN_FREQUENCY, 0, 1))
	ROW(200, 1, U16,       1,     "",      "control_mode",              SETTING)
	ROW(201, 1, U16,       0.01,  "V",     "equalization_voltage",      SETTING)
	ROW(202, 1, U16,       0.01,  "V",     "absorption_voltage",        SETTING)
	ROW(203, 1, U16,       0.01,  "V",     "float_voltage",             SETTING)
	ROW(204, 1, U16,       1,     "Ah",    "battery_capacity",          SETTING)
	ROW(205, 1, U16,       0.01,  "V",     "battery_empty_voltage",     SETTING)
	ROW(206, 1, S16,       1,     "W",     "zero_export_power",         SETTING)
	ROW(207, 1, U16,       1,     "d",     "equalization_cycle",        SETTING)
	ROW(208, 1, U16,       0.5,   "h",     "equalization_time",         SETTING)
	ROW(209, 1, S16,       1,     "mV/°C", "tempco",                    SETTING)
	ROW(210, 1, U16,       1,     "A",     "max_charge_current",        SETTING)
	ROW(211, 1, U16,       1,     "A",     "max_discharge_current",     SETTING)
	ROW(213, 1, U16,       1,     "",      "battery_operation",         SETTING)
	ROW(214, 1, U16,       1,     "",      "battery_wake_up",           SETTING)
	ROW(215, 1, U16,       1,     "mOhm",  "battery_resistance",        SETTING)
	ROW(216, 1, U16,       0.1,   "%",     "charge_efficiency",         SETTING)
	ROW(217, 1, U16,       1,     "%",     "shutdown_soc",              SETTING)
	ROW(218, 1, U16,       1,     "%",     "restart_soc",               SETTING)
	ROW(219, 1, U16,       1,     "%",     "low_soc",                   SETTING)
	ROW(220, 1, U16,       0.01,  "V",     "shutdown_voltage",          SETTING)
	ROW(221, 1, U16,       0.01,  "V",     "restart_voltage",           SETTING)
	ROW(222, 1, U16,       0.01,  "V",     "low_voltage",               SETTING)
	ROW(223, 1, U16,       0.1,   "h",     "gen_max_time",              SETTING)
	ROW(224, 1, U16,       0.1,   "h",     "gen_cooling_time",          SETTING)
	ROW(225, 1, U16,       0.01,  "V",     "gen_charge_start_voltage",  SETTING)
	ROW(226, 1, U16,       1,     "%",     "gen_charge_start_soc",      SETTING)
	ROW(227, 1, U16,       1,     "A",     "gen_charge_current",        SETTING)
	ROW(228, 1, U16,       0.01,  "V",     "grid_charge_start_voltage", SETTING)
	ROW(229, 1, U16,       1,     "%",     "grid_charge_start_soc",     SETTING)
	ROW(230, 1, U16,       1,     "A",     "grid_charge_current",       SETTING)
	ROW(231, 1, U16,       1,     "",      "gen_charge_enabled",        SETTING)
	ROW(232, 1, U16,       1,     "",      "grid_charge_enabled",       SETTING, .mask = 1)
	ROW(235, 1, U16,       1,     "",      "gen_port_mode",             SETTING)
	ROW(236, 1, U16,       0.01,  "V",     "smartload_off_voltage",     SETTING)
	ROW(237, 1, U16,       1,     "%",     "smartload_off_soc",         SETTING)
	ROW(238, 1, U16,       0.01,  "V",     "smartload_on_voltage",      SETTING)
	ROW(239, 1, U16,       1,     "%",     "smartload_on_soc",          SETTING)
	ROW(241, 1, U16,       1,     "W",     "gen_min_pv_power",          SETTING)
	ROW(242, 1, U16,       1,     "",      "charging_signal",           SETTING)
	ROW(243, 1, U16,       1,     "",      "energy_pattern",            SETTING, .mask = 1)
	ROW(244, 1, U16,       1,     "",      "work_mode",                 SETTING)
	ROW(245, 1, U16,       1,     "W",     "max_sell_power",            SETTING)
	ROW(247, 1, U16,       1,     "",      "solar_sell",                SETTING, .mask = 1)
	ROW(248, 1, U16,       1,     "",      "time_of_use",               SETTING)
	ROW(250, 1, TIME,      1,     "hhmm",  "prog1_time",                SETTING)
	ROW(251, 1, TIME,      1,     "hhmm",  "prog2_time",                SETTING)
	ROW(252, 1, TIME,      1,     "hhmm",  "prog3_time",                SETTING)
	ROW(253, 1, TIME,      1,     "hhmm",  "prog4_time",                SETTING)
	ROW(254, 1, TIME,      1,     "hhmm",  "prog5_time",                SETTING)
	ROW(255, 1, TIME,      1,     "hhmm",  "prog6_time",                SETTING)
	ROW(256, 1, U16,       1,     "W",     "prog1_power",               SETTING)
	ROW(257, 1, U16,       1,     "W",     "prog2_power",               SETTING)
	ROW(258, 1, U16,       1,     "W",     "prog3_power",               SETTING)
	ROW(259, 1, U16,       1,     "W",     "prog4_power",               SETTING)
	ROW(260, 1, U16,       1,     "W",     "prog5_power",               SETTING)
	ROW(261, 1, U16,       1,     "W",     "prog6_power",               SETTING)
	ROW(262, 1, U16,       0.01,  "V",     "prog1_voltage",             SETTING)
	ROW(263, 1, U16,       0.01,  "V",     "prog2_voltage",             SETTING)
	ROW(264, 1, U16,       0.01,  "V",     "prog3_voltage",             SETTING)
	ROW(265, 1, U16,       0.01,  "V",     "prog4_voltage",             SETTING)
	ROW(266, 1, U16,       0.01,  "V",     "prog5_voltage",             SETTING)
	ROW(267, 1, U16,       0.01,  "V",     "prog6_voltage",             SETTING)
	ROW(268, 1, U16,       1,     "%",     "prog1_soc",                 SETTING)
	ROW(269, 1, U16,       1,     "%",     "prog2_soc",                 SETTING)
	ROW(270, 1, U16,       1,     "%",     "prog3_soc",                 SETTING)
	ROW(271, 1, U16,       1,     "%",     "prog4_soc",                 SETTING)
	ROW(272, 1, U16,       1,     "%",     "prog5_soc",                 SETTING)
	ROW(273, 1, U16,       1,     "%",     "prog6_soc",                 SETTING)
	ROW(274, 1, U16,       1,     "",      "prog1_charge",              SETTING)
	ROW(275, 1, U16,       1,     "",      "prog2_charge",              SETTING)
	ROW(276, 1, U16,       1,     "",      "prog3_charge",              SETTING)
	ROW(277, 1, U16,       1,     "",      "prog4_charge",              SETTING)
	ROW(278, 1, U16,       1,     "",      "prog5_charge",              SETTING)
	ROW(279, 1, U16,       1,     "",      "prog6_charge",              SETTING)
	ROW(280, 1, U16,       1,     "",      "control_bits",              SETTING)
	ROW(281, 1, U16,       1,     "",      "off_grid",                  SETTING)
	ROW(282, 1, U16,       1,     "s",     "reconnect_time",            SETTING)
	ROW(285, 1, U16,       1,     "",      "grid_freq_setting",         SETTING)
	ROW(287, 1, U16,       0.1,   "V",     "grid_voltage_high",         SETTING)
	ROW(288, 1, U16,       0.1,   "V",     "grid_voltage_low",          SETTING)
	ROW(289, 1, U16,       0.01,  "Hz",    "grid_freq_high",            SETTING)
	ROW(290, 1, U16,       0.01,  "Hz",    "grid_freq_low",             SETTING)
	ROW(291, 1, U16,       1,     "",      "gen_on_grid_side",          SETTING)
	ROW(292, 1, U16,       1,     "W",     "gen_peak_shaving",          SETTING)
	ROW(293, 1, U16,       1,     "W",     "grid_peak_shaving",         SETTING)
	ROW(312, 1, U16,       0.01,  "V",     "bms_charge_voltage",        TO(BMS_CHARGE_VOLTAGE, 0, 1))
	ROW(314, 1, U16,       1,     "A",     "bms_charge_limit",          TO(BMS_CHARGE_LIMIT, 0, 1))
	ROW(315, 1, U16,       1,     "A",     "bms_discharge_limit",       TO(BMS_DISCHARGE_LIMIT, 0, 1))
	ROW(316, 1, U16,       1,     "%",     "bms_soc",                   TO(BMS_SOC, 0, 1))
	ROW(317, 1, U16,       0.01,  "V",     "bms_voltage",               TO(BMS_VOLTAGE, 0, 1))
	ROW(318, 1, S16,       1,     "A",     "bms_current",               TO(BMS_CURRENT, 0, 1))
	ROW(319, 1, U16,       0.1,   "°C",    "bms_temperature",           TO(BMS_TEMPERATURE, 0, 1), .offset = 1000)
	ROW(322, 1, U16,       1,     "",      "bms_alarm",                 TO(BMS_ALARM, 0, 1))
	ROW(323, 1, U16,       1,     "",      "bms_fault",                 TO(BMS_FAULT, 0, 1))
	ROW(325, 1, U16,       1,     "",      "bms_protocol",              INFO)
};
static const struct deye_span hybrid1p_spans[] = {
	{ 0, 25, DEYE_SLOW }, /* also the clock */
	{ 43, 11, DEYE_SLOW },
	{ 59, 20, DEYE_MEDIUM },
	{ 79, 1, DEYE_FAST }, /* the grid's frequency, in the midst of energies */
	{ 80, 37, DEYE_MEDIUM },
	{ 150, 47, DEYE_FAST },
	{ 200, 94, DEYE_SLOW },
	{ 312, 14, DEYE_MEDIUM }, /* the BMS as it sees it */
};

static const struct deye_row hybrid3p_lv_rows[] = {
#define VOLT 0.01
#define WATT 1
#define AMP  1
#include "deye_hybrid3p.def"
#undef VOLT
#undef WATT
#undef AMP
};
/* the relays, and with them the grid's, are in a span that nothing else of the fast ones is near */
static const struct deye_span hybrid3p_lv_spans[] = {
	{ 0, 25, DEYE_SLOW },
	{ 62, 3, DEYE_SLOW },
	{ 80, 112, DEYE_SLOW },
	{ 210, 28, DEYE_MEDIUM },
	{ 340, 2, DEYE_SLOW },
	{ 500, 42, DEYE_MEDIUM },
	{ 552, 7, DEYE_FAST },
	{ 586, 98, DEYE_FAST },
	{ 687, 22, DEYE_FAST },
};

static const struct deye_row hybrid3p_hv_rows[] = {
#define VOLT 0.1
#define WATT 10
#define AMP  0.1
#include "deye_hybrid3p.def"
	ROW(719, 1, U16,       0.1,   "V",     "pv5_voltage",               TO(PV_VOLTAGES, 4, 1))
	ROW(720, 1, U16,       0.1,   "V",     "pv6_voltage",               TO(PV_VOLTAGES, 5, 1))
	ROW(721, 1, U16,       0.1,   "V",     "pv7_voltage",               TO(PV_VOLTAGES, 6, 1))
	ROW(722, 1, U16,       0.1,   "V",     "pv8_voltage",               TO(PV_VOLTAGES, 7, 1))
	ROW(723, 1, U16,       0.1,   "A",     "pv5_current",               TO(PV_CURRENTS, 4, 1))
	ROW(724, 1, U16,       0.1,   "A",     "pv6_current",               TO(PV_CURRENTS, 5, 1))
	ROW(725, 1, U16,       0.1,   "A",     "pv7_current",               TO(PV_CURRENTS, 6, 1))
	ROW(726, 1, U16,       0.1,   "A",     "pv8_current",               TO(PV_CURRENTS, 7, 1))
	ROW(727, 1, U16,       10,    "W",     "pv5_power",                 TO(PV_POWERS, 4, 1))
	ROW(728, 1, U16,       10,    "W",     "pv6_power",                 TO(PV_POWERS, 5, 1))
	ROW(729, 1, U16,       10,    "W",     "pv7_power",                 TO(PV_POWERS, 6, 1))
	ROW(730, 1, U16,       10,    "W",     "pv8_power",                 TO(PV_POWERS, 7, 1))
};
static const struct deye_span hybrid3p_hv_spans[] = {
	{ 0, 25, DEYE_SLOW },
	{ 62, 3, DEYE_SLOW },
	{ 80, 112, DEYE_SLOW },
	{ 210, 28, DEYE_MEDIUM },
	{ 340, 2, DEYE_SLOW },
	{ 500, 42, DEYE_MEDIUM },
	{ 552, 7, DEYE_FAST },
	{ 586, 98, DEYE_FAST },
	{ 687, 22, DEYE_FAST },
	{ 719, 12, DEYE_FAST },
};

/* Without a battery. Asleep at night: the stick then says that nobody answers. */
static const struct deye_row string_rows[] = {
	ROW(0,   1, U16,       1,     "",      "device_type",               INFO)
	ROW(1,   1, U16,       1,     "",      "modbus_address",            INFO)
	ROW(2,   1, U16,       1,     "",      "protocol_version",          INFO)
	ROW(3,   5, ASCII,     1,     "",      "serial_number",             INFO)
	ROW(8,   1, U16,       1,     "",      "rated_phase",               INFO)
	ROW(11,  3, FIRMWARE,  1,     "",      "control_fw_lo",             INFO)
	ROW(16,  2, U32,       0.1,   "W",     "rated_power",               INFO)
	ROW(18,  1, U16,       1,     "",      "mppt_phase",                INFO)
	ROW(22,  3, CLOCK,     1,     "",      "clock",                     CLOCK)
	ROW(40,  1, U16,       1,     "%",     "active_power_regulation",   SETTING)
	ROW(43,  1, U16,       1,     "",      "power_switch",              SETTING)
	ROW(59,  1, U16,       1,     "",      "run_state",                 TO(RUN_STATE, 0, 1))
	ROW(60,  1, U16,       0.1,   "kWh",   "day_pv_energy",             TO(DAY_PV_WH, 0, 1000))
	ROW(63,  2, U32,       0.1,   "kWh",   "total_pv_energy",           TO(TOTAL_PV_WH, 0, 1000))
	ROW(73,  1, U16,       0.1,   "V",     "grid_l1_voltage",           TO(GRID_VOLTAGES, 0, 1))
	ROW(74,  1, U16,       0.1,   "V",     "grid_l2_voltage",           TO(GRID_VOLTAGES, 1, 1))
	ROW(75,  1, U16,       0.1,   "V",     "grid_l3_voltage",           TO(GRID_VOLTAGES, 2, 1))
	ROW(76,  1, S16,       0.1,   "A",     "grid_l1_current",           TO(GRID_CURRENTS, 0, 1))
	ROW(77,  1, S16,       0.1,   "A",     "grid_l2_current",           TO(GRID_CURRENTS, 1, 1))
	ROW(78,  1, S16,       0.1,   "A",     "grid_l3_current",           TO(GRID_CURRENTS, 2, 1))
	ROW(79,  1, U16,       0.01,  "Hz",    "grid_frequency",            TO(GRID_FREQUENCY, 0, 1))
	ROW(80,  2, U32,       0.1,   "W",     "operating_power",           TO(INVERTER_POWER, 0, 1))
	ROW(82,  2, U32,       0.1,   "W",     "dc_power",                  TO(PV_POWER, 0, 1))
	ROW(90,  1, U16,       0.1,   "°C",    "dc_temperature",            TO(DC_TEMPERATURE, 0, 1), .offset = 1000)
	ROW(91,  1, U16,       0.1,   "°C",    "ac_temperature",            TO(AC_TEMPERATURE, 0, 1), .offset = 1000)
	ROW(101, 2, BITS,      1,     "",      "warning",                   TO(WARNINGS, 0, 1))
	ROW(103, 4, BITS,      1,     "",      "fault",                     TO(FAULTS, 0, 1))
	ROW(109, 1, U16,       0.1,   "V",     "pv1_voltage",               TO(PV_VOLTAGES, 0, 1))
	ROW(110, 1, U16,       0.1,   "A",     "pv1_current",               TO(PV_CURRENTS, 0, 1))
	ROW(111, 1, U16,       0.1,   "V",     "pv2_voltage",               TO(PV_VOLTAGES, 1, 1))
	ROW(112, 1, U16,       0.1,   "A",     "pv2_current",               TO(PV_CURRENTS, 1, 1))
	ROW(113, 1, U16,       0.1,   "V",     "pv3_voltage",               TO(PV_VOLTAGES, 2, 1))
	ROW(114, 1, U16,       0.1,   "A",     "pv3_current",               TO(PV_CURRENTS, 2, 1))
	ROW(115, 1, U16,       0.1,   "V",     "pv4_voltage",               TO(PV_VOLTAGES, 3, 1))
	ROW(116, 1, U16,       0.1,   "A",     "pv4_current",               TO(PV_CURRENTS, 3, 1))
	ROW(198, 2, S32,       1,     "W",     "load_power",                TO(LOAD_POWER, 0, 1))
	ROW(200, 1, U16,       0.01,  "kWh",   "day_load_energy",           TO(DAY_LOAD_WH, 0, 1000))
	ROW(201, 2, U32,       0.1,   "kWh",   "total_load_energy",         TO(TOTAL_LOAD_WH, 0, 1000))
	ROW(203, 2, S32,       1,     "W",     "grid_power",                TO(GRID_POWER, 0, 1))
	ROW(205, 1, U16,       0.01,  "kWh",   "day_grid_export",           TO(DAY_EXPORT_WH, 0, 1000))
	ROW(206, 2, U32,       0.1,   "kWh",   "total_grid_export",         TO(TOTAL_EXPORT_WH, 0, 1000))
	ROW(208, 1, U16,       0.01,  "kWh",   "day_grid_import",           TO(DAY_IMPORT_WH, 0, 1000))
	ROW(209, 2, U32,       0.1,   "kWh",   "total_grid_import",         TO(TOTAL_IMPORT_WH, 0, 1000))
};
static const struct deye_span string_spans[] = {
	{ 0, 25, DEYE_SLOW },
	{ 40, 4, DEYE_SLOW },
	{ 59, 58, DEYE_FAST },
	{ 198, 13, DEYE_FAST }, /* with a meter */
};

/* SUN-M… */
static const struct deye_row micro_rows[] = {
	ROW(0,   1, U16,       1,     "",      "device_type",               INFO)
	ROW(1,   1, U16,       1,     "",      "modbus_address",            INFO)
	ROW(2,   1, U16,       1,     "",      "protocol_version",          INFO)
	ROW(3,   5, ASCII,     1,     "",      "serial_number",             INFO)
	ROW(8,   1, U16,       1,     "",      "rated_phase",               INFO)
	ROW(11,  3, FIRMWARE,  1,     "",      "control_fw_lo",             INFO)
	ROW(16,  2, U32,       0.1,   "W",     "rated_power",               INFO)
	ROW(18,  1, U16,       1,     "",      "mppt_phase",                INFO)
	ROW(22,  3, CLOCK,     1,     "",      "clock",                     CLOCK)
	ROW(27,  1, U16,       0.1,   "V",     "grid_voltage_high",         SETTING)
	ROW(28,  1, U16,       0.1,   "V",     "grid_voltage_low",          SETTING)
	ROW(29,  1, U16,       0.01,  "Hz",    "grid_freq_high",            SETTING)
	ROW(30,  1, U16,       0.01,  "Hz",    "grid_freq_low",             SETTING)
	ROW(34,  1, U16,       0.01,  "Hz",    "overfreq_start",            SETTING)
	ROW(35,  1, U16,       1,     "%",     "overfreq_reduction",        SETTING)
	ROW(40,  1, U16,       1,     "%",     "active_power_regulation",   SETTING)
	ROW(43,  1, U16,       1,     "",      "power_switch",              SETTING)
	ROW(46,  1, U16,       1,     "",      "island_protection",         SETTING)
	ROW(47,  1, U16,       1,     "",      "soft_start",                SETTING)
	ROW(48,  1, U16,       1,     "",      "gfdi",                      SETTING)
	ROW(49,  1, U16,       1,     "",      "overfreq_switch",           SETTING)
	ROW(50,  1, U16,       1,     "",      "riso",                      SETTING)
	ROW(59,  1, U16,       1,     "",      "run_state",                 TO(RUN_STATE, 0, 1))
	ROW(60,  1, U16,       0.1,   "kWh",   "day_pv_energy",             TO(DAY_PV_WH, 0, 1000))
	ROW(63,  2, U32,       0.1,   "kWh",   "total_pv_energy",           TO(TOTAL_PV_WH, 0, 1000))
	ROW(73,  1, U16,       0.1,   "V",     "grid_voltage",              TO(GRID_VOLTAGES, 0, 1))
	ROW(76,  1, S16,       0.1,   "A",     "grid_current",              TO(GRID_CURRENTS, 0, 1))
	ROW(79,  1, U16,       0.01,  "Hz",    "grid_frequency",            TO(GRID_FREQUENCY, 0, 1))
	ROW(86,  2, U32,       0.1,   "W",     "active_power",              TO(INVERTER_POWER, 0, 1))
	ROW(90,  1, U16,       0.01,  "°C",    "temperature",               TO(AC_TEMPERATURE, 0, 1), .offset = 1000)
	/* not the warnings of other families: inverters that work well hold 2 and 29 for ever */
	ROW(101, 2, BITS,      1,     "",      "warning",                   INFO)
	ROW(103, 4, BITS,      1,     "",      "fault",                     TO(FAULTS, 0, 1))
	ROW(109, 1, U16,       0.1,   "V",     "pv1_voltage",               TO(PV_VOLTAGES, 0, 1))
	ROW(110, 1, U16,       0.1,   "A",     "pv1_current",               TO(PV_CURRENTS, 0, 1))
	ROW(111, 1, U16,       0.1,   "V",     "pv2_voltage",               TO(PV_VOLTAGES, 1, 1))
	ROW(112, 1, U16,       0.1,   "A",     "pv2_current",               TO(PV_CURRENTS, 1, 1))
	ROW(113, 1, U16,       0.1,   "V",     "pv3_voltage",               TO(PV_VOLTAGES, 2, 1))
	ROW(114, 1, U16,       0.1,   "A",     "pv3_current",               TO(PV_CURRENTS, 2, 1))
	ROW(115, 1, U16,       0.1,   "V",     "pv4_voltage",               TO(PV_VOLTAGES, 3, 1))
	ROW(116, 1, U16,       0.1,   "A",     "pv4_current",               TO(PV_CURRENTS, 3, 1))
};
static const struct deye_span micro_spans[] = {
	{ 0, 51, DEYE_SLOW },
	{ 59, 58, DEYE_FAST },
};
/* clang-format on */

/* As owners saw it: 4 is working, 2 is connected and not producing. The rest is not known. */
static const int8_t micro_run_states[] = {
	-1, -1, DEYE_RUN_STANDBY, -1, DEYE_RUN_NORMAL, -1,
};

#define TABLES(t)                                                                                  \
	.rows = t##_rows, .n_rows = SV_LEN(t##_rows), .spans = t##_spans,                          \
	.n_spans = SV_LEN(t##_spans)

const struct deye_model deye_models[DEYE__MAX] = {
	[DEYE_HYBRID1P] = { .name = "hybrid1p",
			    .phases = 2, /* split phase */
			    .codes = { 0x0003, 0x0103 },
			    .rated = 16,
			    .mppt = 18,
			    TABLES(hybrid1p) },
	[DEYE_HYBRID3P_LV] = { .name = "hybrid3p_lv",
			       .phases = 3,
			       .codes = { 0x0005 },
			       .rated = 20,
			       .mppt = 22,
			       TABLES(hybrid3p_lv) },
	[DEYE_HYBRID3P_HV] = { .name = "hybrid3p_hv",
			       .phases = 3,
			       .codes = { 0x0006, 0x0007, 0x0008, 0x0601, 0x0602 },
			       .main_firmware = 15,
			       .whole_kwh_from = 0x1098,
			       .rated = 20,
			       .mppt = 22,
			       TABLES(hybrid3p_hv) },
	[DEYE_STRING] = { .name = "string",
			  .phases = 3,
			  .codes = { 0x0002 },
			  .rated = 16,
			  .mppt = 18,
			  TABLES(string) },
	[DEYE_MICRO] = { .name = "micro",
			 .phases = 1,
			 .codes = { 0x0004 },
			 .run_states = micro_run_states,
			 .rated = 16,
			 .mppt = 18,
			 TABLES(micro) },
};
