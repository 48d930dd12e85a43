/* Names of faults and warnings, as bits: bit n of the fault words is F(n + 1). Source: the lists of
 * sunsynk for high-voltage models, the fullest; ha-solarman for the rest. */
#include "deye.h"

#include "svitlo/util.h"

#include <stddef.h>

#define FAULT(n, name) [(n)-1] = "f" #n "_" name

const char *deye_fault_name(unsigned bit)
{
	static const char *const names[64] = {
		FAULT(1, "dc_reversed"),
		FAULT(2, "dc_insulation_permanent"),
		FAULT(3, "dc_leakage"),
		FAULT(4, "ground_fault"),
		FAULT(5, "memory_read"),
		FAULT(6, "memory_write"),
		FAULT(7, "dc_soft_start"),
		FAULT(8, "gfdi_contact"),
		FAULT(9, "igbt_drop_voltage"),
		FAULT(10, "auxiliary_supply"),
		FAULT(11, "ac_main_contactor"),
		FAULT(12, "ac_auxiliary_contactor"),
		FAULT(13, "working_mode_changed"),
		FAULT(14, "dc_overcurrent_software"),
		FAULT(15, "ac_overcurrent_software"),
		FAULT(16, "dc_ground_leakage"),
		FAULT(17, "unknown"),
		FAULT(18, "ac_overcurrent_hardware"),
		FAULT(19, "hardware_failure"),
		FAULT(20, "dc_overcurrent"),
		FAULT(21, "dc_bus_overcurrent"),
		FAULT(22, "emergency_stop"),
		FAULT(23, "ac_leakage"),
		FAULT(24, "dc_insulation"),
		FAULT(25, "dc_feedback"),
		FAULT(26, "dc_bus_imbalance"),
		FAULT(27, "dc_end_insulation"),
		FAULT(28, "inverter_1_dc_high"),
		FAULT(29, "parallel_cable"),
		FAULT(30, "ac_main_contactor_fault"),
		FAULT(31, "relay_open"),
		FAULT(32, "inverter_2_dc_high"),
		FAULT(33, "ac_overcurrent"),
		FAULT(34, "backup_overload"),
		FAULT(35, "no_ac_grid"),
		FAULT(36, "grid_phase_order"),
		FAULT(37, "voltage_unbalance"),
		FAULT(38, "current_unbalance"),
		FAULT(39, "ac_overcurrent_cycle"),
		FAULT(40, "dc_overcurrent_fault"),
		FAULT(41, "parallel_stopped"),
		FAULT(42, "ac_low_voltage"),
		FAULT(43, "ac_vw_overvoltage"),
		FAULT(44, "ac_vw_low_voltage"),
		FAULT(45, "ac_uv_overvoltage"),
		FAULT(46, "battery_1"),
		FAULT(47, "grid_frequency_high"),
		FAULT(48, "grid_frequency_low"),
		FAULT(49, "battery_2"),
		FAULT(50, "dc_component_v"),
		FAULT(51, "dc_component_w"),
		FAULT(52, "dc_voltage_high"),
		FAULT(53, "dc_voltage_low"),
		FAULT(54, "battery_1_voltage_high"),
		FAULT(55, "battery_2_voltage_high"),
		FAULT(56, "battery_voltage_low"),
		FAULT(57, "battery_2_voltage_low"),
		FAULT(58, "bms_communication"),
		FAULT(59, "grid_v_overcurrent"),
		FAULT(60, "grid_w_overcurrent"),
		FAULT(61, "reactor_a_overcurrent"),
		FAULT(62, "drm_stop"),
		FAULT(63, "arc_fault"),
		FAULT(64, "heat_sink_hot"),
	};

	return names[bit % 64];
}

#define BIT(n) "bit_" #n

const char *deye_micro_fault_name(unsigned bit)
{
	static const char *const names[32] = {
		"micro_dc_overvoltage",
		"micro_bus_overvoltage",
		"micro_bus_uneven",
		"micro_bus_undervoltage",
		"micro_bus_2_uneven",
		"micro_dc_a_overcurrent",
		"micro_dc_b_overcurrent",
		"micro_dc_disturbance",
		"micro_grid_overcurrent",
		"micro_igbt_overcurrent",
		"micro_grid_disturbance",
		"micro_arc_self_test",
		"micro_arc_reserved",
		"micro_grid_sample",
		BIT(14),
		BIT(15),
		/* these come in combinations: the grid lost a phase, or a relay is not connected */
		"micro_grid_phase",
		"micro_grid_phase",
	};

	return bit < SV_LEN(names) && names[bit] ? names[bit] : "micro_grid_phase";
}

const char *deye_warning_name(unsigned bit)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = { { 1, "fan" },
		      { 2, "grid_phase" },
		      { 3, "meter_communication" },
		      { 30, "battery_lost" },
		      { 31, "parallel_communication" } };

	for (size_t i = 0; i < SV_LEN(names); i++)
		if (names[i].bit == bit)
			return names[i].name;
	return "other";
}
