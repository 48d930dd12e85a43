import { t } from '../i18n';

interface OldProps {
  busy: boolean;
  onYes: () => void;
}

/** The owner's word, below the advice that says what it means: the password goes to whoever answers. */
export function OldProtocol({ busy, onYes }: OldProps) {
  return (
    <button class="button" type="button" data-do="old-protocol" disabled={busy} onClick={onYes}>
      {t('oldProtocolYes')}
    </button>
  );
}
