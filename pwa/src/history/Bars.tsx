import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { kilo } from '../energy';
import { MISSING, num, qty, unit } from '../format';
import { t, word } from '../i18n';
import { longPeriod, shortPeriod, type Bar, type Piece } from './sums';
import type { FlowKey, Period } from './types';

const HEIGHT = 190;
const LEFT = 46;
const FOOT = 20;
const TOP = 16;
const RIGHT = 16;

/** 1, 2 or 5 with zeros: a few of them reach the highest bar. */
function gridStep(most: number): number {
  const ten = 10 ** Math.floor(Math.log10(most / 3 || 1));
  return [1, 2, 5, 10].map((n) => n * ten).find((n) => most / n <= 4) ?? ten * 10;
}

export const flowName = (flow: FlowKey | null): string => (flow ? word('flow', flow) : t('flowUnknown'));
const flowClass = (flow: FlowKey | null): string => `fill-${flow ?? 'unknown'}`;

function Stack({ pieces, x, width, toY }: { pieces: Piece[]; x: number; width: number; toY: (kwh: number) => number }) {
  let below = 0;
  return (
    <>
      {pieces.map(({ flow, wh }) => {
        const y = toY((below + wh) / 1000);
        const height = toY(below / 1000) - y;
        below += wh;
        return <rect key={flow} class={flowClass(flow)} x={x} y={y} width={width} height={Math.max(0, height - 0.5)} />;
      })}
    </>
  );
}

interface BarsProps {
  id: string;
  title: string;
  bars: readonly Bar[];
  times: readonly number[];
  by: Period;
  flows: readonly (FlowKey | null)[];
  chosen: number | null;
  onChoose: (i: number | null) => void;
}

/** Stacked bars over time; a tap on one says what is in it. */
export function Bars({ id, title, bars, times, by, flows, chosen, onChoose }: BarsProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const size = new ResizeObserver(() => setWidth(el.clientWidth));
    size.observe(el);
    setWidth(el.clientWidth);
    return () => size.disconnect();
  }, []);
  const most = Math.max(0.001, ...bars.map((b) => (b.sum ?? 0) / 1000));
  const step = gridStep(most);
  const toY = (kwh: number) => TOP + (HEIGHT - TOP - FOOT) * (1 - kwh / most);
  const each = (width - LEFT - RIGHT) / Math.max(1, bars.length);
  const every = Math.ceil(54 / Math.max(1, each));
  const shown = chosen === null ? null : (bars[chosen] ?? null);
  const choose = (e: { clientX: number; currentTarget: Element }) => {
    const i = Math.floor((e.clientX - e.currentTarget.getBoundingClientRect().left - LEFT) / each);
    onChoose(i >= 0 && i < bars.length ? i : null);
  };
  return (
    <section class="stack" id={id}>
      <h3>{title}</h3>
      <div ref={box} class="stack-box">
        <svg width={width} height={HEIGHT} role="img" aria-label={`${title}. ${t('barsHint')}`} onClick={choose} onPointerMove={(e) => e.pointerType === 'mouse' && choose(e)}>
          {Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step).map((kwh, i, all) => (
            <g key={kwh}>
              <line class="stack-grid" x1={LEFT} x2={width} y1={toY(kwh)} y2={toY(kwh)} />
              <text class="stack-text" x={LEFT - 6} y={toY(kwh) + 4} text-anchor="end">
                {num(kwh, step < 0.1 ? 2 : step < 1 ? 1 : 0)}
              </text>
              {i === all.length - 1 && (
                <text class="stack-text" x={LEFT + 4} y={11}>
                  {unit('kWh')}
                </text>
              )}
            </g>
          ))}
          {chosen !== null && <rect class="stack-chosen" x={LEFT + chosen * each} y={TOP} width={each} height={HEIGHT - TOP - FOOT} />}
          {bars.map((b, i) => (
            <g key={times[i]}>
              <Stack pieces={b.pieces} x={LEFT + i * each + Math.min(3, each * 0.12)} width={Math.max(1, each - 2 * Math.min(3, each * 0.12))} toY={toY} />
              {i % every === 0 && (
                <text class="stack-text" x={LEFT + (i + 0.5) * each} y={HEIGHT - 4} text-anchor="middle">
                  {shortPeriod(by, times[i] as number)}
                </text>
              )}
            </g>
          ))}
        </svg>
      </div>
      {shown && chosen !== null && (
        <p class="readout-time">
          {longPeriod(by, times[chosen] as number)}: {shown.sum === null ? t('nothingHere') : qty(kilo(shown.sum), 2, 'kWh')}
        </p>
      )}
      <ul class="stack-key">
        {flows.map((flow) => {
          const all = bars.flatMap((b) => b.pieces.filter((p) => p.flow === flow));
          const wh = (shown ? shown.pieces.filter((p) => p.flow === flow) : all).reduce((n, p) => n + p.wh, 0);
          if (all.length === 0 && (flow === null || flow === 'gen_load')) return null; // few have one
          return (
            <li key={flow}>
              <svg class="stack-swatch" viewBox="0 0 14 14" aria-hidden="true" focusable="false">
                <rect class={flowClass(flow)} width="14" height="14" />
              </svg>
              <span>{flowName(flow)}</span>
              <b class="num">{all.length === 0 && !shown ? MISSING : qty(kilo(wh), 2, 'kWh')}</b>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
