import { render } from 'preact';
import { App } from './app';
import { startClock } from './clock';
import { startLang } from './i18n';
import { startInstall } from './install';
import { watchPage } from './poll';
import { watchHistory } from './router';
import { start } from './session';
import { startTheme } from './theme';

startTheme();
startLang();
startClock();
watchHistory();
watchPage();
startInstall();
render(<App />, document.body);
void start();
