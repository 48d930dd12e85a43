-- The tiers for people: plain units, local time of the shell (TZ). Averages have the name of what they
-- are of, beside the lowest and the highest 10 s.

CREATE VIEW bank AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, day, t, n, quality,
	voltage_mv / 1000.0 AS voltage_v, current_ma / 1000.0 AS current_a,
	power_mw / 1000.0 AS power_w, soc_dp / 10.0 AS soc_percent,
	cell_min_mv / 1000.0 AS cell_min_v, cell_max_mv / 1000.0 AS cell_max_v,
	cell_delta_mv / 1000.0 AS cell_delta_v, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah
FROM slot CROSS JOIN bank_10s ON id >= place * 353894400 AND id < (place + 1) * 353894400
	AND t >= day AND t < day + 86400;

CREATE VIEW house AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, day, t, n, quality, pv_w, load_w, grid_w,
	battery_w, gen_w, battery_soc AS battery_soc_percent, flags & 1 AS grid_present,
	flags >> 1 & 1 AS grid_away
FROM slot CROSS JOIN house_10s ON id >= place * 353894400 AND id < (place + 1) * 353894400
	AND t >= day AND t < day + 86400;

CREATE VIEW battery_minutes AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality,
	voltage_mv / 1000.0 AS voltage_v, voltage_mv_min / 1000.0 AS voltage_v_min,
	voltage_mv_max / 1000.0 AS voltage_v_max, current_ma / 1000.0 AS current_a,
	current_ma_min / 1000.0 AS current_a_min, current_ma_max / 1000.0 AS current_a_max,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, soc AS soc_percent, soc_min AS soc_percent_min,
	soc_max AS soc_percent_max, balance_ma / 1000.0 AS balance_a,
	balance_ma_min / 1000.0 AS balance_a_min, balance_ma_max / 1000.0 AS balance_a_max,
	mos_dc / 10.0 AS mos_c, mos_dc_min / 10.0 AS mos_c_min, mos_dc_max / 10.0 AS mos_c_max,
	cell_min_mv / 1000.0 AS cell_min_v, cell_min_mv_min / 1000.0 AS cell_min_v_min,
	cell_min_mv_max / 1000.0 AS cell_min_v_max, cell_max_mv / 1000.0 AS cell_max_v,
	cell_max_mv_min / 1000.0 AS cell_max_v_min, cell_max_mv_max / 1000.0 AS cell_max_v_max,
	cell_delta_mv / 1000.0 AS cell_delta_v, cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, soh AS soh_percent,
	remaining_mah / 1000.0 AS remaining_ah, nominal_mah / 1000.0 AS nominal_ah, cycles,
	flags, errors, charge_mwh / 1000.0 AS charge_wh, discharge_mwh / 1000.0 AS discharge_wh
FROM battery_1min;

CREATE VIEW inverter_minutes AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality, pv_w,
	pv_w_min, pv_w_max, grid_w, grid_w_min, grid_w_max, load_w, load_w_min, load_w_max,
	battery_w, battery_w_min, battery_w_max, gen_w, gen_w_min, gen_w_max, inverter_w,
	inverter_w_min, inverter_w_max, backup_w, backup_w_min, backup_w_max,
	battery_mv / 1000.0 AS battery_v, battery_mv_min / 1000.0 AS battery_v_min,
	battery_mv_max / 1000.0 AS battery_v_max, battery_ma / 1000.0 AS battery_a,
	battery_ma_min / 1000.0 AS battery_a_min, battery_ma_max / 1000.0 AS battery_a_max,
	battery_soc AS battery_soc_percent, battery_soc_min AS battery_soc_percent_min,
	battery_soc_max AS battery_soc_percent_max, battery_dc / 10.0 AS battery_c,
	battery_dc_min / 10.0 AS battery_c_min, battery_dc_max / 10.0 AS battery_c_max,
	grid_chz / 100.0 AS grid_hz, grid_chz_min / 100.0 AS grid_hz_min,
	grid_chz_max / 100.0 AS grid_hz_max, dc_dc / 10.0 AS dc_c, dc_dc_min / 10.0 AS dc_c_min,
	dc_dc_max / 10.0 AS dc_c_max, ac_dc / 10.0 AS ac_c, ac_dc_min / 10.0 AS ac_c_min,
	ac_dc_max / 10.0 AS ac_c_max, run_state, flags, faults, warnings,
	pv_mwh / 1000.0 AS pv_wh, load_mwh / 1000.0 AS load_wh, import_mwh / 1000.0 AS import_wh,
	export_mwh / 1000.0 AS export_wh, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh, gen_mwh / 1000.0 AS gen_wh
