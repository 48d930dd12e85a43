import type { Signal } from '@preact/signals';
import { kilo } from '../energy';
import { MISSING, num, qty, unit } from '../format';
import { inner, t } from '../i18n';
import { serverNow } from '../store';
import type { Pointed } from './Chart';
import { newest, type Table, type Track } from './lines';
import type { Mark } from './paint';
import { seen, today } from './place';
import { at, bucket, timeOf } from './stamps';
import { Swatch } from './Swatch';
import type { Cell } from './types';
import { dayOf, zone } from './zone';

/** Watts as kilowatts when there are many. */
export function amount(v: Cell, digits: number, u: string): string {
  if (u === 'W') return v !== null && Math.abs(v) >= 1000 ? qty(kilo(v), 2, 'kW') : qty(v, 0, u);
  return qty(v, digits, u);
}

/** "2.1–3.4 kW". */
function between(min: number, max: number, digits: number, u: string): string {
  const big = u === 'W' && Math.max(Math.abs(min), Math.abs(max)) >= 1000;
  const [by, d, name] = big ? [1000, 2, 'kW'] : [1, u === 'W' ? 0 : digits, u];
  return `${num(min / by, d)}\u00a0…\u00a0${num(max / by, d)}\u00a0${unit(name)}`;
}

interface ItemProps {
  track: Track;
  i: number;
  off: boolean;
  onToggle: () => void;
}

function Item({ track: { line, unit: u, digits, avg, band }, i, off, onToggle }: ItemProps) {
  const v = avg[i] ?? null;
  const [min, max] = [band?.min[i], band?.max[i]];
  const way = v !== null && line.ways && Math.abs(v) >= 0.5 ? line.ways[v > 0 ? 0 : 1] : null;
  return (
    <li>
      <button type="button" class="readout-item" aria-pressed={!off} data-line={line.key} onClick={onToggle}>
        <Swatch {...line} />
        <span class="readout-name">{line.label}</span>
        <b class="num">{off ? t('lineHidden') : v === null ? MISSING : amount(v, digits, u)}</b>
        {!off && (way || (min != null && max != null && max > min)) && (
          <small class="num">
            {[way && inner(way), min != null && max != null && max > min && between(min, max, digits, u)].filter(Boolean).join(' · ')}
          </small>
        )}
      </button>
    </li>
  );
}

/** The end of the newest bucket, as far as it can be: today's has only a time. */
function until(s: number, step_s: number): string {
  const ms = Math.min((s + step_s) * 1000, serverNow());
  return dayOf(ms, zone.value) === today.value && step_s < 86_400 ? timeOf(ms) : at(s * 1000, step_s);
}

interface ReadoutProps {
  table: Table;
  pointed: Signal<Pointed | null>;
  marks: readonly Mark[];
  /** The values of this time are on their way. */
  waiting: boolean;
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
}

/** The values at what is pointed at, or the newest; it says what each line is, and hides and shows them. */
export function Readout({ table, pointed, marks, waiting, hidden, onToggle }: ReadoutProps) {
  const p = pointed.value;
  const { from, to } = seen.value;
  const i = p && p.i < table.t.length ? p.i : newest(table, from / 1000, to / 1000);
  const s = table.t[i];
  const when = () => (s === undefined ? t(waiting ? 'loading' : 'nothingHere') : p ? bucket(s * 1000, table.step_s) : t('newestAt', { time: until(s, table.step_s) }));
  const near = p ? marks.filter((m) => Math.abs(m.t - p.t) <= p.near).slice(0, 4) : [];
  return (
    <div class="readout" data-pointed={p !== null}>
      <p class="readout-time">{when()}</p>
      <ul>
        {table.tracks.map((track) => (
          <Item key={track.line.key} track={track} i={i} off={hidden.has(track.line.key)} onToggle={() => onToggle(track.line.key)} />
        ))}
      </ul>
      {near.length > 0 && (
        <ul class="readout-marks">
          {near.map((m) => (
            <li key={`${m.t} ${m.text}`} class={`event-${m.tone}`}>
              <time>{timeOf(m.t * 1000)}</time> {m.text}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
