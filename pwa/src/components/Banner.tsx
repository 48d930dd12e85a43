import { ago, clockTime } from '../format';
import { t } from '../i18n';
import { ageNow, away, connection, qualityNow, snapshot, snapshotAge } from '../store';
import { NoLink, Warning } from './Icons';

/** What is wrong between the battery and the eye, with the age of what is shown. */
export function Banner() {
  const snap = snapshot.value;
  const collector = snap?.live.collector;
  const stopped = !away.value && collector !== undefined && collector.state !== 'running';
  const problem = away.value ? null : collector?.problem;
  const sums = snap?.live.bank ?? snap?.live.house;
  const key = !snap
    ? null
    : away.value
      ? connection.value === 'down'
        ? 'serverAway'
        : 'offline'
      : stopped
        ? 'collectorAway'
        : problem
          ? 'collectorProblem'
          : null;
  const text = key ? t(key) : '';
  return (
    <div class={text ? 'banner' : 'banner-none'}>
      {text && (away.value ? <NoLink /> : <Warning />)}
      <div>
        <div role="status" aria-live="polite" id="banner" data-kind={key ?? 'none'}>
          {text}
        </div>
        {text && away.value && snap && (
          <div class="banner-age" id="banner-age">
            {t('receivedAt', { time: clockTime(snap.wall_ms), ago: ago(snapshotAge()) })}
          </div>
        )}
        {problem && (
          <div class="banner-age" lang="en">
            {problem}
          </div>
        )}
        {text && stopped && sums && qualityNow(sums) !== 'none' && (
          <div class="banner-age" id="banner-age">
            {t('lastReading', { ago: ago(ageNow(sums.age_ms) ?? 0) })}
          </div>
        )}
      </div>
    </div>
  );
}
