import { useState } from 'preact/hooks';
import { Field, focusFirstError } from '../components/Field';
import { t } from '../i18n';
import { problemText } from '../problem';
import { doClaim } from '../session';
import { Door } from './Door';

const length = (s: string) => [...s].length;

export function Claim() {
  const [code, setCode] = useState('');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const codeError = code.trim() ? null : t('fieldRequired');
  const userError = user.trim() ? null : t('fieldRequired');
  const passwordError = length(password) < 8 || length(password) > 128 ? t('passwordLength') : null;
  const againError = again === password ? null : t('passwordsDiffer');

  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    setProblem(null);
    if (codeError || userError || passwordError || againError) return;
    setBusy(true);
    try {
      await doClaim(code.trim(), user.trim(), password);
    } catch (err) {
      setProblem(problemText(err));
      setBusy(false);
    }
  }

  const shown = (error: string | null) => (checked ? error : null);
  return (
    <Door title={t('claimTitle')} lead={t('claimLead')}>
      <form id="claim-form" onSubmit={onSubmit} noValidate>
        <Field id="code" label={t('code')} value={code} onInput={setCode} autocomplete="one-time-code" error={shown(codeError)} plain />
        <details class="where">
          <summary>{t('claimWhere')}</summary>
          <p>{t('claimWhereText')}</p>
          <pre>journalctl -u 'svitlo*' -n 100</pre>
          <p>{t('claimWhereRun')}</p>
        </details>
        <Field id="user" label={t('user')} value={user} onInput={setUser} autocomplete="username" error={shown(userError)} maxLength={64} />
        <Field
          id="password"
          label={t('password')}
          value={password}
          onInput={setPassword}
          autocomplete="new-password"
          hint={t('passwordHint')}
          error={shown(passwordError)}
          secret
        />
        <Field
          id="again"
          label={t('passwordAgain')}
          value={again}
          onInput={setAgain}
          autocomplete="new-password"
          error={shown(againError)}
          secret
        />
        <p class="form-error" role="alert" id="form-error">
          {problem}
        </p>
        <button class="button primary big" type="submit" disabled={busy}>
          {t(busy ? 'busy' : 'claimButton')}
        </button>
      </form>
    </Door>
  );
}
