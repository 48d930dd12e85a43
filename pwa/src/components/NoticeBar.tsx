import { useEffect } from 'preact/hooks';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { notice, type Notice } from '../notice';
import { route } from '../router';
import { Close } from './Icons';

const READ_MS = 8000;

function Line({ text, undo }: Notice) {
  const { busy, run, problem } = useOrder();
  useEffect(() => {
    if (undo) return undefined; // the way back must not run away
    const timer = setTimeout(() => (notice.value = null), READ_MS);
    return () => clearTimeout(timer);
  }, []);
  const onUndo = async () => {
    if (undo && (await run(undo))) notice.value = null;
  };
  return (
    <>
      <span>{problem ?? text()}</span>
      {undo && (
        <button class="button" type="button" data-do="undo" disabled={busy} onClick={() => void onUndo()}>
          {t('undo')}
        </button>
      )}
      <button class="icon-button" type="button" data-do="read" onClick={() => (notice.value = null)}>
        <Close />
        <span class="sr">{t('close')}</span>
      </button>
    </>
  );
}

/** What was just done, and the way back. Leaving the page takes it as read. */
export function NoticeBar() {
  const last = notice.value;
  const shown = last?.page === route.value ? last : null;
  return (
    <div class={shown ? 'toast' : 'toast-none'} role="status" id="notice">
      {shown && <Line key={shown.number} {...shown} />}
    </div>
  );
}
