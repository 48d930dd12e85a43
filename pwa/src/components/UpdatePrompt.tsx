import { signal } from '@preact/signals';
import { t } from '../i18n';
import { applyUpdate, updateReady } from '../install';

const later = signal(false);

export function UpdatePrompt() {
  const show = updateReady.value && !later.value;
  return (
    <div class={show ? 'toast' : 'toast-none'} role="status">
      {show && (
        <>
          <span>{t('updateReady')}</span>
          <button class="button primary" type="button" onClick={applyUpdate}>
            {t('reload')}
          </button>
          <button class="button" type="button" onClick={() => (later.value = true)}>
            {t('dismiss')}
          </button>
        </>
      )}
    </div>
  );
}
