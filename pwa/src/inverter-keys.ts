// Order and grouping of what an inverter measures, says about itself, and of its settings.
import type { MetricKey } from './gen/metrics';
import type { NumberKey } from './components/Facts';
import type { UiKey } from './i18n';

export interface Table {
  title?: UiKey;
  /** Its rows are strings of panels, or phases. */
  rows: 'PV' | 'L';
  columns: MetricKey[];
  /** All zeros say nothing: nothing is wired there. */
  quiet?: boolean;
}

export interface Group {
  id: string;
  title: UiKey;
  facts: (NumberKey | 'grid_relay' | 'gen_relay')[];
  /** Its facts have names of their own; else the first voltage is called so, and so on. */
  named?: boolean;
  tables: Table[];
}

/** What an inverter lacks is not shown: facts, columns, whole groups. */
export const groups: Group[] = [
  { id: 'pv', title: 'sun', facts: ['pv_power'], tables: [{ rows: 'PV', columns: ['pv_powers', 'pv_voltages', 'pv_currents'] }] },
  {
    id: 'grid',
    title: 'grid',
    facts: ['grid_power', 'inside_power', 'grid_frequency', 'grid_relay'],
    tables: [
      { title: 'atMains', rows: 'L', columns: ['ct_powers', 'ct_currents'] },
      { title: 'atInverter', rows: 'L', columns: ['inside_powers', 'grid_voltages', 'grid_currents'] },
    ],
  },
  {
    id: 'load',
    title: 'house',
    facts: ['load_power', 'backup_power', 'load_frequency'],
    tables: [{ rows: 'L', columns: ['load_powers', 'backup_powers', 'load_voltages', 'load_currents'] }],
  },
  { id: 'battery', title: 'battery', facts: ['battery_power', 'battery_soc', 'battery_voltage', 'battery_current', 'battery_temperature'], tables: [] },
  { id: 'battery2', title: 'battery2', facts: ['battery2_power', 'battery2_soc', 'battery2_voltage', 'battery2_current', 'battery2_temperature'], tables: [] },
  {
    id: 'bms',
    title: 'bmsSeen',
    facts: ['bms_soc', 'bms_soh', 'bms_voltage', 'bms_current', 'bms_temperature', 'bms_charge_voltage', 'bms_charge_limit', 'bms_discharge_limit', 'bms_alarm', 'bms_fault'],
    tables: [],
  },
  { id: 'output', title: 'output', facts: ['inverter_power', 'inverter_frequency'], tables: [{ rows: 'L', columns: ['inverter_powers', 'inverter_voltages', 'inverter_currents'] }] },
  { id: 'gen', title: 'genPort', facts: ['gen_power', 'gen_frequency', 'gen_relay'], tables: [{ rows: 'L', columns: ['gen_powers', 'gen_voltages'], quiet: true }] },
  { id: 'warmth', title: 'temperatures', named: true, facts: ['dc_temperature', 'ac_temperature'], tables: [] },
];

/** A column that is not simply the power, voltage or current of its table. */
export const columnNames: Partial<Record<MetricKey, UiKey>> = { backup_powers: 'backup' };

/** Words for powers that have a direction: of a positive and of a negative value. */
export const ways: Partial<Record<MetricKey, [UiKey, UiKey]>> = {
  grid_power: ['importing', 'exporting'],
  battery_power: ['charging', 'discharging'],
  battery2_power: ['charging', 'discharging'],
};

export const infoOrder = [
  'family',
  'rated_power_w',
  'serial_number',
  'phases',
  'mppts',
  'firmware',
  'protocol_version',
  'battery_corrected_capacity_ah',
] as const;

/** Shown elsewhere, or in another form. */
export const infoHidden = ['mppt_phase', 'rated_phase'] as const;

export const settingGroups = {
  work: [
    'power_switch',
    'work_mode',
    'energy_pattern',
    'solar_sell',
    'max_sell_power_w',
    'zero_export_power_w',
    'max_solar_power_w',
    'active_power_regulation_pct',
    'off_grid',
  ],
  battery: [
    'control_mode',
    'battery_operation',
    'battery_capacity_ah',
    'max_charge_current_a',
    'max_discharge_current_a',
    'shutdown_soc_pct',
    'restart_soc_pct',
    'low_soc_pct',
    'shutdown_voltage_v',
    'restart_voltage_v',
    'low_voltage_v',
    'absorption_voltage_v',
    'float_voltage_v',
    'equalization_voltage_v',
    'equalization_cycle_days',
    'equalization_time_h',
    'battery_empty_voltage_v',
    'battery_resistance_mohm',
    'charge_efficiency_pct',
    'tempco_mv_c',
    'battery_wake_up',
    'parallel_batteries',
  ],
  charge: [
    'charging_signal',
    'grid_charge_enabled',
    'grid_charge_start_soc_pct',
    'grid_charge_start_voltage_v',
    'grid_charge_current_a',
    'gen_charge_enabled',
    'gen_charge_start_soc_pct',
    'gen_charge_start_voltage_v',
    'gen_charge_current_a',
  ],
  generator: [
    'gen_port_mode',
    'gen_force',
    'gen_max_time_h',
    'gen_cooling_time_h',
    'gen_on_grid_side',
    'gen_peak_shaving_w',
    'gen_min_pv_power_w',
    'smartload_on_soc_pct',
    'smartload_off_soc_pct',
    'smartload_on_voltage_v',
    'smartload_off_voltage_v',
    'ac_coupling',
  ],
  limits: [
    'grid_voltage_high_v',
    'grid_voltage_low_v',
    'grid_freq_high_hz',
    'grid_freq_low_hz',
    'overfreq_switch',
    'overfreq_start_hz',
    'overfreq_reduction_pct',
    'reconnect_time_s',
    'grid_voltage_type',
    'grid_freq_setting',
    'grid_max_import_w',
    'grid_max_export_w',
    'grid_peak_shaving_w',
    'asymmetric_export',
    'island_protection',
    'soft_start',
    'gfdi',
    'riso',
  ],
} as const;

/** A slot of the timetable: its settings are prog1_time, prog1_power_w, … prog6_charge. */
export const slotNumbers = [1, 2, 3, 4, 5, 6] as const;
export const slotKeys = ['time', 'power_w', 'soc_pct', 'voltage_v', 'charge'] as const;

export const familyNames = ['hybrid1p', 'hybrid3p_lv', 'hybrid3p_hv', 'string', 'micro'] as const;
