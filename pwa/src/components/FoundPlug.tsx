import { hasWord, t, word } from '../i18n';
import { useJob } from '../jobs';
import { Link } from '../router';
import type { FoundOnNet } from '../types';
import { ProbeCheck } from './ProbeCheck';
import { knownOf } from './SearchCard';
import { TapoAccount } from './TapoAccount';

/** Nothing that its owner does helps svitlo to speak with it. */
const hopeless = new Set(['old_kasa', 'not_supported', 'wrong_account']);

/** A plug that has answered a call: whether svitlo can work with it, and whose it is. */
export function FoundPlug({ found }: { found: FoundOnNet }) {
  const { address, mac, model, account, reason } = found;
  const known = knownOf(found);
  const probe = useJob(`probe:${address}`); // says it again, and newer
  const hint = !known && !probe && reason && reason !== 'no_account' ? reason : null;
  return (
    <li class="found" data-address={address} data-kind="tapo" data-added={known?.id ?? 'no'}>
      <div class="found-line">
        <div>
          <p>
            <b>{model ?? t('plug')}</b> <span class="mono">{address.replace(/^tapo:\/\//, '')}</span>
          </p>
          <p class="found-facts">
            {mac && <span>MAC {mac}</span>}
            {account != null && <span>{t(account ? 'ourAccount' : 'otherAccount')}</span>}
          </p>
        </div>
        {known && (
          <p class="found-added">
            {t('alreadyAdded')} <Link to={`/plug/${known.id}`}>{known.name}</Link>
          </p>
        )}
      </div>
      {known && known.address !== address && <p class="reason">{t('plugMoved', { x: known.address })}</p>}
      {hint && (
        <div class="advice" data-reason={hint}>
          <p>
            <b>{word('plugReason', hint)}</b>
          </p>
          {hasWord('plugAdvice', hint) && <p>{word('plugAdvice', hint)}</p>}
        </div>
      )}
      {!known && !hopeless.has(reason ?? '') && <ProbeCheck address={address} onAdded={() => undefined} />}
    </li>
  );
}

/** Those that were found, below the account without which none of them lets svitlo in. */
export function FoundPlugs({ found }: { found: FoundOnNet[] }) {
  const first = found.find((f) => !hopeless.has(f.reason ?? ''));
  return (
    <>
      {first && <TapoAccount address={first.address} whenNone />}
      <ul class="founds">
        {found.map((f) => (
          <FoundPlug key={f.address} found={f} />
        ))}
      </ul>
    </>
  );
}
