// Words of the page. `t` for the page's own texts, `word` for names that come from the server.
import { computed, effect, signal } from '@preact/signals';
import type { en } from './i18n/en';
import { readPref, writePref } from './prefs';

export type Dict = { [G in keyof typeof en]: Record<keyof (typeof en)[G], string> };
export type UiKey = keyof typeof en.ui;
export type Group = Exclude<keyof typeof en, 'ui' | 'plural'>;

export const langs = ['uk', 'en'] as const;
export type Lang = (typeof langs)[number];
export const langChoices = ['auto', ...langs] as const;
export type LangChoice = (typeof langChoices)[number];

export const langChoice = signal<LangChoice>(readPref('lang', langChoices, 'auto'));

function ofBrowser(): Lang {
  for (const l of navigator.languages ?? [navigator.language]) {
    const two = l.slice(0, 2).toLowerCase();
    if (two === 'uk' || two === 'en') return two;
  }
  return 'en';
}

/** Only the words of the chosen language are loaded. */
const words: Record<Lang, () => Promise<Dict>> = {
  uk: async () => (await import('./i18n/uk')).uk,
  en: async () => (await import('./i18n/en')).en,
};

interface Spoken {
  lang: Lang;
  dict: Dict;
}

const spoken = signal<Spoken | null>(null);
const wanted = computed<Lang>(() => (langChoice.value === 'auto' ? ofBrowser() : langChoice.value));
/** The language that is shown: the wanted one as soon as its words are there. */
export const lang = computed<Lang>(() => spoken.value?.lang ?? wanted.value);
const dict = computed<Dict>(() => {
  if (!spoken.value) throw new Error('startLang() first');
  return spoken.value.dict;
});
const rules = computed(() => new Intl.PluralRules(lang.value));

type Params = Record<string, string | number>;

function fill(text: string, params?: Params): string {
  return params ? text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? '')) : text;
}

export function t(key: UiKey, params?: Params): string {
  return fill(dict.value.ui[key], params);
}

/** The word for a name from the server; a name that nobody has translated is shown as it is. */
export function word(group: Group, key: string): string {
  return (dict.value[group] as Record<string, string>)[key] ?? key;
}

export function hasWord(group: Group, key: string): boolean {
  return key in dict.value[group];
}

/** The form of a noun for a number: entries are "one|few|many" in Ukrainian, "one|other" in English. */
export function plural(key: keyof typeof en.plural, n: number): string {
  const forms = dict.value.plural[key].split('|');
  const category = rules.value.select(n);
  const at = category === 'one' ? 0 : category === 'few' ? 1 : forms.length - 1;
  return forms[at] ?? '';
}

async function speak(l: Lang): Promise<void> {
  const loaded = await words[l]();
  if (l === wanted.value) spoken.value = { lang: l, dict: loaded };
}

/** Resolves when there are words to show. */
export async function startLang(): Promise<void> {
  await speak(wanted.value);
  effect(() => {
    document.documentElement.lang = lang.value;
    writePref('lang', langChoice.value);
  });
  effect(() => {
    // without a network the language stays as it is
    if (wanted.value !== spoken.peek()?.lang) speak(wanted.value).catch(() => undefined);
  });
}

/** For a sentence of the dictionary in the middle of another one: "The device" but not "BMS". */
export function inner(s: string): string {
  return /^\p{Lu}[\p{Ll}’]/u.test(s) ? s.charAt(0).toLowerCase() + s.slice(1) : s;
}
