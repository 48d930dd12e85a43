import { render } from 'preact';
import { App } from './app';
import { startClock } from './clock';
import { startLang } from './i18n';
import { startInstall } from './install';
import { watchPage } from './poll';
import { watchHistory } from './router';
import { start } from './session';
import { startTheme } from './theme';

const RELOAD_MS = 3000;

startTheme();
startClock();
watchHistory();
watchPage();
startInstall();
void start();
startLang().then(
  () => render(<App />, document.body),
  () => setTimeout(() => location.reload(), RELOAD_MS), // a failed import is never tried again
);
