// The devices as they are configured, and orders to change them.
import { effect, signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ApiError, addDevice, changeDevice, connectDevice, getDevice, getDevices, releaseDevice, removeDevice } from './api';
import { useRepeated } from './hooks';
import { isSocket } from './kinds';
import { pollSoon } from './poll';
import { renew, session, snapshot } from './store';
import type { Device, DeviceChange, DeviceConfig, DeviceDetails, NewDevice } from './types';

const LIST_EVERY_MS = 5000;
const DETAILS_EVERY_MS = 10_000;

/** In the order of the house; null until the server has told. */
export const devices = signal<DeviceConfig[] | null>(null);

effect(() => {
  if (!session.value) devices.value = null;
});

let edition = 0; // an answer to a question from before the last change is out of date

export async function loadDevices(): Promise<void> {
  const mine = edition;
  const list = (await getDevices()).devices;
  if (mine === edition) devices.value = list.sort((a, b) => a.position - b.position);
}

/** For what is asked again in a moment anyhow: no answer leaves the last one in place. */
async function quietly(load: Promise<void>): Promise<void> {
  try {
    await load;
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
  }
}

export function useDevices(): void {
  useRepeated(() => quietly(loadDevices()), LIST_EVERY_MS, []);
}

/** Link, info and settings: they change rarely, so they are asked for rarely. */
export function useDetails(id: number) {
  const [details, setDetails] = useState<DeviceDetails | null>(null);
  const [failed, setFailed] = useState(false);
  const load = async (signal: AbortSignal) => {
    try {
      const got = await getDevice(id, signal);
      if (signal.aborted) return;
      setDetails(got);
      setFailed(false);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (!signal.aborted) setFailed(true);
    }
  };
  useRepeated(load, DETAILS_EVERY_MS, [id]);
  return { details: details?.id === id ? details : null, failed };
}

function take(device: DeviceDetails): void {
  edition++;
  const list = devices.value;
  if (list) devices.value = list.map((d) => (d.id === device.id ? { ...d, ...device } : d));
  renew(device);
  pollSoon();
}

export async function change(id: number, what: DeviceChange): Promise<void> {
  take(await changeDevice(id, what));
}

export async function release(id: number, seconds: number): Promise<void> {
  take(await releaseDevice(id, seconds));
}

export async function connect(id: number): Promise<void> {
  take(await connectDevice(id));
}

export async function add(what: NewDevice): Promise<DeviceDetails> {
  const device = await addDevice(what);
  edition++;
  devices.value = [...(devices.value ?? []), device];
  pollSoon();
  return device;
}

/** Gives the job that removes the history, null when it is kept. */
export async function remove(id: number, history: 'keep' | 'remove'): Promise<number | null> {
  const { job } = await removeDevice(id, history);
  edition++;
  devices.value = devices.value?.filter((d) => d.id !== id) ?? null;
  pollSoon();
  return job;
}

/**
 * One place up or down; the list shows it at once, and the server's order if it refuses. Sockets stand
 * with their strip wherever they are in the order: it goes on to the next that is none.
 */
export async function move(id: number, by: 1 | -1): Promise<void> {
  const list = [...(devices.value ?? [])];
  const from = list.findIndex((d) => d.id === id);
  let to = from + by;
  while (list[to] && isSocket(list[to] as DeviceConfig)) to += by;
  const [device] = list.splice(from, 1);
  if (!device || to < 0 || to > list.length) return;
  list.splice(to, 0, device);
  edition++;
  devices.value = list;
  try {
    await changeDevice(id, { position: to + 1 });
  } finally {
    edition++;
    await quietly(loadDevices());
    pollSoon();
  }
}

export function knownDevice(id: number): DeviceConfig | Device | undefined {
  const all: (DeviceConfig | Device)[] = devices.value ?? snapshot.value?.live.devices ?? [];
  return all.find((d) => d.id === id);
}

export const nameOf = (id: number): string | null => knownDevice(id)?.name ?? null;

/** "Pack 3" after "Pack 2": the number after all that are taken. "Garage 2024" has no such number. */
export function freeName(base: string, isKind: (d: DeviceConfig) => boolean): string {
  const same = (devices.value ?? []).filter(isKind);
  const taken = same.map((d) => /(?:^|\D)(\d{1,2})\s*$/.exec(d.name)?.[1]).map((n) => Number(n ?? 0));
  return `${base} ${Math.max(same.length, ...taken) + 1}`;
}
