import { useEffect } from 'preact/hooks';
import { useOrder } from '../hooks';
import { t } from '../i18n';
import { notice } from '../notice';
import { route } from '../router';
import { Close } from './Icons';

/** What was just done, and the way back. Leaving the page takes it as read. */
export function NoticeBar() {
  const shown = notice.value;
  const { busy, run, problem } = useOrder();
  const page = route.value;
  useEffect(() => () => void (notice.value = null), [page]);
  const undo = shown?.undo;
  const onUndo = async () => {
    if (undo && (await run(undo))) notice.value = null;
  };
  return (
    <div class={shown ? 'toast' : 'toast-none'} role="status" id="notice">
      {shown && (
        <>
          <span>{problem ?? shown.text()}</span>
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
      )}
    </div>
  );
}
