import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface DialogProps {
  id: string;
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** A question that must be answered first; Escape is "no". The browser gives the focus back. */
export function Dialog({ id, title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={ref} class="sheet" id={id} aria-labelledby={`${id}-title`} onClose={onClose}>
      <div class="sheet-body">
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  id: string;
  title: string;
  text: string;
  yes: string;
  no: string;
  busy: boolean;
  problem: string | null;
  onYes: () => void;
  onClose: () => void;
}

export function Confirm({ id, title, text, yes, no, busy, problem, onYes, onClose }: ConfirmProps) {
  return (
    <Dialog id={id} title={title} onClose={onClose}>
      <p>{text}</p>
      <p class="form-error" role="alert">
        {problem}
      </p>
      <div class="answers">
        <button class="button" type="button" onClick={onClose}>
          {no}
        </button>
        <button class="button danger" type="button" data-do="confirm" disabled={busy} onClick={onYes}>
          {yes}
        </button>
      </div>
    </Dialog>
  );
}
