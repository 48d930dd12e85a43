import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { devices } from '../devices';
import { moment } from '../format';
import { useOrder, useRepeated } from '../hooks';
import { hasWord, t, word } from '../i18n';
import { begin, hasEnded, unfollow, useJob } from '../jobs';
import { tell } from '../notice';
import { forgetAccount, getAccounts, setAccount } from '../plug-api';
import { pollSoon } from '../poll';
import { may } from '../store';
import type { Account, Job } from '../types';
import { Confirm } from './Dialog';
import { Field, focusFirstError } from './Field';
import { OldProtocol } from './OldProtocol';
import { Progress } from './Progress';
import { ThirdParty } from './ThirdParty';

const EVERY_MS = 10_000;
const ADDRESS = /^(tapo:\/\/)?[\d.]{7,15}(:\d{1,5})?$/i;

/** The plug could not be asked; whether the password is right nobody knows. */
const unreached = new Set(['no_answer', 'host_unreachable', 'connection_refused', 'connect_failed', 'link_dropped', 'bad_answers', 'busy', 'old_protocol']);

/** Of TP-Link, as the server says it is; null: not known yet. */
const account = signal<Account | null>(null);

export async function loadAccount(): Promise<void> {
  const { accounts } = await getAccounts();
  account.value = accounts.find((a) => a.kind === 'tapo') ?? { kind: 'tapo', set: false, set_ms: null };
}

function useAccount(): { account: Account | null; failed: boolean } {
  const [failed, setFailed] = useState(false);
  const load = async () => {
    try {
      await loadAccount();
      setFailed(false);
    } catch (e) {
      if (!(e instanceof ApiError)) throw e;
      setFailed(true); // the next look is soon
    }
  };
  useRepeated(load, EVERY_MS, []);
  return { account: account.value, failed };
}

/** Why the account was not kept. */
function Refused({ job, onUntested, onOld, busy }: { job: Job<'account'>; onUntested: (() => void) | null; onOld: () => void; busy: boolean }) {
  const reason = job.result?.reason ?? null;
  return (
    <div class="plug-failure" role="alert" data-reason={reason ?? 'unknown'}>
      <div>
        <p>
          <b>{reason ? word('plugReason', reason) : t('accountFailed')}</b>
        </p>
        {reason && hasWord('plugAdvice', reason) && <p>{word('plugAdvice', reason)}</p>}
        {reason === 'old_protocol' && <OldProtocol busy={busy} onYes={onOld} />}
        {!reason && job.text && <p lang="en">{job.text}</p>}
        {onUntested && (
          <>
            <p>{t('untestedHint')}</p>
            <button class="button" type="button" data-do="untested" disabled={busy} onClick={onUntested}>
              {t('untested')}
            </button>
          </>
        )}
      </div>
    </div>
  );
}

interface FormProps {
  /** The plug at which it is tried; none: one that is configured, or the owner names one. */
  address?: string | undefined;
  onSaved: () => void;
  onCancel: (() => void) | null;
}

