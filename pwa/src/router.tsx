// History-API routes: /, /battery/:id, /inverter/:id, /plug/:id, /plugs, /history, /devices, /devices/add. The web server answers every other path with index.html.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export type Route =
  | { view: 'overview' | 'devices' | 'plugs' | 'history' | 'add' | 'lost' }
  | { view: 'battery' | 'inverter' | 'plug'; id: number };

function match(path: string): Route {
  if (path === '/' || path === '/index.html') return { view: 'overview' };
  const device = /^\/(battery|inverter|plug)\/(\d{1,9})\/?$/.exec(path);
  if (device) return { view: device[1] as 'battery' | 'inverter' | 'plug', id: Number(device[2]) };
  if (/^\/plugs\/?$/.test(path)) return { view: 'plugs' };
  if (/^\/history\/?$/.test(path)) return { view: 'history' };
  if (/^\/devices\/?$/.test(path)) return { view: 'devices' };
  if (/^\/devices\/add\/?$/.test(path)) return { view: 'add' };
  return { view: 'lost' };
}

export const route = signal<Route>(match(location.pathname));
/** What stands behind the path: the state of a page that has one. */
export const query = signal(location.search);

function show(): void {
  query.value = location.search;
  route.value = match(location.pathname);
}

/** Tells screen readers and the keyboard where we are. */
export function focusHeading(): void {
  setTimeout(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
}

export function go(path: string): void {
  if (path !== location.pathname + location.search) history.pushState(null, '', path);
  show();
  scrollTo(0, 0);
  focusHeading();
}

/** Another state of the page that is shown; `step`: "back" leads to the one before. */
export function turn(search: string, step: boolean): void {
  if (search === location.search) return;
  history[step ? 'pushState' : 'replaceState'](null, '', location.pathname + search);
  query.value = search;
}

export function watchHistory(): void {
  addEventListener('popstate', show);
}

interface LinkProps {
  to: string;
  class?: string;
  /** It leads to the page that is shown. */
  current?: boolean;
  children: ComponentChildren;
}

export function Link({ to, children, current, class: className }: LinkProps) {
  const onClick = (e: MouseEvent) => {
    if (e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    go(to);
  };
  return (
    <a href={to} class={className ?? ''} aria-current={current ? 'page' : undefined} onClick={onClick}>
      {children}
    </a>
  );
}
