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

export interface Bank {
  packs: number;
  packs_live: number;
  quality: Quality;
  age_ms: number | null;
  /** Packs that are not in the sums, and why. */
  left_out: { device: number; why: string }[];
  max_device: number | null;
  min_device: number | null;
  values: Values;
}

export interface Device {
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
  age_ms: number | null;
  quality: Quality;
  suspect: string[];
  values: Values | null;
}

export interface Live {
  now_ms: number;
  collector: Collector;
  bank: Bank | null;
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

export interface Options {
  notify?: string;
  adapter?: string;
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
  link: Link | null;
  outages: Outages | null;
  info: Block | null;
  settings: Block | null;
}

export interface DeviceChange {
  name?: string;
  enabled?: boolean;
  position?: number;
  notify?: string;
  adapter?: string;
  pin?: string;
}

export interface NewDevice {
  name: string;
  address: string;
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

export interface JobResult {
  devices?: Found[];
  pieces?: number;
  frames?: number;
  bytes?: number;
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

export interface Job {
  id: number;
  kind: string;
  device: number | null;
  state: JobState;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  progress: number | null;
  text: string | null;
  result: JobResult | null;
}

export interface Happening {
  t_ms: number;
  device: number | null;
  kind: string;
  data: Record<string, unknown> | null;
}
