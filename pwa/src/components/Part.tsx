import type { ComponentChildren } from 'preact';

interface PartProps {
  title: string;
  note?: string | undefined;
  id?: string;
  class?: string;
  children: ComponentChildren;
}

export function Part({ title, note, id, children, class: className }: PartProps) {
  return (
    <section class={`card part ${className ?? ''}`} id={id}>
      <h2>
        {title}
        {note && <small>{note}</small>}
      </h2>
      {children}
    </section>
  );
}