FROM inverter_1min;

CREATE VIEW plug_minutes AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, voltage_mv / 1000.0 AS voltage_v,
	voltage_mv_min / 1000.0 AS voltage_v_min, voltage_mv_max / 1000.0 AS voltage_v_max,
	current_ma / 1000.0 AS current_a, current_ma_min / 1000.0 AS current_a_min,
	current_ma_max / 1000.0 AS current_a_max, rssi AS rssi_dbm, rssi_min AS rssi_dbm_min,
	rssi_max AS rssi_dbm_max, energy_today_wh, flags, energy_mwh / 1000.0 AS energy_wh, on_s
FROM plug_1min;

CREATE VIEW bank_minutes AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, covered_s, quality,
	voltage_mv / 1000.0 AS voltage_v, voltage_mv_min / 1000.0 AS voltage_v_min,
	voltage_mv_max / 1000.0 AS voltage_v_max, current_ma / 1000.0 AS current_a,
	current_ma_min / 1000.0 AS current_a_min, current_ma_max / 1000.0 AS current_a_max,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, soc_dp / 10.0 AS soc_percent,
	soc_dp_min / 10.0 AS soc_percent_min, soc_dp_max / 10.0 AS soc_percent_max,
	cell_min_mv / 1000.0 AS cell_min_v, cell_min_mv_min / 1000.0 AS cell_min_v_min,
	cell_min_mv_max / 1000.0 AS cell_min_v_max, cell_max_mv / 1000.0 AS cell_max_v,
	cell_max_mv_min / 1000.0 AS cell_max_v_min, cell_max_mv_max / 1000.0 AS cell_max_v_max,
	cell_delta_mv / 1000.0 AS cell_delta_v, cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh
FROM bank_1min;

CREATE VIEW house_minutes AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, covered_s, quality, pv_w, pv_w_min,
	pv_w_max, load_w, load_w_min, load_w_max, grid_w, grid_w_min, grid_w_max, battery_w,
	battery_w_min, battery_w_max, gen_w, gen_w_min, gen_w_max,
	battery_soc AS battery_soc_percent, battery_soc_min AS battery_soc_percent_min,
	battery_soc_max AS battery_soc_percent_max, flags, pv_mwh / 1000.0 AS pv_wh,
	load_mwh / 1000.0 AS load_wh, import_mwh / 1000.0 AS import_wh,
	export_mwh / 1000.0 AS export_wh, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh, gen_mwh / 1000.0 AS gen_wh,
	pv_load_mwh / 1000.0 AS pv_load_wh, pv_battery_mwh / 1000.0 AS pv_battery_wh,
	pv_grid_mwh / 1000.0 AS pv_grid_wh, grid_load_mwh / 1000.0 AS grid_load_wh,
	grid_battery_mwh / 1000.0 AS grid_battery_wh,
	battery_load_mwh / 1000.0 AS battery_load_wh,
	battery_grid_mwh / 1000.0 AS battery_grid_wh, gen_load_mwh / 1000.0 AS gen_load_wh,
	grid_away_s
FROM house_1min;

CREATE VIEW battery_quarters AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality,
	voltage_mv / 1000.0 AS voltage_v, voltage_mv_min / 1000.0 AS voltage_v_min,
	voltage_mv_max / 1000.0 AS voltage_v_max, current_ma / 1000.0 AS current_a,
	current_ma_min / 1000.0 AS current_a_min, current_ma_max / 1000.0 AS current_a_max,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, soc AS soc_percent, soc_min AS soc_percent_min,
	soc_max AS soc_percent_max, balance_ma / 1000.0 AS balance_a,
	balance_ma_min / 1000.0 AS balance_a_min, balance_ma_max / 1000.0 AS balance_a_max,
	mos_dc / 10.0 AS mos_c, mos_dc_min / 10.0 AS mos_c_min, mos_dc_max / 10.0 AS mos_c_max,
	cell_min_mv / 1000.0 AS cell_min_v, cell_min_mv_min / 1000.0 AS cell_min_v_min,
	cell_min_mv_max / 1000.0 AS cell_min_v_max, cell_max_mv / 1000.0 AS cell_max_v,
	cell_max_mv_min / 1000.0 AS cell_max_v_min, cell_max_mv_max / 1000.0 AS cell_max_v_max,
	cell_delta_mv / 1000.0 AS cell_delta_v, cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, soh AS soh_percent,
	remaining_mah / 1000.0 AS remaining_ah, nominal_mah / 1000.0 AS nominal_ah, cycles,
	flags, errors, charge_mwh / 1000.0 AS charge_wh, discharge_mwh / 1000.0 AS discharge_wh
