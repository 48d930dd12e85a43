import { ago, clockTime, duration } from '../format';
import { t } from '../i18n';
import { ageNow, away, qualityNow, serverNow } from '../store';
import type { GridState, House } from '../types';
import { Pylon, PylonOff, Question } from './Icons';

const icons = { present: Pylon, absent: PylonOff, unknown: Question };
const plain = { present: 'gridPresent', absent: 'gridAbsent', unknown: 'gridUnknown' } as const;
const since = { present: 'gridPresentSince', absent: 'gridAbsentSince', unknown: 'gridUnknown' } as const;
const last = { present: 'gridWasPresent', absent: 'gridWasAbsent', unknown: 'gridNever' } as const;

/** How the grid is now: what was said by old readings is what was, not what is. */
export function gridNow(house: House): GridState {
  const quality = qualityNow(house);
  return quality === 'stale' || quality === 'none' ? 'unknown' : house.grid.state;
}

/** Is there a grid, and since when: the first question in an outage. `age_ms`: of the last reading. */
export function GridLine({ house, age_ms }: { house: House; age_ms: number | null }) {
  const state = gridNow(house);
  const { known, since_ms } = house.grid;
  const Mark = icons[state];
  const heard = ageNow(age_ms);
  return (
    <p class={`grid-line grid-${state}`} id="grid-state" data-grid={state}>
      <Mark />
      <span>
        {/* what counts on by itself is not announced again and again */}
        <b role="status" id="grid-text">
          {since_ms === null ? t(plain[state]) : t(since[state], { time: clockTime(since_ms) })}
        </b>
        {state === 'absent' && since_ms !== null && (
          <span class="grid-for" id="grid-for">
            {t('gridFor', { x: duration(Math.max(0, serverNow() - since_ms) / 1000) })}
          </span>
        )}
        {state === 'unknown' && (
          <>
            <span>; {t(heard === null ? 'gridNever' : last[known ?? 'unknown'], { ago: ago(heard ?? 0) })}</span>
            {!away.value && <span class="grid-for">{t('gridSilent')}</span>}
          </>
        )}
      </span>
    </p>
  );
}
