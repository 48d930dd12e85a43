import { t } from '../i18n';
import { start } from '../session';
import { connection } from '../store';
import { Door } from './Door';

/** The server cannot be reached and there is nothing kept to show. */
export function Away() {
  const offline = connection.value === 'offline';
  return (
    <Door title={t('awayTitle')} lead={t(offline ? 'awayOffline' : 'awayServer')}>
      <p class="hint">{t('awayTrying')}</p>
      <button class="button primary big" type="button" onClick={() => void start()}>
        {t('retry')}
      </button>
    </Door>
  );
}
