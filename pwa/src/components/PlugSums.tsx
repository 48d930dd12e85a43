import { t } from '../i18n';
import { sumsOf } from '../plugs';
import type { Device } from '../types';
import { Num } from './Num';

/** Watts of all that answer: measured, and apart from it what is only estimated. */
export function PlugSums({ plugs }: { plugs: readonly Device[] }) {
  const { measured, estimated, missing } = sumsOf(plugs);
  return (
    <p class="plug-sums" id="plug-sums">
      {measured !== null && (
        <span data-sum="measured">
          {t('measuredNow')} <b><Num v={measured} u="W" /></b>
        </span>
      )}
      {estimated > 0 && (
        <span data-sum="estimated">
          {t('estimatedNow')} <b>≈ <Num v={estimated} u="W" /></b>
        </span>
      )}
      {missing > 0 && <span class="reason">{t('notCounted', { n: missing })}</span>}
    </p>
  );
}
