import { BASE } from '../api';
import { t } from '../i18n';
import { seen } from './place';
import type { Stretch } from './range';
import type { Tier } from './types';

export type CsvKind = 'battery' | 'inverter' | 'plug' | 'house' | 'all';

interface CsvProps {
  kind: CsvKind;
  /** null: all of the kind. */
  device: number | null;
  tier: Tier;
  stretch?: Stretch;
}

/** What is seen as a file, from the same tier that is drawn. */
export function Csv({ kind, device, tier, stretch = seen.value }: CsvProps) {
  const { from, to } = stretch;
  const query = `kind=${kind}${device === null ? '' : `&device=${device}`}&tier=${tier}&from_ms=${from}&to_ms=${to}`;
  return (
    <p class="csv">
      <a class="link-button" href={`${BASE}/export.csv?${query}`} download="" data-do="csv">
        {t('csv')}
      </a>
      <small class="hint">{t('csvTier', { tier: t(`tier_${tier}`) })}</small>
    </p>
  );
}
