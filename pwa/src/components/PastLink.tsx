import { t } from '../i18n';
import { Link } from '../router';
import { Chart } from './Icons';

/** From a device to what it has measured. */
export function PastLink({ device }: { device: number }) {
  return (
    <Link to={`/history?device=${device}`} class="past-link">
      <Chart />
      {t('history')}
    </Link>
  );
}
