// What not every visit needs is fetched when it is first shown: inverters, devices and adding them; plugs; history.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadWords, t } from './i18n';
import { focusHeading } from './router';

/** Written by build.mjs: where the styles are. */
declare const PLUGS_CSS: string;
declare const HISTORY_CSS: string;

const styles = new Map<string, Promise<unknown>>();

function loadStyle(href: string): Promise<unknown> {
  const loading =
    styles.get(href) ??
    new Promise((done, failed) => {
      const link = document.createElement('link');
      link.rel = 'stylesheet';
      link.href = href;
      link.onload = done;
      link.onerror = failed;
      document.head.append(link);
    });
  styles.set(href, loading);
  return loading;
}

function lazy<M, P extends object>(load: () => Promise<M>, pick: (m: M) => ComponentType<P>, isPage: boolean) {
  let ready: ComponentType<P> | null = null; // once it is there it is shown at once
  return function Lazy(props: P) {
    const [Part, setPart] = useState(() => ready);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (ready) return;
      load().then(
        (m) => {
          ready = pick(m);
          setPart(() => ready);
          if (isPage && document.activeElement === document.body) focusHeading(); // a page that came late
        },
        () => setFailed(true),
      );
    }, []);
    if (Part) return <Part {...props} />;
    const look = isPage ? 'loading' : 'hint';
    if (!failed) return <p class={look}>{t('loading')}</p>;
    return (
      <p class={look} role="alert">
        {t('partFailed')}{' '}
        <button class="link-button" type="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      </p>
    );
  };
}

/** A file of the page: what it has as whole pages, or as parts of others. */
function file<M>(load: () => Promise<M>) {
  return {
    page: <P extends object>(pick: (m: M) => ComponentType<P>) => lazy(load, pick, true),
    part: <P extends object>(pick: (m: M) => ComponentType<P>) => lazy(load, pick, false),
  };
}

export const more = file(async () => (await Promise.all([import('./views/more'), loadWords('more')]))[0]);
export const plugs = file(async () => (await Promise.all([import('./views/plug-pages'), loadWords('more'), loadWords('plugs'), loadStyle(PLUGS_CSS)]))[0]);
/** What the overview shows of plugs. */
export const plugsCard = file(async () => (await Promise.all([import('./components/PlugsCard'), loadWords('plugs'), loadStyle(PLUGS_CSS)]))[0]);
export const past = file(async () => (await Promise.all([import('./views/history-page'), loadWords('history'), loadStyle(HISTORY_CSS)]))[0]);
