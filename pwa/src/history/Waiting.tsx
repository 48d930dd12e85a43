import { useEffect, useState } from 'preact/hooks';
import { Progress } from '../components/Progress';
import { t } from '../i18n';
import { problemText } from '../problem';
import { session } from '../store';
import type { Asked } from './answers';

/** Shorter ones need no word. */
const SLOW_MS = 700;

interface WaitingProps {
  asked: Asked<unknown>;
  /** When the history begins; null: there is none, undefined: not said. */
  oldest_ms?: number | null | undefined;
}

/** Why there is nothing to see, or not yet. */
export function Waiting({ asked: { answer, waiting, error, retry }, oldest_ms }: WaitingProps) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!waiting) return undefined;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  if (!session.value) return <p class="note">{t('historyOffline')}</p>;
  if (error)
    return (
      <div class="form-error" role="alert">
        {problemText(error)}{' '}
        <button class="link-button" type="button" data-do="retry" onClick={retry}>
          {t('retry')}
        </button>
      </div>
    );
  if (answer && oldest_ms === null)
    return (
      <div class="empty-history">
        <h3>{t('noHistoryTitle')}</h3>
        <p>{t('noHistoryText')}</p>
      </div>
    );
  return (
    <>
      {!answer && <div class="skeleton" aria-hidden="true" />}
      <div class="waiting" role="status">
        {waiting && slow && <Progress label={t('loading')} value={null} />}
      </div>
    </>
  );
}
