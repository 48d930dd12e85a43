// One line about what was just done, with a way back where there is one.
import { signal } from '@preact/signals';

export interface Notice {
  number: number;
  /** Called when it is shown: the language may change meanwhile. */
  text: () => string;
  undo?: () => Promise<unknown>;
}

export const notice = signal<Notice | null>(null);

let last = 0;

export function tell(text: () => string, undo?: () => Promise<unknown>): void {
  const number = ++last;
  notice.value = undo ? { number, text, undo } : { number, text };
}
