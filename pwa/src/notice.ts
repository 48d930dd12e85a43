// One line about what was just done, with a way back where there is one.
import { signal } from '@preact/signals';
import { route, type Route } from './router';

export interface Notice {
  number: number;
  /** Leaving the page that it was said on takes it as read. */
  page: Route;
  /** Called when it is shown: the language may change meanwhile. */
  text: () => string;
  undo?: () => Promise<unknown>;
}

export const notice = signal<Notice | null>(null);

let last = 0;

export function tell(text: () => string, undo?: () => Promise<unknown>): void {
  const said = { number: ++last, page: route.value, text };
  notice.value = undo ? { ...said, undo } : said;
}
