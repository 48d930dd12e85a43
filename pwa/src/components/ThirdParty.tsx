import { t } from '../i18n';

/** Where the switch is that lets svitlo in. */
export function ThirdParty() {
  return (
    <details class="third-party">
      <summary>{t('thirdPartyTitle')}</summary>
      <p>{t('thirdPartyWhy')}</p>
      <p>
        <b>{t('thirdPartyPath')}</b>
      </p>
      <p>{t('thirdPartyWait')}</p>
    </details>
  );
}
