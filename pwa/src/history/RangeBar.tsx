import { useEffect, useState } from 'preact/hooks';
import { Choice } from '../components/Choice';
import { t } from '../i18n';
import { Box } from './Box';
import { moved, zoomed } from './gestures';
import { Next, Previous } from './HistoryIcons';
import { comparable, look, place, seen, seenAhead, show, showSpan, span, today, wholeAhead, type Tab } from './place';
import { kinds, neighbour, spanAround, type Kind, type Span } from './range';
import { spanText, stretchText } from './stamps';
import { isDay, plusDays } from './zone';

const kindNames = { day: 'rangeDay', week: 'rangeWeek', month: 'rangeMonth', year: 'rangeYear', custom: 'rangeCustom' } as const;

/** From one day to another. */
function Days({ now }: { now: Span }) {
  const [first, setFirst] = useState(now.first);
  const [last, setLast] = useState(now.last);
  useEffect(() => {
    setFirst(now.first);
    setLast(now.last);
  }, [now.first, now.last]);
  const right = isDay(first) && isDay(last) && first <= last;
  const set = (a: string, b: string) => {
    setFirst(a);
    setLast(b);
    if (isDay(a) && isDay(b) && a <= b) showSpan({ kind: 'custom', first: a, last: b });
  };
  return (
    <div class="range-days">
      <Box id="range-first" type="date" label={t('rangeFirst')} value={first} max={today.value} onInput={(v) => set(v, last)} error={right ? null : t('rangeShape')} />
      <Box id="range-last" type="date" label={t('rangeLast')} value={last} max={today.value} onInput={(v) => set(first, v)} />
    </div>
  );
}

/** Nearer, farther, and back to the whole range. */
function Zoom() {
  const { zoom } = place.value;
  return (
    <div class="zoom" role="group" aria-label={t('zoom')}>
      <button class="button" type="button" data-do="zoom-in" aria-label={t('zoomIn')} onClick={() => look(zoomed(seen.value, 0.5))}>
        +
      </button>
      <button class="button" type="button" data-do="zoom-out" aria-label={t('zoomOut')} onClick={() => look(zoomed(seen.value, 2))}>
        −
      </button>
      {zoom && (
        <button class="button" type="button" data-do="zoom-reset" onClick={() => look(null)}>
          {t('zoomReset')}
        </button>
      )}
    </div>
  );
}

/** Which time is looked at, and the way to the one before and after; zoomed in, they go by what is seen. */
export function RangeBar({ tab }: { tab: Tab }) {
  const charts = tab !== 'energy'; // these show whole periods
  const now = span.value;
  const { zoom } = place.value;
  const step = (by: 1 | -1) => (zoom && charts ? look(moved(zoom, by)) : showSpan(neighbour(now, by)));
  const choose = (kind: Kind) => showSpan(kind === 'custom' ? { ...now, kind } : spanAround(kind, now.last < today.value ? now.first : today.value));
  const atEnd = zoom && charts ? seenAhead.value : wholeAhead.value;
  const isNow = now.kind !== 'custom' && !place.value.date && !zoom;
  return (
    <div class="range-bar">
      <Choice name="range" label={t('range')} value={now.kind} options={kinds.map((value) => ({ value, label: t(kindNames[value]) }))} onChange={choose} />
      {now.kind === 'custom' && <Days now={now} />}
      <div class="range-step">
        <button class="button" type="button" data-do="previous" aria-label={t('previous')} onClick={() => step(-1)}>
          <Previous />
        </button>
        <p class="range-now" id="range-now" aria-live="polite">
          {zoom && charts ? stretchText(zoom) : spanText(now)}
        </p>
        <button class="button" type="button" data-do="next" aria-label={t('next')} disabled={atEnd} onClick={() => step(1)}>
          <Next />
        </button>
      </div>
      <div class="range-more">
        <button class="button" type="button" data-do="today" disabled={isNow} onClick={() => show({ range: now.kind === 'custom' ? 'day' : now.kind, date: null, last: null })}>
          {t('now')}
        </button>
        {comparable(tab) && !place.value.compare && (
          <button class="button" type="button" data-do="compare" title={t('compareBeforeHint')} onClick={() => show({ compare: plusDays(now.first, -1) })}>
            {t('compareBefore')}
          </button>
        )}
        {charts && <Zoom />}
      </div>
    </div>
  );
}
