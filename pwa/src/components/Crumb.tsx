import { t } from '../i18n';
import { Link } from '../router';
import { Back, Chart } from './Icons';

interface CrumbProps {
  to: string;
  title: string;
  /** A device that has a history. */
  device?: number;
}

/** The way back to where this page belongs, and on to what was. */
export function Crumb({ to, title, device }: CrumbProps) {
  return (
    <nav class="crumbs" aria-label={title}>
      <Link to={to}>
        <Back />
        {title}
      </Link>
      {device !== undefined && (
        <Link to={`/history?device=${device}`} class="crumb-history">
          <Chart />
          {t('history')}
        </Link>
      )}
    </nav>
  );
}
