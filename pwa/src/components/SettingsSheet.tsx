import { signal } from '@preact/signals';
import { createRef } from 'preact';
import { ApiError } from '../api';
import { canInstall, install, isInstalled, isIos } from '../install';
import { langChoice, t, word, type LangChoice } from '../i18n';
import { doLogOut } from '../session';
import { session, version } from '../store';
import { theme, type Theme } from '../theme';
import { Choice } from './Choice';
import { Close } from './Icons';

/** The dialog itself knows whether it is open: a second truth would race with its events. */
const sheet = createRef<HTMLDialogElement>();

export function openSheet(): void {
  if (!sheet.current?.open) sheet.current?.showModal();
}

function closeSheet(): void {
  sheet.current?.close();
}

function AppSection() {
  return (
    <section>
      <h3>{t('app')}</h3>
      {isInstalled.value ? (
        <p>{t('installed')}</p>
      ) : canInstall.value ? (
        <button class="button" type="button" onClick={install}>
          {t('install')}
        </button>
      ) : (
        <p class="hint">{t(isIos ? 'installIos' : 'installOther')}</p>
      )}
      {version.value && (
        <p class="hint">
          {t('version')} <span class="num">{version.value}</span>
        </p>
      )}
      <p class="hint">{t('disclaimer')}</p>
    </section>
  );
}

const logOutError = signal(false);

async function onLogOut() {
  logOutError.value = false;
  try {
    await doLogOut();
    closeSheet();
  } catch (e) {
    if (!(e instanceof ApiError)) throw e;
    logOutError.value = true;
  }
}

function AccountSection() {
  const who = session.value;
  if (!who) return null;
  return (
    <section>
      <h3>{t('account')}</h3>
      <p>
        <b id="who">{who.user}</b> <span class="hint">{word('level', who.level)}</span>
      </p>
      <button class="button" type="button" id="log-out" onClick={onLogOut}>
        {t('logOut')}
      </button>
      <p class="field-error" role="alert">
        {logOutError.value && t('logOutFailed')}
      </p>
    </section>
  );
}

/** Settings of this browser, and who is logged in. */
export function SettingsSheet() {
  const onBackdrop = (e: MouseEvent) => {
    if (e.target === sheet.current) closeSheet();
  };
  return (
    <dialog ref={sheet} class="sheet" aria-labelledby="sheet-title" onClick={onBackdrop}>
      <div class="sheet-body">
        <div class="sheet-head">
          <h2 id="sheet-title">{t('settings')}</h2>
          <button class="icon-button" type="button" id="close-settings" onClick={closeSheet}>
            <Close />
            <span class="sr">{t('close')}</span>
          </button>
        </div>
        <Choice<LangChoice>
          name="lang"
          label={t('language')}
          value={langChoice.value}
          options={[
            { value: 'auto', label: t('auto') },
            { value: 'uk', label: 'Українська', lang: 'uk' },
            { value: 'en', label: 'English', lang: 'en' },
          ]}
          onChange={(v) => (langChoice.value = v)}
        />
        <Choice<Theme>
          name="theme"
          label={t('theme')}
          value={theme.value}
          options={[
            { value: 'auto', label: t('auto') },
            { value: 'light', label: t('light') },
            { value: 'dark', label: t('dark') },
          ]}
          onChange={(v) => (theme.value = v)}
        />
        <AccountSection />
        <AppSection />
      </div>
    </dialog>
  );
}