function AccountForm({ address, onSaved, onCancel }: FormProps) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [at, setAt] = useState('');
  const [checked, setChecked] = useState(false);
  const [told, setTold] = useState<number | null>(null);
  const job = useJob('account');
  const { busy, run, problem } = useOrder();
  const running = job !== null && !hasEnded(job);
  const asks = !address && !devices.value?.some((d) => d.kind === 'tapo');
  const atError = !asks || ADDRESS.test(at.trim()) ? null : t(at.trim() ? 'plugAddressShape' : 'fieldRequired');
  const userError = /^\S+@\S+$/.test(user.trim()) ? null : t(user.trim() ? 'emailShape' : 'fieldRequired');
  const passwordError = password ? null : t('fieldRequired');
  const typed = at.trim() && (at.includes('://') ? at.trim() : `tapo://${at.trim()}`);
  const put = (how: { untested?: true; transport?: 'aes' }) =>
    run(() => begin('account', () => setAccount({ user: user.trim(), password, ...((address ?? typed) && { address: address ?? typed }), ...how })));
  if (job?.state === 'done' && told !== job.id) {
    setTold(job.id);
    setTimeout(() => {
      unfollow('account');
      tell(() => t('accountSaved'));
      pollSoon();
      void run(loadAccount).then(onSaved);
    });
  }
  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    if (!userError && !passwordError && !atError) await put({});
  }
  const failed = job && (job.state === 'failed' || job.state === 'cancelled') ? job : null;
  const canKeep = failed !== null && unreached.has(failed.result?.reason ?? '') && user.trim() !== '' && password !== '';
  return (
    <form class="form-fields" onSubmit={onSubmit} noValidate data-state={job?.state ?? 'none'}>
      <Field id="tapo-user" label={t('email')} value={user} onInput={setUser} autocomplete="off" error={checked ? userError : null} maxLength={128} />
      <Field id="tapo-password" label={t('password')} value={password} onInput={setPassword} autocomplete="off" error={checked ? passwordError : null} hint={t('accountHint')} maxLength={128} secret />
      {asks && <Field id="tapo-at" label={t('plugAddress')} value={at} onInput={setAt} autocomplete="off" error={checked ? atError : null} hint={t('plugAddressHint')} plain maxLength={40} />}
      {running && (
        <>
          <Progress label={t('accountTrying')} value={job.state === 'queued' ? null : job.progress} />
          <p class="hint" role="status">
            {t(job.state === 'queued' && job.text ? 'jobQueued' : 'accountTrying')}
          </p>
        </>
      )}
      {failed && <Refused job={failed} busy={busy} onUntested={canKeep ? () => void put({ untested: true }) : null} onOld={() => void put({ transport: 'aes' })} />}
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="answers">
        {onCancel && (
          <button class="button" type="button" onClick={onCancel}>
            {t('cancel')}
          </button>
        )}
        <button class="button primary" type="submit" data-do="set-account" disabled={busy || running}>
          {t('accountTry')}
        </button>
      </div>
      <ThirdParty />
    </form>
  );
}

function Removal({ onClose }: { onClose: () => void }) {
  const { busy, run, problem } = useOrder();
  const onYes = async () => {
    const done = await run(async () => {
      await forgetAccount();
      await loadAccount();
    });
    if (!done) return;
    onClose();
    tell(() => t('accountRemoved'));
    pollSoon();
  };
  return (
    <Confirm
      id="remove-account"
      title={t('accountRemoveTitle')}
      text={t('accountRemoveText')}
      yes={t('accountRemove')}
      no={t('cancel')}
      busy={busy}
      problem={problem}
      onYes={() => void onYes()}
      onClose={onClose}
    />
  );
}

/** Whether svitlo has the account that the plugs belong to; what is in it is never shown. */
export function TapoAccount({ address, whenNone = false }: { address?: string | undefined; whenNone?: boolean }) {
  const { account: now, failed } = useAccount();
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  if (whenNone && now?.set) return null;
  const form = now !== null && may('admin') && (open || !now.set);
  return (
    <section class="card part account" id="tapo-account" data-set={now ? String(now.set) : ''}>
      <h2>{t('accountTitle')}</h2>
      {!now && <p class="hint">{t(failed ? 'detailsFailed' : 'loading')}</p>}
      {now?.set && <p>{now.set_ms ? t('accountSet', { time: moment(now.set_ms) }) : t('accountIsSet')}</p>}
      {now && !now.set && <p>{t(may('admin') ? 'accountLead' : 'accountNone')}</p>}
      {form && <AccountForm address={address} onSaved={() => setOpen(false)} onCancel={now.set ? () => setOpen(false) : null} />}
      {now?.set && !open && may('admin') && (
        <div class="device-actions">
          <button class="button" type="button" data-do="replace-account" onClick={() => setOpen(true)}>
            {t('accountReplace')}
          </button>
          <button class="link-button danger" type="button" data-do="remove-account" onClick={() => setAsking(true)}>
            {t('accountRemoveDots')}
          </button>
        </div>
      )}
      {asking && <Removal onClose={() => setAsking(false)} />}
    </section>
  );
}
