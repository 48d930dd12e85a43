import { MISSING, num, unit } from '../format';
import { t } from '../i18n';

interface NumProps {
  v: number | null | undefined;
  digits?: number;
  u: string;
  sign?: boolean;
  doubtful?: boolean;
}

/** A number with its unit in small; a dash when it is missing, a question mark when in doubt. */
export function Num({ v, digits = 0, u, sign = false, doubtful = false }: NumProps) {
  const text = num(v, digits, sign);
  if (text === MISSING) return <span class="num missing">{MISSING}</span>;
  return (
    <span class={doubtful ? 'num doubtful' : 'num'} title={doubtful ? t('doubtful') : undefined}>
      {text}
      <span class="unit">{'\u00a0' + unit(u)}</span>
      {doubtful && (
        <>
          <span class="doubt-mark" aria-hidden="true">
            ?
          </span>
          <span class="sr"> ({t('doubtful')})</span>
        </>
      )}
    </span>
  );
}
