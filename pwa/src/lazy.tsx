// What few visits need is fetched when it is first shown: an inverter's page, devices, adding them.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadMore, t } from './i18n';
import { focusHeading } from './router';

type More = typeof import('./views/more');

export function lazy<P extends object>(pick: (more: More) => ComponentType<P>) {
  let ready: ComponentType<P> | null = null; // once it is there it is shown at once
  return function Lazy(props: P) {
    const [Part, setPart] = useState(() => ready);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (ready) return;
      Promise.all([import('./views/more'), loadMore()]).then(
        ([more]) => {
          ready = pick(more);
          setPart(() => ready);
          if (document.activeElement === document.body) focusHeading(); // a page that came late
        },
        () => setFailed(true),
      );
    }, []);
    if (Part) return <Part {...props} />;
    if (!failed) return <p class="loading">{t('loading')}</p>;
    return (
      <p class="loading" role="alert">
        {t('partFailed')}{' '}
        <button class="link-button" type="button" onClick={() => location.reload()}>
          {t('reload')}
        </button>
      </p>
    );
  };
}
