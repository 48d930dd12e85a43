// Shapes of the API's answers; fcgi/README.md is the contract.
import type { Values } from './gen/metrics';

export type Quality = 'ok' | 'suspect' | 'stale' | 'none';

export const deviceStates = [
  'disabled',
  'searching',
  'connecting',
  'waiting',
  'live',
  'silent',
  'lost',
  'unavailable',
  'resting',
  'released',
  'asleep',
] as const;
export type DeviceState = (typeof deviceStates)[number];

/** Nothing is wrong with these: it is meant to be so. */
export const calmStates: readonly DeviceState[] = ['disabled', 'released', 'asleep'];

export interface Health {
  status: string;
  version: string;
  time_ms: number;
  claimed: boolean;
  collector: Collector;
}

export interface Collector {
  state: string;
  age_ms: number | null;
  /** One English sentence, when something is wrong with the daemon itself. */
  problem?: string | null;
}

export interface Session {
  user: string;
  level: string;
  created_ms: number;
  expires_ms: number;
}

/** How good a reading is, and how long it may be shown as new. */
export interface Aged {
  quality: Quality;
  age_ms: number | null;
  fresh_ms: number;
}

/** A device that is not in the sums, and why. */
export interface LeftOut {
  device: number;
  why: string;
}

export interface Bank extends Aged {
  packs: number;
  packs_live: number;
  left_out: LeftOut[];
  max_device: number | null;
  min_device: number | null;
  values: Values;
}

export type GridState = 'present' | 'absent' | 'unknown';

export interface Grid {
  state: GridState;
  /** As it was when it was last known, and since when; null: before svitlo looked. */
  known: GridState | null;
  since_ms: number | null;
}

/** What may be counted in a day, in the order in which it is shown. */
export const channels = ['pv', 'load', 'import', 'export', 'charge', 'discharge', 'gen'] as const;
export type Channel = (typeof channels)[number];

export interface House extends Aged {
  inverters: number;
  inverters_live: number;
  left_out: LeftOut[];
  values: Values;
  grid: Grid;
  today: { [C in `${Channel}_wh`]?: number | null };
  /** IANA time zone of the house's days. */
  zone: string | null;
}

export interface Device extends Aged {
  id: number;
  kind: string;
  name: string;
  address: string;
  state: DeviceState;
  state_since_ms: number | null;
  /** When the state ends by itself, by the server's clock. */
  until_ms: number | null;
  reason: string | null;
  detail: string | null;
  suspect: string[];
  values: Values | null;
  /** Of a socket: its strip. */
  parent?: number | null;
  /** The rest is of plugs. Has it a meter? null: not known yet. */
  measures?: boolean | null;
  /** Of a strip: how many. */
  sockets?: number | null;
  /** 1 is the most important. */
  priority?: number | null;
  never_off?: boolean | string | null;
  estimated_w?: number | null;
  timer?: Omit<Timer, 'device'> | null;
  command?: { id: number; action: Action } | null;
}

export type Action = 'on' | 'off';

/** A plug is going to be switched. */
export interface Timer {
  id: number;
  device: number;
  action: Action;
  at_ms: number;
  by: string;
  who?: string | null;
  tries?: number;
  text?: string | null;
}

/** An order to switch a plug, and what became of it. */
export interface Command {
  id: number;
  device: number;
  action: Action;
  state: 'pending' | 'claimed' | 'done' | 'failed' | 'expired';
  ended_ms: number | null;
  /** What the plug said last; null: nothing. */
  on: boolean | null;
  code: string | null;
  text: string | null;
}

/** A switch that was made, refused or seen. */
export interface Switched {
  id: number;
  t_ms: number;
  device: number;
  action: Action;
  by: string;
  who: string | null;
  result: string;
  code: string | null;
  text: string | null;
}

export interface Account {
  kind: string;
  set: boolean;
  set_ms: number | null;
}

export interface Live {
  now_ms: number;
  collector: Collector;
  bank: Bank | null;
  house: House | null;
  devices: Device[];
}

/** From the mildest to the strongest. */
export const cureNames = ['ask', 'resubscribe', 'reconnect', 'forget', 'power_cycle', 'rest'] as const;

export interface Cure {
  count: number;
  worked: number;
  last_ms: number | null;
}

export interface Link {
  adapter?: string | null;
  rssi: number | null;
  mtu: number | null;
  notify: string | null;
  connected: boolean | null;
  frames: number | null;
  bad_frames: number | null;
  bad?: Record<string, number> | null;
  reconnects: number | null;
  last_frame_ms: number | null;
  cures?: Partial<Record<string, Cure>> | null;
}

