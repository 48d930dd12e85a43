import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Facts, type FactRow } from '../components/Facts';
import { Progress } from '../components/Progress';
import { MISSING, num, qty } from '../format';
import { useRepeated } from '../hooks';
import { plural, t } from '../i18n';
import { problemText } from '../problem';
import { may } from '../store';
import { getSettings, getStatus } from './answers';
import { KeepForm } from './KeepForm';
import { dayText } from './stamps';
import type { Settings, Storage } from './types';

const EVERY_MS = 30_000;

const size = (n: number | null | undefined) => (n == null ? MISSING : n < 1e9 ? qty(n / 1e6, n < 1e7 ? 1 : 0, 'MB') : qty(n / 1e9, 1, 'GB'));

function factsOf(s: Storage): FactRow[] {
  return [
    { label: t('sizeNow'), value: size(s.db_bytes + s.wal_bytes) },
    { label: t('sizeYear'), value: size(s.year_bytes) },
    { label: t('writtenToday'), value: size(s.written_today_bytes) },
    { label: t('writtenDay'), value: size(s.written_day_bytes) },
    { label: t('cardLife'), value: s.card_years === null ? MISSING : t('cardYears', { n: s.card_years >= 100 ? t('over100') : num(s.card_years), tbw: num(s.card_tbw) }) },
  ];
}

function Tiers({ tiers }: Pick<Storage, 'tiers'>) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={t('tiers')}>
      <table class="data-table">
        <caption>{t('tiers')}</caption>
        <thead>
          <tr>
            {(['tierName', 'tierSize', 'tierFrom', 'tierKeep'] as const).map((k) => (
              <th key={k} scope="col">
                {t(k)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tiers.map(({ name, bytes, from_ms, keep_days }) => (
            <tr key={name}>
              <th scope="row">{tierText(name)}</th>
              <td>{size(bytes)}</td>
              <td>{from_ms === null ? MISSING : dayText(from_ms)}</td>
              <td>{keep_days ? `${num(keep_days)} ${plural('days', keep_days)}` : t('forEver')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const tierNames = ['10s', '1min', '15min', 'day'] as const;

function tierText(name: string): string {
  const known = tierNames.find((n) => n === name);
  return known ? t(`tier_${known}`) : name;
}

/** What the history costs the card, and for how long it is kept. */
export function StoragePart() {
  const [storage, setStorage] = useState<Storage | null | undefined>(undefined);
  const [settings, setSettings] = useState<Settings | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const load = async (signal: AbortSignal) => {
    try {
      const [status, set] = await Promise.all([getStatus(), getSettings()]);
      if (signal.aborted) return;
      setStorage(status.storage ?? null);
      setSettings(set);
      setProblem(null);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      if (!signal.aborted) setProblem(problemText(e));
    }
  };
  useRepeated(load, EVERY_MS, []);
  if (problem) return <p class="form-error" role="alert">{problem}</p>;
  if (storage === undefined) return <p class="hint">{t('loading')}</p>;
  const done = storage?.rollup?.days_done;
  return (
    <div class="storage">
      {storage ? (
        <>
          <Facts facts={factsOf(storage)} />
          {done != null && done < 1 && (
            <div>
              <p class="hint">{t('reroll', { n: num(done * 100) })}</p>
              <Progress label={t('reroll', { n: num(done * 100) })} value={done} />
            </div>
          )}
          <Tiers tiers={storage.tiers} />
        </>
      ) : (
        <p class="note">{t('storageUnknown')}</p>
      )}
      {settings && may('admin') && <KeepForm settings={settings} onKept={setSettings} />}
    </div>
  );
}
