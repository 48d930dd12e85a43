import { ago } from '../format';
import { t } from '../i18n';
import { ageNow } from '../store';

/** "3 s ago", counting on by itself. */
export function Age({ age_ms }: { age_ms: number | null }) {
  const now = ageNow(age_ms);
  if (now === null) return <span class="age">{t('ageUnknown')}</span>;
  return (
    <span class="age" data-age-s={Math.floor(now / 1000)}>
      {ago(now)}
    </span>
  );
}