FROM battery_15min;

CREATE VIEW inverter_quarters AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality, pv_w,
	pv_w_min, pv_w_max, grid_w, grid_w_min, grid_w_max, load_w, load_w_min, load_w_max,
	battery_w, battery_w_min, battery_w_max, gen_w, gen_w_min, gen_w_max, inverter_w,
	inverter_w_min, inverter_w_max, backup_w, backup_w_min, backup_w_max,
	battery_mv / 1000.0 AS battery_v, battery_mv_min / 1000.0 AS battery_v_min,
	battery_mv_max / 1000.0 AS battery_v_max, battery_ma / 1000.0 AS battery_a,
	battery_ma_min / 1000.0 AS battery_a_min, battery_ma_max / 1000.0 AS battery_a_max,
	battery_soc AS battery_soc_percent, battery_soc_min AS battery_soc_percent_min,
	battery_soc_max AS battery_soc_percent_max, battery_dc / 10.0 AS battery_c,
	battery_dc_min / 10.0 AS battery_c_min, battery_dc_max / 10.0 AS battery_c_max,
	grid_chz / 100.0 AS grid_hz, grid_chz_min / 100.0 AS grid_hz_min,
	grid_chz_max / 100.0 AS grid_hz_max, dc_dc / 10.0 AS dc_c, dc_dc_min / 10.0 AS dc_c_min,
	dc_dc_max / 10.0 AS dc_c_max, ac_dc / 10.0 AS ac_c, ac_dc_min / 10.0 AS ac_c_min,
	ac_dc_max / 10.0 AS ac_c_max, run_state, flags, faults, warnings,
	pv_mwh / 1000.0 AS pv_wh, load_mwh / 1000.0 AS load_wh, import_mwh / 1000.0 AS import_wh,
	export_mwh / 1000.0 AS export_wh, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh, gen_mwh / 1000.0 AS gen_wh
FROM inverter_15min;

CREATE VIEW plug_quarters AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, device, covered_s, quality,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, voltage_mv / 1000.0 AS voltage_v,
	voltage_mv_min / 1000.0 AS voltage_v_min, voltage_mv_max / 1000.0 AS voltage_v_max,
	current_ma / 1000.0 AS current_a, current_ma_min / 1000.0 AS current_a_min,
	current_ma_max / 1000.0 AS current_a_max, rssi AS rssi_dbm, rssi_min AS rssi_dbm_min,
	rssi_max AS rssi_dbm_max, energy_today_wh, flags, energy_mwh / 1000.0 AS energy_wh, on_s
FROM plug_15min;

CREATE VIEW bank_quarters AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, covered_s, quality,
	voltage_mv / 1000.0 AS voltage_v, voltage_mv_min / 1000.0 AS voltage_v_min,
	voltage_mv_max / 1000.0 AS voltage_v_max, current_ma / 1000.0 AS current_a,
	current_ma_min / 1000.0 AS current_a_min, current_ma_max / 1000.0 AS current_a_max,
	power_mw / 1000.0 AS power_w, power_mw_min / 1000.0 AS power_w_min,
	power_mw_max / 1000.0 AS power_w_max, soc_dp / 10.0 AS soc_percent,
	soc_dp_min / 10.0 AS soc_percent_min, soc_dp_max / 10.0 AS soc_percent_max,
	cell_min_mv / 1000.0 AS cell_min_v, cell_min_mv_min / 1000.0 AS cell_min_v_min,
	cell_min_mv_max / 1000.0 AS cell_min_v_max, cell_max_mv / 1000.0 AS cell_max_v,
	cell_max_mv_min / 1000.0 AS cell_max_v_min, cell_max_mv_max / 1000.0 AS cell_max_v_max,
	cell_delta_mv / 1000.0 AS cell_delta_v, cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh
FROM bank_15min;

