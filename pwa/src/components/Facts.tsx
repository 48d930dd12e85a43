import type { ComponentChildren } from 'preact';
import type { Values } from '../gen/metrics';
import { isDoubtful } from '../energy';
import { word } from '../i18n';
import { qualityNow } from '../store';
import type { Device } from '../types';
import { Num } from './Num';

export interface FactRow {
  label: string;
  value: ComponentChildren;
}

/** A plain list of names and values. */
export function Facts({ facts }: { facts: FactRow[] }) {
  return (
    <dl class="list">
      {facts.map((f) => (
        <div key={f.label}>
          <dt>{f.label}</dt>
          <dd>{f.value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface FactProps {
  label: string;
  children: ComponentChildren;
  id?: string;
  class?: string;
}

/** One name and value of a grid of facts. */
export function Fact({ label, children, id, class: className }: FactProps) {
  return (
    <div class={className}>
      <dt>{label}</dt>
      <dd id={id}>{children}</dd>
    </div>
  );
}

/** Measurements that are one number. */
export type NumberKey = { [K in keyof Values]-?: NonNullable<Values[K]> extends number ? K : never }[keyof Values];

interface MeasureProps {
  device: Device;
  k: NumberKey;
  digits?: number;
  u: string;
  sign?: boolean;
  label?: string;
}

/** A measurement of a device, with its doubts. */
export function Measure({ device, k, digits = 0, u, sign = false, label }: MeasureProps) {
  const quality = qualityNow(device);
  return (
    <Fact label={label ?? word('metric', k)}>
      <Num v={device.values?.[k]} digits={digits} u={u} sign={sign} doubtful={isDoubtful(quality, device.suspect, k)} />
    </Fact>
  );
}
