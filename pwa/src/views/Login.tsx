import { useState } from 'preact/hooks';
import { Field, focusFirstError } from '../components/Field';
import { t } from '../i18n';
import { problemText } from '../problem';
import { doLogIn } from '../session';
import { Door } from './Door';

export function Login() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [checked, setChecked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const missing = (v: string) => (checked && !v ? t('fieldRequired') : null);

  async function onSubmit(e: Event) {
    e.preventDefault();
    setChecked(true);
    focusFirstError();
    setProblem(null);
    if (!user.trim() || !password) return;
    setBusy(true);
    try {
      await doLogIn(user.trim(), password);
    } catch (err) {
      setProblem(problemText(err));
      setBusy(false);
    }
  }

  return (
    <Door title={t('loginTitle')} lead={t('loginLead')}>
      <form id="login-form" onSubmit={onSubmit} noValidate>
        <Field id="user" label={t('user')} value={user} onInput={setUser} autocomplete="username" error={missing(user)} maxLength={64} />
        <Field
          id="password"
          label={t('password')}
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          error={missing(password)}
          secret
        />
        <p class="form-error" role="alert" id="form-error">
          {problem}
        </p>
        <button class="button primary big" type="submit" disabled={busy}>
          {t(busy ? 'busy' : 'loginButton')}
        </button>
      </form>
    </Door>
  );
}
