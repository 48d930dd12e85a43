import { useState } from 'preact/hooks';
import { t } from '../i18n';

/** After a refused form the cursor stands where something has to be mended. */
export function focusFirstError(): void {
  setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid]')?.focus(), 50);
}

interface FieldProps {
  id: string;
  label: string;
  value: string;
  onInput: (v: string) => void;
  error?: string | null;
  hint?: string;
  autocomplete: string;
  secret?: boolean;
  plain?: boolean;
  maxLength?: number;
}

/** A labelled text field; `secret` adds the button that shows what is typed. */
export function Field({ id, label, value, onInput, error, hint, autocomplete, secret, plain, maxLength }: FieldProps) {
  const [shown, setShown] = useState(false);
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <input
          id={id}
          name={id}
          type={secret && !shown ? 'password' : 'text'}
          value={value}
          onInput={(e) => onInput(e.currentTarget.value)}
          autocomplete={autocomplete}
          autocapitalize="none"
          autocorrect="off"
          spellcheck={false}
          class={plain ? 'num' : ''}
          maxLength={maxLength}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
        />
        {secret && (
          <button class="show" type="button" aria-pressed={shown} aria-controls={id} onClick={() => setShown(!shown)}>
            {t(shown ? 'hidePassword' : 'showPassword')}
          </button>
        )}
      </div>
      {hint && !error && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
