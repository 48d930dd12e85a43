import { t } from '../i18n';
import { Link } from '../router';

/** An address that leads nowhere. */
export function Lost({ title, text }: { title: string; text?: string }) {
  return (
    <section class="lost">
      <p class="lost-number" aria-hidden="true">
        404
      </p>
      <h1 tabIndex={-1}>{title}</h1>
      {text && <p class="lead">{text}</p>}
      <Link to="/" class="button primary">
        {t('toOverview')}
      </Link>
    </section>
  );
}