/** Of an inverter; what is not known is absent. */
export interface InverterLink {
  transport?: string;
  connected?: boolean;
  serial?: number;
  asked?: number;
  answered?: number;
  timeouts?: number;
  damaged?: number;
  refused?: number;
  late?: number;
  unsolicited?: number;
  heartbeats?: number;
  foreign_bytes?: number;
  resent?: number;
  reconnects?: number;
  success_pct?: number;
  latency_ms?: number;
  last_reading_ms?: number;
  poll_s?: number;
  block?: number;
  family?: string;
  power_scale?: number;
  battery_scale?: number;
  day_scale?: number;
  total_scale?: number;
  clamp?: boolean;
}

/** Of a plug. */
export interface PlugLink {
  requests?: number;
  errors?: number;
  handshakes?: number;
  /** Sessions that another client took. */
  stolen?: number;
  mac?: string;
}

export interface Outage {
  t_ms: number;
  /** null while it lasts. */
  back_ms: number | null;
  reason: string | null;
  detail: string | null;
  cure: string | null;
}

export interface Outages {
  count: number;
  lost_ms: number;
  last: Outage | null;
}

export type Flat = Record<string, unknown>;

export interface Block {
  age_ms: number | null;
  values: Flat;
}

/** Those that are words, by kind; more may be there. */
export interface Options {
  notify?: string;
  adapter?: string;
  family?: string;
  power_scale?: string;
  battery_scale?: string;
  day_scale?: string;
  total_scale?: string;
  clamp?: string;
  block?: string;
  poll_s?: number;
  energy_s?: number;
  transport?: string;
  priority?: number;
  never_off?: string;
  estimated_w?: number;
  notes?: string;
}

/** A device of the list: how it is configured, and its state. */
export interface DeviceConfig extends Omit<Device, 'suspect' | 'values'> {
  enabled: boolean;
  position: number;
  options: Options;
  has_pin: boolean;
  created_ms: number;
}

export interface DeviceDetails extends DeviceConfig, Device {
  /** Of a battery, an inverter or a plug: `kind` says which. */
  link: (Link & InverterLink & PlugLink) | null;
  outages: Outages | null;
  info: Block | null;
  settings: Block | null;
}

export interface DeviceChange extends Options {
  name?: string;
  enabled?: boolean;
  position?: number;
  pin?: string;
}

export interface NewDevice {
  kind?: string;
  name: string;
  address: string;
  transport?: 'aes';
}

export interface Adapter {
  name: string;
  address: string | null;
  state: string;
  scanning: boolean;
  links: number;
  power_cycles: number;
  last_power_cycle_ms: number | null;
}

export interface Bluetooth {
  age_ms: number | null;
  reason: string | null;
  detail: string | null;
  adapters: Adapter[];
}

/** What a scan has heard. */
export interface Found {
  address: string;
  name: string | null;
  rssi: number | null;
  adapter: string | null;
  jk: boolean;
  why: string[];
  connected: boolean;
  device: number | null;
}

/** An inverter's stick or a plug that has answered a call. */
export interface FoundOnNet {
  kind: string;
  address: string;
  serial?: number | null;
  mac?: string | null;
  device: number | null;
  /** The rest is of plugs. */
  model?: string | null;
  transport?: string | null;
  /** Does it belong to our account? null: not known. */
  account?: boolean | null;
  /** What will keep it from working. */
  reason?: string | null;
}

export interface Stick {
  mac: string;
  serial?: number;
}

export interface Probe {
  found: boolean;
  /** The way in that worked. */
  address: string | null;
  link: InverterLink | null;
  info: Flat | null;
  reading: Values | null;
  suspect: string[] | null;
  reason: string | null;
  detail: string | null;
  advice: string | null;
  stick: Stick | null;
  /** Of a strip. */
  sockets?: { position: number; name: string | null; on: boolean | null }[] | null;
}

export interface Recorded {
  pieces?: number;
  frames?: number;
  bytes?: number;
}

/** What the kinds of jobs bring. */
export interface Results {
  scan: { devices?: Found[] };
  discover: { devices?: FoundOnNet[]; asked?: number; networks?: string[]; broadcasts?: string[] };
  probe: Probe;
  capture: Recorded;
  forget: unknown;
  account: { address?: string | null; model?: string | null; saved?: boolean; reason?: string | null };
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Job<K extends keyof Results = keyof Results> {
  id: number;
  kind: K;
  device: number | null;
  state: JobState;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  progress: number | null;
  text: string | null;
  result: Results[K] | null;
}

export interface Happening {
  t_ms: number;
  device: number | null;
  kind: string;
  data: Record<string, unknown> | null;
}

/** The grid was away. */
export interface GridOutage {
  from_ms: number;
  /** null while it lasts. */
  to_ms: number | null;
  unsure_ms: number | null;
  soc_from: number | null;
  soc_to: number | null;
  battery_wh: number | null;
}
