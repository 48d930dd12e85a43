import { t } from '../i18n';
import { Link, route } from '../router';
import { Battery, Bulb, Chart, Sliders } from './Icons';
import { openSheet } from './SettingsSheet';

export function Header() {
  const { view } = route.value;
  return (
    <header class="top">
      <Link to="/" class="brand">
        <Bulb />
        <span>svitlo</span>
      </Link>
      <nav class="nav" aria-label={t('pages')}>
        <Link to="/" class="nav-overview" current={view === 'overview'}>
          {t('overview')}
        </Link>
        <Link to="/history" class="nav-history" current={view === 'history'}>
          <Chart />
          {t('history')}
        </Link>
        <Link to="/devices" class="nav-devices" current={view === 'devices'}>
          <Battery />
          {t('devices')}
        </Link>
      </nav>
      <button class="icon-button" type="button" id="open-settings" aria-haspopup="dialog" onClick={openSheet}>
        <Sliders />
        <span class="sr">{t('settings')}</span>
      </button>
    </header>
  );
}