CREATE VIEW house_quarters AS SELECT
	datetime(t, 'unixepoch', 'localtime') AS time, t, covered_s, quality, pv_w, pv_w_min,
	pv_w_max, load_w, load_w_min, load_w_max, grid_w, grid_w_min, grid_w_max, battery_w,
	battery_w_min, battery_w_max, gen_w, gen_w_min, gen_w_max,
	battery_soc AS battery_soc_percent, battery_soc_min AS battery_soc_percent_min,
	battery_soc_max AS battery_soc_percent_max, flags, pv_mwh / 1000.0 AS pv_wh,
	load_mwh / 1000.0 AS load_wh, import_mwh / 1000.0 AS import_wh,
	export_mwh / 1000.0 AS export_wh, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh, gen_mwh / 1000.0 AS gen_wh,
	pv_load_mwh / 1000.0 AS pv_load_wh, pv_battery_mwh / 1000.0 AS pv_battery_wh,
	pv_grid_mwh / 1000.0 AS pv_grid_wh, grid_load_mwh / 1000.0 AS grid_load_wh,
	grid_battery_mwh / 1000.0 AS grid_battery_wh,
	battery_load_mwh / 1000.0 AS battery_load_wh,
	battery_grid_mwh / 1000.0 AS battery_grid_wh, gen_load_mwh / 1000.0 AS gen_load_wh,
	grid_away_s
FROM house_15min;

CREATE VIEW battery_days AS SELECT
	day, t, device, covered_s, quality, voltage_mv / 1000.0 AS voltage_v,
	voltage_mv_min / 1000.0 AS voltage_v_min, voltage_mv_max / 1000.0 AS voltage_v_max,
	current_ma / 1000.0 AS current_a, current_ma_min / 1000.0 AS current_a_min,
	current_ma_max / 1000.0 AS current_a_max, power_mw / 1000.0 AS power_w,
	power_mw_min / 1000.0 AS power_w_min, power_mw_max / 1000.0 AS power_w_max,
	soc AS soc_percent, soc_min AS soc_percent_min, soc_max AS soc_percent_max,
	balance_ma / 1000.0 AS balance_a, balance_ma_min / 1000.0 AS balance_a_min,
	balance_ma_max / 1000.0 AS balance_a_max, mos_dc / 10.0 AS mos_c,
	mos_dc_min / 10.0 AS mos_c_min, mos_dc_max / 10.0 AS mos_c_max,
	cell_min_mv / 1000.0 AS cell_min_v, cell_min_mv_min / 1000.0 AS cell_min_v_min,
	cell_min_mv_max / 1000.0 AS cell_min_v_max, cell_max_mv / 1000.0 AS cell_max_v,
	cell_max_mv_min / 1000.0 AS cell_max_v_min, cell_max_mv_max / 1000.0 AS cell_max_v_max,
	cell_delta_mv / 1000.0 AS cell_delta_v, cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, soh AS soh_percent,
	remaining_mah / 1000.0 AS remaining_ah, nominal_mah / 1000.0 AS nominal_ah, cycles,
	flags, errors, charge_mwh / 1000.0 AS charge_wh, discharge_mwh / 1000.0 AS discharge_wh
FROM battery_day;

CREATE VIEW inverter_days AS SELECT
	day, t, device, covered_s, quality, pv_w, pv_w_min, pv_w_max, grid_w, grid_w_min,
	grid_w_max, load_w, load_w_min, load_w_max, battery_w, battery_w_min, battery_w_max,
	gen_w, gen_w_min, gen_w_max, inverter_w, inverter_w_min, inverter_w_max, backup_w,
	backup_w_min, backup_w_max, battery_mv / 1000.0 AS battery_v,
	battery_mv_min / 1000.0 AS battery_v_min, battery_mv_max / 1000.0 AS battery_v_max,
	battery_ma / 1000.0 AS battery_a, battery_ma_min / 1000.0 AS battery_a_min,
	battery_ma_max / 1000.0 AS battery_a_max, battery_soc AS battery_soc_percent,
	battery_soc_min AS battery_soc_percent_min, battery_soc_max AS battery_soc_percent_max,
	battery_dc / 10.0 AS battery_c, battery_dc_min / 10.0 AS battery_c_min,
	battery_dc_max / 10.0 AS battery_c_max, grid_chz / 100.0 AS grid_hz,
	grid_chz_min / 100.0 AS grid_hz_min, grid_chz_max / 100.0 AS grid_hz_max,
	dc_dc / 10.0 AS dc_c, dc_dc_min / 10.0 AS dc_c_min, dc_dc_max / 10.0 AS dc_c_max,
	ac_dc / 10.0 AS ac_c, ac_dc_min / 10.0 AS ac_c_min, ac_dc_max / 10.0 AS ac_c_max,
	run_state, flags, faults, warnings, pv_mwh / 1000.0 AS pv_wh,
	load_mwh / 1000.0 AS load_wh, import_mwh / 1000.0 AS import_wh,
	export_mwh / 1000.0 AS export_wh, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh, gen_mwh / 1000.0 AS gen_wh
