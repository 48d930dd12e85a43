// History-API routes: / and /battery/:id. The web server answers every other path with index.html.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export type Route = { view: 'overview' } | { view: 'battery'; id: number } | { view: 'lost' };

function match(path: string): Route {
  if (path === '/' || path === '/index.html') return { view: 'overview' };
  const battery = /^\/battery\/(\d{1,9})\/?$/.exec(path);
  if (battery) return { view: 'battery', id: Number(battery[1]) };
  return { view: 'lost' };
}

export const route = signal<Route>(match(location.pathname));

function show(): void {
  route.value = match(location.pathname);
}

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path);
  show();
  scrollTo(0, 0);
  // Tell screen readers and the keyboard where we are.
  setTimeout(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
}

export function watchHistory(): void {
  addEventListener('popstate', show);
}

interface LinkProps {
  to: string;
  class?: string;
  children: ComponentChildren;
}

export function Link({ to, children, class: className }: LinkProps) {
  const onClick = (e: MouseEvent) => {
    if (e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    go(to);
  };
  return (
    <a href={to} class={className ?? ''} onClick={onClick}>
      {children}
    </a>
  );
}
