import type { ComponentChildren } from 'preact';
import { Bulb } from '../components/Icons';
import { langChoice, lang, type Lang } from '../i18n';

const other: Record<Lang, { lang: Lang; label: string }> = {
  uk: { lang: 'en', label: 'English' },
  en: { lang: 'uk', label: 'Українська' },
};

/** The frame of the pages before the house: claim, log in, no connection. */
export function Door({ title, lead, children }: { title: string; lead: string; children?: ComponentChildren }) {
  const to = other[lang.value];
  return (
    <main class="door" id="main">
      <Bulb />
      <h1 tabIndex={-1}>{title}</h1>
      <p class="lead">{lead}</p>
      {children}
      <button class="link-button" type="button" lang={to.lang} id="door-lang" onClick={() => (langChoice.value = to.lang)}>
        {to.label}
      </button>
    </main>
  );
}
