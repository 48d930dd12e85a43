import type { JSX } from 'preact';
import { directionOf, minus, type Direction } from '../energy';
import type { MetricKey, Values } from '../gen/metrics';
import { num } from '../format';
import { inner, t, type UiKey } from '../i18n';
import type { GridState } from '../types';
import { Battery, Generator, Home, Inverter, Pylon, PylonOff, Question, Sun } from './Icons';
import { Num } from './Num';

interface Node {
  id: 'sun' | 'grid' | 'battery' | 'house' | 'gen';
  label: UiKey;
  icon: () => JSX.Element;
  /** Where its value comes from, to show its doubts. */
  key: MetricKey;
  words: Partial<Record<Direction, UiKey>>;
  /** From the node into the inverter, in pixels from the inverter's middle; far ends are cut off by the node. */
  path: string;
  /** Where the arrow lies, and its turn when power comes in. */
  arrow: [number, number, number];
}

const nodes: Node[] = [
  { id: 'sun', label: 'sun', icon: Sun, key: 'pv_power', words: { in: 'producing' }, path: 'M-900-75H-32Q-14-75-14-57V-20', arrow: [-46, -75, 0] },
  { id: 'grid', label: 'grid', icon: Pylon, key: 'grid_power', words: { in: 'importing', out: 'exporting' }, path: 'M900-75H32Q14-75 14-57V-20', arrow: [46, -75, 180] },
  { id: 'battery', label: 'battery', icon: Battery, key: 'battery_power', words: { in: 'discharging', out: 'charging', still: 'resting' }, path: 'M-900 75H-32Q-14 75-14 57V20', arrow: [-46, 75, 0] },
  { id: 'house', label: 'house', icon: Home, key: 'load_power', words: { out: 'using' }, path: 'M900 75H32Q14 75 14 57V20', arrow: [46, 75, 180] },
  { id: 'gen', label: 'generator', icon: Generator, key: 'gen_power', words: { in: 'producing', out: 'using' }, path: 'M0 225V20', arrow: [0, 100, 270] },
];

/** Thicker lines for more power, in three steps. */
function strength(w: number): number {
  return Math.abs(w) < 500 ? 1 : Math.abs(w) < 3000 ? 2 : 3;
}

function Line({ node, w, cut }: { node: Node; w: number | null; cut: boolean }) {
  const flow = directionOf(w);
  const [x, y, turn] = node.arrow;
  const runs = flow === 'in' || flow === 'out';
  return (
    <g class={`flow-line flow-${node.id} flow-${runs ? 'runs' : 'rests'} flow-${flow} flow-s${strength(w ?? 0)}`}>
      <path class="flow-way" d={node.path} />
      {runs && <path class="flow-dots" d={node.path} />}
      {runs && <path class="flow-arrow" d="M-5-6 3 0-5 6" transform={`translate(${x} ${y}) rotate(${turn + (flow === 'in' ? 0 : 180)})`} />}
      {cut && <path class="flow-cut" d="M-7-7 7 7M7-7-7 7" transform={`translate(${x} ${y})`} />}
    </g>
  );
}

function Charge({ soc }: { soc: number }) {
  return (
    <>
      <svg class="node-ring" viewBox="0 0 60 60" aria-hidden="true" focusable="false">
        <circle cx="30" cy="30" r="28" pathLength="100" stroke-dasharray={`${Math.min(100, Math.max(0, soc))} 100`} transform="rotate(-90 30 30)" />
      </svg>
      <span class="node-soc">
        {num(soc)}
        <small>%</small>
      </span>
    </>
  );
}

interface PictureProps {
  values: Values;
  grid: GridState;
  /** Of the battery, from whoever knows best; null: there is none. */
  battery: { w: number | null; soc: number | null; hint: string } | null;
  doubtful: (key: MetricKey) => boolean;
}

/** Sun, grid, battery and house around the inverter, with what flows between them. */
export function FlowPicture({ values: v, grid, battery, doubtful }: PictureProps) {
  const watts: Record<Node['id'], number | null> = {
    sun: v.pv_power ?? null,
    grid: v.grid_power ?? null,
    battery: minus(battery?.w),
    house: minus(v.load_power),
    gen: v.gen_power ?? null,
  };
  const shown = nodes.filter(({ id }) => (id === 'gen' ? watts.gen : id !== 'battery' || battery));
  const wordOf = ({ id, words }: Node): UiKey => {
    if (id === 'grid' && grid !== 'present') return grid === 'absent' ? 'gone' : 'notKnown';
    const flow = directionOf(watts[id]);
    return words[flow] ?? (flow === 'unknown' ? 'ageUnknown' : 'noFlow');
  };
  return (
    <div class={`picture${watts.gen ? ' picture-gen' : ''}`}>
      <svg class="flows" aria-hidden="true" focusable="false">
        <svg x="50%" y="103" overflow="visible">
          {shown.map((n) => (
            <Line key={n.id} node={n} w={watts[n.id]} cut={n.id === 'grid' && grid === 'absent'} />
          ))}
        </svg>
      </svg>
      <span class="hub">
        <Inverter />
      </span>
      <ul>
        {shown.map((n) => {
          const w = watts[n.id];
          const GridMark = grid === 'absent' ? PylonOff : grid === 'unknown' ? Question : Pylon;
          const Mark = n.id === 'grid' ? GridMark : n.icon;
          const soc = n.id === 'battery' ? battery?.soc : null;
          return (
            <li key={n.id} class={`node node-${n.id}${n.id === 'grid' ? ` grid-${grid}` : ''}`} data-node={n.id} title={n.id === 'battery' ? battery?.hint : undefined}>
              <span class="node-icon">{soc != null ? <Charge soc={soc} /> : <Mark />}</span>
              <span class="node-name">{t(n.label)}</span>
              <b class="node-watts">
                <Num v={w === null ? null : Math.abs(w)} u="W" doubtful={doubtful(n.key)} />
              </b>
              <span class="node-word">{inner(t(wordOf(n)))}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

