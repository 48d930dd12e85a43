interface BoxProps {
  id: string;
  label: string;
  type: 'date' | 'number' | 'time' | 'text';
  value: string;
  onInput: (v: string) => void;
  min?: string | number;
  max?: string | number;
  hint?: string;
  error?: string | null;
}

/** A labelled field for a day, a time or a number. */
export function Box({ id, label, value, onInput, hint, error, ...input }: BoxProps) {
  const said = error ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <input {...input} id={id} value={value} {...(input.type === 'number' && { step: 'any', inputMode: 'decimal' as const })} autocomplete="off" aria-invalid={error ? true : undefined} aria-describedby={said ? `${id}-said` : undefined} onInput={(e) => onInput(e.currentTarget.value)} />
      </div>
      {said && (
        <p class={error ? 'field-error' : 'hint'} id={`${id}-said`}>
          {said}
        </p>
      )}
    </div>
  );
}
