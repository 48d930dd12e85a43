// Shapes of what the API says of the past; fcgi/README.md is the contract.
export type Cell = number | null;
export type Tier = '10s' | '1min' | '15min' | 'day';
/** Whom a series is of. */
export type Whose = number | 'bank' | 'house';

export interface Column {
  device: Whose;
  metric: string;
  unit: string;
  digits: number;
  part: 'avg' | 'min' | 'max' | 'last';
}

/** Columns over time; the first of `data` is the beginning of each bucket in seconds. */
export interface Series {
  tier: Tier;
  step_s: number;
  zone: string;
  reduced: boolean;
  columns: Column[];
  data: [number[], ...Cell[][]];
  /** Where the history of these begins; null: there is none. */
  oldest_ms: number | null;
}

/** Volts of each cell over time. */
export interface CellSeries {
  tier: Tier;
  step_s: number;
  cells: number;
  t_s: number[];
  avg: Cell[][];
  min: Cell[][];
  max: Cell[][];
}

export const flows = ['pv_load', 'battery_load', 'grid_load', 'gen_load', 'pv_battery', 'pv_grid', 'grid_battery', 'battery_grid'] as const;
export type FlowKey = (typeof flows)[number];

export interface Sums<T> {
  covered_s: T;
  pv_wh: T;
  load_wh: T;
  import_wh: T;
  export_wh: T;
  charge_wh: T;
  discharge_wh: T;
  gen_wh: T;
  grid_away_s: T;
  filled_wh: T;
  self_use: T;
  autarky: T;
  cost: T;
  earned: T;
  fee: T;
  saved: T;
}

export type Energies<T> = Sums<T> & { [F in FlowKey as `${F}_wh`]: T };

export const periods = ['hour', 'day', 'month', 'year'] as const;
export type Period = (typeof periods)[number];

export interface Energy {
  by: Period;
  zone: string;
  currency: string | null;
  periods: Energies<Cell[]> & { t_ms: number[] };
  total: Energies<Cell>;
}

export interface Tariff {
  id: number;
  /** A day. */
  valid_from: string;
  currency: string;
  day_price: number;
  /** null: the same at night. */
  night_price: number | null;
  night_from: string | null;
  night_to: string | null;
  export_price: number | null;
  month_fee: number | null;
}

/** What is not said is none. */
export type NewTariff = Pick<Tariff, 'valid_from' | 'currency' | 'day_price'> & Partial<Omit<Tariff, 'id'>>;

export interface Settings {
  zone: string;
  zone_set: boolean;
  keep_10s_days: number;
  keep_1min_days: number;
  /** 0: for ever. */
  keep_15min_days: number;
  card_tbw: number;
}

export interface Storage {
  db_bytes: number;
  wal_bytes: number;
  free_bytes: number | null;
  tiers: { name: string; bytes: number | null; from_ms: number | null; keep_days: number | null }[];
  written_today_bytes: number | null;
  written_day_bytes: number | null;
  year_bytes: number | null;
  card_tbw: number;
  card_years: number | null;
  rollup: { zone: string; days_done: number | null } | null;
}
