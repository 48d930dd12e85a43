// Shared by run.mjs and shots.mjs: Chromium, and the steps that both take.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../pwa/package.json', import.meta.url));
const { chromium } = require('playwright-core');

export const BASE_URL = (process.env.BASE_URL ?? 'https://localhost:8443').replace(/\/$/, '');
export const CODE = process.env.CODE ?? '';
export const USER = process.env.E2E_USER ?? 'olena';
export const PASSWORD = process.env.E2E_PASSWORD ?? 'світло-в-домі-42';

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Service workers need a trusted origin; the test system signs its own certificate.
      '--ignore-certificate-errors',
    ],
  });
}

export function open(browser, options = {}) {
  return browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'uk-UA',
    viewport: { width: 390, height: 844 },
    ...options,
  });
}

/** Which page is shown at the door: claim, login or app. */
export async function door(page) {
  await page.waitForSelector('#claim-form, #login-form, #open-settings', { timeout: 10_000 });
  if (await page.$('#claim-form')) return 'claim';
  return (await page.$('#login-form')) ? 'login' : 'app';
}

export async function claim(page, code) {
  await page.fill('#code', code);
  await page.fill('#user', USER);
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('#claim-form button[type=submit]');
}

export async function logIn(page, password = PASSWORD) {
  await page.fill('#user', USER);
  await page.fill('#password', password);
  await page.click('#login-form button[type=submit]');
}

export async function logOut(page) {
  await page.click('#open-settings');
  await page.click('#log-out');
  await page.waitForSelector('#login-form');
}
