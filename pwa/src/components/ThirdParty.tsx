import { t } from '../i18n';

/** Where the switch is that lets svitlo in. */
export function ThirdParty({ open = false }: { open?: boolean }) {
  return (
    <details class="third-party" open={open}>
      <summary>{t('thirdPartyTitle')}</summary>
      <p>{t('thirdPartyWhy')}</p>
      <p>
        <b>{t('thirdPartyPath')}</b>
      </p>
      <p>{t('thirdPartyWait')}</p>
    </details>
  );
}
