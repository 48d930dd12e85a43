// What is known of plugs: which comes first, whether one is on, what they draw.
import { isPlug, isSocket } from './kinds';
import { blind, qualityNow, snapshot } from './store';
import type { Device } from './types';

const PRIORITY = 5;

/** Reasons that no waiting mends: the owner has to do something. */
const troubles = new Set(['no_account', 'wrong_password', 'wrong_account', 'third_party_off', 'old_protocol', 'locked', 'not_supported', 'other_device', 'bad_config']);

/**
 * `on` and `off` are what the plug says now; `old`: nobody can ask it at present; `away`: it does not
 * answer; `trouble`: it answers, but not to us; `mute`: it has not said yet.
 */
export type PlugState = 'on' | 'off' | 'old' | 'away' | 'trouble' | 'mute' | 'disabled';

export const isStrip = (d: Device): boolean => !isSocket(d) && (d.sockets ?? 0) > 0;
export const neverOff = (d: Device): boolean => d.never_off === true || d.never_off === 'yes';

export function stateOf(device: Device): PlugState {
  const { state, reason, values } = device;
  if (state === 'disabled') return 'disabled';
  if (reason && troubles.has(reason)) return 'trouble';
  const quality = qualityNow(device);
  if (blind.value) return quality === 'none' ? 'mute' : 'old';
  if (state === 'live' && (quality === 'ok' || quality === 'suspect')) {
    if (isStrip(device)) return 'on';
    return values?.on == null ? 'mute' : values.on ? 'on' : 'off';
  }
  return quality === 'none' && state !== 'lost' && state !== 'resting' ? 'mute' : 'away';
}

export const answers = (device: Device): boolean => ['on', 'off'].includes(stateOf(device));

/** What can be switched: plugs and sockets, but no strip. Most important first. */
export function switchable(devices: readonly Device[]): Device[] {
  return inOrder(devices.filter((d) => isPlug(d) && !isStrip(d)));
}

export function inOrder(devices: readonly Device[]): Device[] {
  return [...devices].sort((a, b) => (a.priority ?? PRIORITY) - (b.priority ?? PRIORITY) || a.name.localeCompare(b.name));
}

export const socketsOf = (strip: Device): Device[] =>
  (snapshot.value?.live.devices ?? [])
    .filter((d) => d.parent === strip.id)
    .sort((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true }));

/** Watts, measured or estimated; null: not known. */
export interface Watts {
  w: number | null;
  estimated: boolean;
}

export function wattsOf(device: Device): Watts {
  const w = device.values?.power;
  if (w != null) return { w, estimated: false };
  // one with a meter has only been silent about it
  const guess = device.measures ? 0 : (device.estimated_w ?? 0);
  return guess > 0 && device.values?.on ? { w: guess, estimated: true } : { w: null, estimated: false };
}

export interface Sums {
  /** null: no plug measures. */
  measured: number | null;
  estimated: number;
  /** Plugs that are not in it, for they do not answer. */
  missing: number;
}

export function sumsOf(plugs: readonly Device[]): Sums {
  const sums: Sums = { measured: null, estimated: 0, missing: 0 };
  for (const d of plugs) {
    const { w, estimated } = wattsOf(d);
    if (d.state === 'disabled') continue;
    if (!answers(d)) sums.missing++;
    else if (estimated) sums.estimated += w ?? 0;
    else if (w !== null) sums.measured = (sums.measured ?? 0) + w;
  }
  return sums;
}
