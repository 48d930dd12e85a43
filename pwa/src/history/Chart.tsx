import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { lang, t } from '../i18n';
import { serverNow } from '../store';
import { dark } from '../theme';
import { moved, watchGestures, zoomed } from './gestures';
import type { Table } from './lines';
import { paintMarks, paintShades, type Mark, type Shade } from './paint';
import { look, seen } from './place';
import { optionsOf, type Reach } from './plot';
import type { Stretch } from './range';
import { zone } from './zone';

/** How long a hand may rest before what it moved to is asked for. */
const SETTLE_MS = 200;

/** What is pointed at: a bucket, a time and how near to it, in seconds, something else counts; a height from 0 (top) to 1. */
export interface Pointed {
  i: number;
  t: number;
  near: number;
  y: number;
}

interface ChartProps {
  /** What it shows, for those who do not see it. */
  label: string;
  table: Table;
  hidden: ReadonlySet<string>;
  reach: Reach;
  pointed: Signal<Pointed | null>;
  shades: readonly Shade[];
  marks: readonly Mark[];
  height: number;
  /** In place of the axis of values. */
  yAxis?: uPlot.Axis;
  /** Under the lines. */
  paint?: (u: uPlot) => void;
}

function dataOf({ t: at, tracks }: Table, hidden: ReadonlySet<string>): uPlot.AlignedData {
  const none = at.map(() => null);
  return [at, ...tracks.flatMap(({ line, avg, band }) => (hidden.has(line.key) ? [none, none, none] : [avg, band?.min ?? none, band?.max ?? none]))];
}

/** Lines over time, to be moved through. What moves is drawn at once; what is behind it comes when the hand rests. */
export function Chart(props: ChartProps) {
  const { label, table, hidden, reach, marks, shades, height, yAxis } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef(props);
  now.current = props;
  const at = useRef<Stretch>(seen.value);
  const settle = useRef<ReturnType<typeof setTimeout>>();

  const draw = () => {
    const { from, to } = at.current;
    plot.current?.setScale('x', { min: from / 1000, max: to / 1000 });
  };
  const go = (s: Stretch) => {
    at.current = s;
    plot.current?.setCursor({ left: -10, top: -10 });
    draw();
    clearTimeout(settle.current);
    settle.current = setTimeout(() => look(s), SETTLE_MS);
  };
  const reset = () => {
    clearTimeout(settle.current);
    look(null);
  };

  const looks = table.tracks.map(({ line }) => Object.values({ ...line, label: '', ways: '' }).join()).join(';');
  useEffect(() => {
    const parent = box.current;
    if (!parent) return undefined;
    const { table: first } = now.current;
    const options = optionsOf({ lines: first.tracks.map((k) => k.line), unit: first.tracks[0]?.unit ?? '', reach, width: parent.clientWidth, height, yAxis: now.current.yAxis });
    options.hooks = {
      drawClear: [
        (u) => {
          paintShades(u, now.current.shades, serverNow() / 1000);
          now.current.paint?.(u);
        },
      ],
      draw: [(u) => paintMarks(u, now.current.marks)],
      setCursor: [
        (u) => {
          const { left = -1, top = 0, idx } = u.cursor;
          const near = u.posToVal(9, 'x') - u.posToVal(0, 'x');
          now.current.pointed.value = left < 0 || idx == null ? null : { i: idx, t: u.posToVal(left, 'x'), near, y: top / u.over.clientHeight };
        },
      ],
    };
    const u = new uPlot(options, dataOf(first, now.current.hidden), parent);
    plot.current = u;
    draw();
    const unwatch = watchGestures(u.over, { seen: () => at.current, onLook: go, onReset: reset, onTap: (left, top) => u.setCursor({ left, top }) });
    const size = new ResizeObserver(() => {
      if (parent.clientWidth && parent.clientWidth !== u.width) u.setSize({ width: parent.clientWidth, height });
    });
    size.observe(parent);
    return () => {
      unwatch();
      size.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [looks, String(reach), height, dark.value, lang.value, zone.value]);

  useEffect(() => {
    plot.current?.batch((u: uPlot) => {
      u.setData(dataOf(table, hidden), false);
      draw();
    });
  }, [table, hidden]);
  useEffect(() => {
    at.current = seen.value;
    draw();
  }, [seen.value.from, seen.value.to]);
  useEffect(() => plot.current?.redraw(false), [marks, shades, yAxis]);
  useEffect(() => () => clearTimeout(settle.current), []);

  const onKeyDown = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const seenNow = at.current;
    if (e.key === 'ArrowLeft') go(moved(seenNow, -0.2));
    else if (e.key === 'ArrowRight') go(moved(seenNow, 0.2));
    else if (e.key === '+' || e.key === '=') go(zoomed(seenNow, 0.5));
    else if (e.key === '-') go(zoomed(seenNow, 2));
    else if (e.key === '0' || e.key === 'Home') reset();
    else return;
    e.preventDefault();
  };
  return <div ref={box} class="chart" tabIndex={0} role="img" aria-label={`${label}. ${t('chartKeys')}`} onKeyDown={onKeyDown} />;
}
