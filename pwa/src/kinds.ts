// What a device is decides which page shows it. A kind that this page does not know has none: its
// name, state and address are shown, no more.
import type { Device } from './types';

type Of = Pick<Device, 'kind'>;

const pages: Record<string, string> = { 'jk-bms': 'battery', deye: 'inverter', tapo: 'plug', 'tapo-socket': 'plug' };

export const isBattery = ({ kind }: Of): boolean => pages[kind] === 'battery';
export const isInverter = ({ kind }: Of): boolean => pages[kind] === 'inverter';

export const isPlug = ({ kind }: Of): boolean => pages[kind] === 'plug';
/** A socket of a strip: it comes and goes with the strip. */
export const isSocket = ({ kind }: Of): boolean => kind === 'tapo-socket';

/** In which words it is said why one is not live. */
export const reasonsOf = (d: Of) => (isPlug(d) ? 'plugReason' : 'reason');

export function pageOf({ id, kind }: Pick<Device, 'id' | 'kind'>): string | null {
  return pages[kind] ? `/${pages[kind]}/${id}` : null;
}
