// What a device is decides which page shows it. A kind that this page does not know has none: its
// name, state and address are shown, no more.
import type { Device } from './types';

type Of = Pick<Device, 'kind'>;

const pages: Record<string, string> = { 'jk-bms': 'battery', deye: 'inverter' };

export const isBattery = ({ kind }: Of): boolean => pages[kind] === 'battery';
export const isInverter = ({ kind }: Of): boolean => pages[kind] === 'inverter';

export function pageOf({ id, kind }: Pick<Device, 'id' | 'kind'>): string | null {
  return pages[kind] ? `/${pages[kind]}/${id}` : null;
}
