// A chart's options for uPlot, from what is to be drawn.
import uPlot from 'uplot';
import { num, unit } from '../format';
import type { Line } from './lines';
import { token } from './paint';
import { tick } from './stamps';
import { zone } from './zone';

/** From where to where the values go: all that is there, with nothing, or always the same. */
export type Reach = 'zero' | 'near' | readonly [number, number];

const FONT = '12px system-ui, sans-serif';

/** Columns as uPlot takes them: average, lowest and highest of each line. */
export const COLUMNS = 3;

function lineSeries({ colour, dash = [], fill, width = 1.75 }: Line): uPlot.Series[] {
  const edge: uPlot.Series = { scale: 'y', points: { show: false } };
  return [
    {
      scale: 'y',
      stroke: token(colour),
      width,
      dash: [...dash],
      ...(fill && { fill: token(colour, '1c') }),
      points: { show: (u, s, i0, i1) => i1 - i0 < 2 || isolated(u.data[s] ?? [], i0, i1), size: 5, fill: token(colour), stroke: token(colour) },
      spanGaps: false,
    },
    edge,
    edge,
  ];
}

/** Values with gaps on both sides would not be seen as a line. */
function isolated(values: ArrayLike<number | null | undefined>, from: number, to: number): boolean {
  for (let i = from; i <= to; i++) if (values[i] != null && values[i - 1] == null && values[i + 1] == null) return true;
  return false;
}

function yRange(reach: Reach): uPlot.Range.Function {
  return (_, min, max) => {
    if (typeof reach !== 'string') return [reach[0], reach[1]];
    if (min == null || max == null) return [0, 1];
    const soft = reach === 'zero' ? { soft: 0, mode: 1 as const } : { mode: 0 as const };
    return uPlot.rangeNum(min, max, { min: { pad: 0.06, ...soft }, max: { pad: 0.06, ...soft } }) as uPlot.Range.MinMax;
  };
}

/** Kilowatts where there are many watts. */
export function scaled(u: string, most: number): { unit: string; by: number } {
  return u === 'W' && most >= 1000 ? { unit: 'kW', by: 1000 } : { unit: u, by: 1 };
}

function yValues(u: string): uPlot.Axis.DynamicValues {
  return (self, splits) => {
    const most = Math.max(...splits.map(Math.abs));
    const { unit: name, by } = scaled(u, most);
    const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) / by;
    /* as many as tell 2.5 from 3 */
    const digits = [0, 1, 2].find((d) => Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6) ?? 3;
    const top = splits.filter((v) => v <= (self.scales['y']?.max ?? Infinity)).pop();
    return splits.map((v) => (v === top ? `${num(v / by, digits)} ${unit(name)}` : num(v / by, digits)));
  };
}

interface Drawn {
  lines: readonly Line[];
  unit: string;
  reach: Reach;
  width: number;
  height: number;
  yAxis?: uPlot.Axis | undefined;
}

export function optionsOf({ lines, unit: u, reach, width, height, yAxis }: Drawn): uPlot.Options {
  const [ink, line] = [token('--soft'), token('--line')];
  const axis: uPlot.Axis = { stroke: ink, font: FONT, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const nothing = () => () => null;
  return {
    width,
    height,
    padding: [10, 28, 0, 0],
    legend: { show: false },
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), zone.value),
    cursor: {
      y: false,
      drag: { x: false, y: false },
      bind: { mousedown: nothing, mouseup: nothing, dblclick: nothing },
      points: { show: false },
    },
    scales: { x: { time: true, auto: false }, y: { range: yRange(reach) } },
    axes: [
      { ...axis, space: 58, size: (_, labels) => (labels?.some((s) => s.includes('\n')) ? 46 : 30), values: (_, splits, __, ___, step) => splits.map((s) => tick(s * 1000, step)) },
      { ...axis, size: 58, gap: 3, space: 34, ...(yAxis ?? { values: yValues(u) }) },
    ],
    series: [{}, ...lines.flatMap(lineSeries)],
    bands: lines.map(({ colour }, i) => ({ series: [i * COLUMNS + 3, i * COLUMNS + 2] as [number, number], fill: token(colour, lines.length > 4 ? '16' : '26') })),
  };
}
