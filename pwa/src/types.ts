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

export interface Link {
  rssi: number | null;
  mtu: number | null;
  notify: string | null;
  connected: boolean | null;
  frames: number | null;
  bad_frames: number | null;
  reconnects: number | null;
  last_frame_ms: number | null;
}

export type Flat = Record<string, unknown>;

export interface Block {
  age_ms: number | null;
  values: Flat;
}

export interface DeviceDetails extends Device {
  enabled: boolean;
  position: number;
  created_ms: number;
  link: Link | null;
  info: Block | null;
  settings: Block | null;
}
