import { useState } from 'preact/hooks';
import { Confirm } from '../components/Dialog';
import { focusFirstError } from '../components/Field';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { tell } from '../notice';
import { changeSettings, forget } from './answers';
import { Box } from './Box';
import type { Settings } from './types';

/** From what to what each may be, and whether 0 is for ever. */
const keeps = [
  { key: 'keep_10s_days', min: 2, max: 400, ever: false },
  { key: 'keep_1min_days', min: 7, max: 3650, ever: false },
  { key: 'keep_15min_days', min: 365, max: 36_500, ever: true },
  { key: 'card_tbw', min: 1, max: 1000, ever: false },
] as const;
type Key = (typeof keeps)[number]['key'];

const isRight = (n: number, { min, max, ever }: (typeof keeps)[number]) => Number.isInteger(n) && ((ever && n === 0) || (n >= min && n <= max));
const long = (days: number) => (days === 0 ? Infinity : days);

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

interface KeepProps {
  settings: Settings;
  onKept: (s: Settings) => void;
}

/** For how long each tier is kept, what the card bears, whose days are counted. A shorter time loses history,
 * so it is asked for. */
export function KeepForm({ settings, onKept }: KeepProps) {
  const [typed, setTyped] = useState<Partial<Record<Key, string>>>({});
  const [zone, setZone] = useState<string | null>(null);
  const [shown, setShown] = useState(false);
  const [asking, setAsking] = useState(false);
  const { busy, run, problem } = useOrder();
  const valueOf = (key: Key) => (typed[key] === undefined ? settings[key] : typed[key] === '' ? NaN : Number(typed[key]));
  const wrong = keeps.filter((k) => !isRight(valueOf(k.key), k));
  const changed = keeps.filter(({ key }) => valueOf(key) !== settings[key]);
  const shorter = changed.some(({ key }) => key !== 'card_tbw' && long(valueOf(key)) < long(settings[key]));
  const moved = zone !== null && zone !== settings.zone;
  const nowhere = moved && !isZone(zone);
  const save = () =>
    run(async () => {
      onKept(await changeSettings({ ...Object.fromEntries(changed.map(({ key }) => [key, valueOf(key)])), ...(moved && { zone }) }));
      forget();
      setTyped({});
      setZone(null);
      setAsking(false);
      tell(() => t('keepSaved'));
    });
  const onSubmit = (e: Event) => {
    e.preventDefault();
    setShown(true);
    if (wrong.length || nowhere) focusFirstError();
    else if (shorter) setAsking(true);
    else if (changed.length || moved) void save();
  };
  return (
    <form class="keep-form" noValidate onSubmit={onSubmit}>
      <h3>{t('keepTitle')}</h3>
      {keeps.map((k) => {
        const shape = t(k.ever ? 'keepShapeEver' : 'keepShape', { a: k.min, b: k.max });
        return (
          <Box
            key={k.key}
            id={k.key}
            type="number"
            label={t(k.key)}
            value={typed[k.key] ?? String(settings[k.key])}
            onInput={(v) => setTyped({ ...typed, [k.key]: v })}
            hint={shape}
            error={shown && wrong.includes(k) ? shape : null}
          />
        );
      })}
      <Box id="house-zone" type="text" label={t('houseZone')} value={zone ?? settings.zone} onInput={(v) => setZone(v.trim())} hint={t('houseZoneShape')} error={shown && nowhere ? t('houseZoneShape') : null} />
      {!asking && (
        <p class="form-error" role="alert">
          {problem}
        </p>
      )}
      <button class="button primary" type="submit" data-do="keep" disabled={busy}>
        {t('keepSave')}
      </button>
      {asking && (
        <Confirm id="keep-less" title={t('keepLessTitle')} text={t('keepLessText')} yes={t('keepLessYes')} no={t('keepLessNo')} busy={busy} problem={problem} onYes={() => void save()} onClose={() => setAsking(false)} />
      )}
    </form>
  );
}
