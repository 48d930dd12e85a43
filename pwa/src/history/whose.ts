// What there is to show: the house's devices, and which tabs they fill.
import { t, word } from '../i18n';
import { isBattery, isInverter, isPlug } from '../kinds';
import { isStrip } from '../plugs';
import { snapshot } from '../store';
import type { Device } from '../types';
import { lookOf, type Line } from './lines';
import { place, tabs, type Tab } from './place';

const all = (): Device[] => snapshot.value?.live.devices ?? [];

/** Which devices a tab is about. */
const members: Record<Tab, (d: Device) => boolean> = {
  flows: isInverter,
  soc: isBattery,
  cells: isBattery,
  temperatures: (d) => isBattery(d) || isInverter(d),
  plugs: (d) => isPlug(d) && !isStrip(d),
  energy: isInverter,
};

export const devicesOf = (tab: Tab): Device[] => all().filter(members[tab]);

export const tabsThere = (): Tab[] => tabs.filter((tab) => devicesOf(tab).length > 0);

/** The tab that is shown, or the first that has something to show of the device. */
export function tabNow(): Tab | undefined {
  const { tab, device } = place.value;
  const there = tabsThere();
  if (tab && there.includes(tab)) return tab;
  return there.find((x) => device === null || devicesOf(x).some((d) => d.id === device)) ?? there[0];
}

/** The one that was chosen, if it is one of this tab. */
export const chosen = (tab: Tab): Device | undefined => devicesOf(tab).find((d) => d.id === place.value.device);

export function flowLines(): Line[] {
  const device = chosen('flows')?.id ?? 'house';
  const line = (metric: string, label: string, look: Omit<Line, 'key' | 'device' | 'metric' | 'label'>): Line => ({ key: metric, device, metric, label, ...look });
  return [
    line('pv_power', t('sun'), { colour: '--light', fill: true }),
    line('load_power', t('house'), { colour: '--ink', width: 2.5 }),
    line('grid_power', t('grid'), { colour: '--min', dash: [9, 4], ways: [t('importing'), t('exporting')] }),
    line('battery_power', t('battery'), { colour: '--good', dash: [3, 3], ways: [t('charging'), t('discharging')] }),
  ];
}

export const packMetrics = ['soc', 'power', 'voltage', 'current', 'cell_delta'] as const;
export type PackMetric = (typeof packMetrics)[number];

export const packMetric = (): PackMetric => packMetrics.find((m) => m === place.value.show) ?? 'soc';

/** The bank and its packs, or one pack. */
export function packLines(): Line[] {
  const one = chosen('soc');
  const metric = packMetric();
  const packs = one ? [one] : devicesOf('soc').slice(0, 31);
  const lines = packs.map((d, i): Line => ({ key: String(d.id), label: d.name, device: d.id, metric, ...lookOf(i) }));
  if (packs.length < 2) return lines;
  return [{ key: 'bank', label: t('wholeBank'), device: 'bank', metric, colour: '--ink', width: 2.75 }, ...lines.map((l, i) => ({ ...l, ...lookOf(i < 4 ? i : i + 1) }))];
}

/** All sensors of one device, of several the first and the MOSFETs. */
export function temperatureLines(): Line[] {
  const one = chosen('temperatures');
  const of = (d: Device): [string, string][] => {
    if (isInverter(d)) return ['dc_temperature', 'ac_temperature', ...(one ? ['battery_temperature'] : [])].map((m) => [m, t(m === 'dc_temperature' ? 'inverterDc' : m === 'ac_temperature' ? 'inverterAc' : 'battery')]);
    const fitted = (d.values?.temperatures ?? [null]).flatMap((c, i) => (c === null && i > 0 ? [] : [i + 1]));
    return [...(one ? fitted : fitted.slice(0, 1)).map((n): [string, string] => [`temperatures.${n}`, `T${n}`]), ['mos_temperature', t('mos')]];
  };
  return (one ? [one] : devicesOf('temperatures'))
    .flatMap((d) => of(d).map(([metric, label]) => ({ device: d.id, metric, label: one ? label : `${d.name}, ${label}`, key: `${d.id} ${metric}` })))
    .slice(0, 32)
    .map((l, i) => ({ ...l, ...lookOf(i) }));
}

export function plugLines(): Line[] {
  const one = chosen('plugs');
  return (one ? [one] : devicesOf('plugs').filter((d) => d.measures !== false)).slice(0, 32).map((d, i) => ({ key: String(d.id), label: d.name, device: d.id, metric: 'power', ...lookOf(i) }));
}

export const metricName = (m: PackMetric): string => word('metric', m);
