import { inner, plural, t, word } from '../i18n';
import { deviceById, qualityNow } from '../store';
import { calmStates, type Aged, type LeftOut } from '../types';
import { Age } from './Age';
import { Warning } from './Icons';

function namesOf(left: LeftOut[]): string {
  return left.map(({ device }) => deviceById(device)?.name ?? String(device)).join(', ');
}

/** What was let go, or sleeps, has no fresh data because it is meant to be so: its state, else null. */
function calmStateOf({ device, why }: LeftOut) {
  const state = deviceById(device)?.state;
  return why === 'stale' && state && calmStates.includes(state) ? state : null;
}

function whyOf(left: LeftOut): string {
  const state = calmStateOf(left);
  return state ? inner(word('state', state)) : word('leftOut', left.why);
}

interface MembersProps {
  id: string;
  sums: Aged & { left_out: LeftOut[] };
  all: number;
  live: number;
  /** How many; how many of. */
  nouns: readonly ['packs', 'packsOf'] | readonly ['inverters', 'invertersOf'];
}

/** "4 batteries live", or which ones are not counted and why, with the age of the sums. */
export function Members({ id, sums, all: n, live: a, nouns: [noun, nounOf] }: MembersProps) {
  const { left_out } = sums;
  const quality = qualityNow(sums);
  const stale = quality === 'stale';
  const all = a === n && !stale;
  const fine = all || (!stale && left_out.length > 0 && left_out.every(calmStateOf));
  const text = stale
    ? t('stale')
    : all
      ? t('allLive', { n, packs: plural(noun, n) })
      : t('someLive', { a, n, packs: plural(nounOf, n) });
  return (
    <div class="packs-block">
      <p class={fine ? 'packs-line' : 'packs-line packs-missing'} id={id}>
        {!fine && <Warning />}
        <span>{text}</span>
        <Age age_ms={sums.age_ms} />
      </p>
      {!stale && left_out.length > 0 && (
        <ul class="left-out" aria-label={t('leftOut')}>
          {[...new Set(left_out.map(whyOf))].map((why) => (
            <li key={why}>
              <b>{namesOf(left_out.filter((l) => whyOf(l) === why))}</b>: {why}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
