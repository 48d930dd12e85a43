import { t } from '../i18n';
import { Link } from '../router';
import { Bulb, Sliders } from './Icons';
import { openSheet } from './SettingsSheet';

export function Header() {
  return (
    <header class="top">
      <Link to="/" class="brand">
        <Bulb />
        <span>svitlo</span>
      </Link>
      <button class="icon-button" type="button" id="open-settings" aria-haspopup="dialog" onClick={openSheet}>
        <Sliders />
        <span class="sr">{t('settings')}</span>
      </button>
    </header>
  );
}
