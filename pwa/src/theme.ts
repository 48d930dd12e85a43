import { computed, effect, signal } from '@preact/signals';
import { readPref, writePref } from './prefs';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export const theme = signal<Theme>(readPref('theme', themes, 'auto'));

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const isDark = signal(systemDark.matches);
/** What is shown. */
export const dark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && isDark.value));

export function startTheme(): void {
  systemDark.addEventListener('change', (e) => (isDark.value = e.matches));
  effect(() => {
    const root = document.documentElement;
    if (theme.value === 'auto') delete root.dataset['theme'];
    else root.dataset['theme'] = theme.value;
    document
      .querySelector('meta[name="theme-color"]')
      ?.setAttribute('content', dark.value ? '#14110e' : '#f7f1e6');
    writePref('theme', theme.value);
  });
}
