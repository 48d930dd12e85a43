import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface FoldProps {
  title: string;
  id: string;
  children: () => ComponentChildren;
}

/** What is made only when somebody opens it. */
export function Fold({ title, id, children }: FoldProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="fold" id={id} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{title}</summary>
      {open && children()}
    </details>
  );
}
