// Words of the page. `t` for the page's own texts, `word` for names that come from the server.
import { computed, effect, signal } from '@preact/signals';
import type { en } from './i18n/en';
import type { enHistory } from './i18n/en-history';
import type { enMore } from './i18n/en-more';
import type { enPlugs } from './i18n/en-plugs';
import { readPref, writePref } from './prefs';

type Texts<T> = { [G in keyof T]: Record<keyof T[G], string> };
export type Dict = Texts<typeof en>;
/** Words that not every visit needs: fetched when the first of them is asked for. */
export type MoreDict = Texts<typeof enMore>;
export type PlugsDict = Texts<typeof enPlugs>;
export type HistoryDict = Texts<typeof enHistory>;
export type UiKey = keyof typeof en.ui | keyof typeof enMore.ui | keyof typeof enPlugs.ui | keyof typeof enHistory.ui;
type AnyGroup = keyof Dict | keyof MoreDict | keyof PlugsDict | keyof HistoryDict;
export type Group = Exclude<AnyGroup, 'ui' | 'plural'>;

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
type Later = Partial<MoreDict & PlugsDict & HistoryDict>;
const laterWords = {
  more: {
    uk: async () => (await import('./i18n/uk-more')).ukMore,
    en: async () => (await import('./i18n/en-more')).enMore,
  },
  plugs: {
    uk: async () => (await import('./i18n/uk-plugs')).ukPlugs,
    en: async () => (await import('./i18n/en-plugs')).enPlugs,
  },
  history: {
    uk: async () => (await import('./i18n/uk-history')).ukHistory,
    en: async () => (await import('./i18n/en-history')).enHistory,
  },
};
export type Part = keyof typeof laterWords;

interface Spoken {
  lang: Lang;
  dict: Dict;
  /** What was asked for of the rest. */
  later: Partial<Record<Part, Later>>;
}

const spoken = signal<Spoken | null>(null);
const wanted = computed<Lang>(() => (langChoice.value === 'auto' ? ofBrowser() : langChoice.value));
/** The language that is shown: the wanted one as soon as its words are there. */
export const lang = computed<Lang>(() => spoken.value?.lang ?? wanted.value);
const rules = computed(() => new Intl.PluralRules(lang.value));

type Params = Record<string, string | number>;

function fill(text: string, params?: Params): string {
  return params ? text.replace(/\{(\w+)\}/g, (_, k: string) => String(params[k] ?? '')) : text;
}

/** Among the words that are there already. */
export function wordIfThere(group: AnyGroup, key: string): string | undefined {
  if (!spoken.value) throw new Error('startLang() first');
  const { dict, later } = spoken.value;
  const within = (all?: object) => (all as Record<string, Record<string, string>> | undefined)?.[group as string]?.[key];
  return within(dict) ?? within(later.more) ?? within(later.plugs) ?? within(later.history);
}

/** undefined: there is no such text; '' while its part of the words is on its way. */
function find(group: AnyGroup, key: string): string | undefined {
  const text = wordIfThere(group, key);
  const part: Part = String(group).startsWith('plug') ? 'plugs' : 'more'; // "plural" is always there
  if (text !== undefined || spoken.value?.later[part]) return text;
  loadWords(part).catch(() => {
    const now = spoken.value;
    if (now && !now.later[part]) spoken.value = { ...now, later: { ...now.later, [part]: {} } }; // names stay as they are
  });
  return '';
}

export function t(key: UiKey, params?: Params): string {
  return fill(find('ui', key) ?? '', params);
}

/** The word for a name from the server; a name that nobody has translated is shown as it is. */
export function word(group: Group, key: string, params?: Params): string {
  return fill(find(group, key) ?? key, params);
}

export function hasWord(group: Group, key: string): boolean {
  return Boolean(find(group, key));
}

/** An alarm in words; of an inverter's fault also the code that stands on its display. */
export function alarmWord(name: string): string {
  const code = /^f\d+(?=_)/.exec(name);
  return code ? `${code[0].toUpperCase()}: ${inner(word('error', name))}` : word('error', name);
}

/** The form of a noun for a number: entries are "one|few|many" in Ukrainian, "one|other" in English. */
export function plural(key: keyof typeof en.plural, n: number): string {
  const forms = (find('plural', key) ?? '').split('|');
  const category = rules.value.select(n);
  const at = category === 'one' ? 0 : category === 'few' ? 1 : forms.length - 1;
  return forms[at] ?? '';
}

const asked = new Map<Part, Promise<void>>();

async function speak(l: Lang): Promise<void> {
  const [dict, ...rest] = await Promise.all([words[l](), ...[...asked.keys()].map(async (part) => ({ [part]: await laterWords[part][l]() }))]);
  // what was asked for meanwhile in the same language stays
  const had = spoken.peek();
  if (l === wanted.value) spoken.value = { lang: l, dict, later: Object.assign({}, had?.lang === l && had.later, ...rest) };
}

/** Resolves when those words are there too. */
export function loadWords(part: Part): Promise<void> {
  const loading = asked.get(part);
  if (loading) return loading;
  asked.set(part, Promise.resolve());
  const now = speak(wanted.value);
  asked.set(part, now);
  return now;
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