FROM inverter_day;

CREATE VIEW plug_days AS SELECT
	day, t, device, covered_s, quality, power_mw / 1000.0 AS power_w,
	power_mw_min / 1000.0 AS power_w_min, power_mw_max / 1000.0 AS power_w_max,
	voltage_mv / 1000.0 AS voltage_v, voltage_mv_min / 1000.0 AS voltage_v_min,
	voltage_mv_max / 1000.0 AS voltage_v_max, current_ma / 1000.0 AS current_a,
	current_ma_min / 1000.0 AS current_a_min, current_ma_max / 1000.0 AS current_a_max,
	rssi AS rssi_dbm, rssi_min AS rssi_dbm_min, rssi_max AS rssi_dbm_max, energy_today_wh,
	flags, energy_mwh / 1000.0 AS energy_wh, on_s
FROM plug_day;

CREATE VIEW bank_days AS SELECT
	day, t, covered_s, quality, voltage_mv / 1000.0 AS voltage_v,
	voltage_mv_min / 1000.0 AS voltage_v_min, voltage_mv_max / 1000.0 AS voltage_v_max,
	current_ma / 1000.0 AS current_a, current_ma_min / 1000.0 AS current_a_min,
	current_ma_max / 1000.0 AS current_a_max, power_mw / 1000.0 AS power_w,
	power_mw_min / 1000.0 AS power_w_min, power_mw_max / 1000.0 AS power_w_max,
	soc_dp / 10.0 AS soc_percent, soc_dp_min / 10.0 AS soc_percent_min,
	soc_dp_max / 10.0 AS soc_percent_max, cell_min_mv / 1000.0 AS cell_min_v,
	cell_min_mv_min / 1000.0 AS cell_min_v_min, cell_min_mv_max / 1000.0 AS cell_min_v_max,
	cell_max_mv / 1000.0 AS cell_max_v, cell_max_mv_min / 1000.0 AS cell_max_v_min,
	cell_max_mv_max / 1000.0 AS cell_max_v_max, cell_delta_mv / 1000.0 AS cell_delta_v,
	cell_delta_mv_min / 1000.0 AS cell_delta_v_min,
	cell_delta_mv_max / 1000.0 AS cell_delta_v_max, remaining_mah / 1000.0 AS remaining_ah,
	nominal_mah / 1000.0 AS nominal_ah, charge_mwh / 1000.0 AS charge_wh,
	discharge_mwh / 1000.0 AS discharge_wh
FROM bank_day;

CREATE VIEW house_days AS SELECT
	day, t, covered_s, quality, pv_w, pv_w_min, pv_w_max, load_w, load_w_min, load_w_max,
	grid_w, grid_w_min, grid_w_max, battery_w, battery_w_min, battery_w_max, gen_w,
	gen_w_min, gen_w_max, battery_soc AS battery_soc_percent,
	battery_soc_min AS battery_soc_percent_min, battery_soc_max AS battery_soc_percent_max,
	flags, pv_mwh / 1000.0 AS pv_wh, load_mwh / 1000.0 AS load_wh,
	import_mwh / 1000.0 AS import_wh, export_mwh / 1000.0 AS export_wh,
	charge_mwh / 1000.0 AS charge_wh, discharge_mwh / 1000.0 AS discharge_wh,
	gen_mwh / 1000.0 AS gen_wh, pv_load_mwh / 1000.0 AS pv_load_wh,
	pv_battery_mwh / 1000.0 AS pv_battery_wh, pv_grid_mwh / 1000.0 AS pv_grid_wh,
	grid_load_mwh / 1000.0 AS grid_load_wh, grid_battery_mwh / 1000.0 AS grid_battery_wh,
	battery_load_mwh / 1000.0 AS battery_load_wh,
	battery_grid_mwh / 1000.0 AS battery_grid_wh, gen_load_mwh / 1000.0 AS gen_load_wh,
	grid_away_s
FROM house_day;

