// BASE_URL=… CODE=… node shots.mjs OUTDIR: pictures of every page, phone and desktop, light and
// dark, Ukrainian and English. Takes a system that is unclaimed, or claimed by run.mjs.
// The picture without devices is taken from an answer that this script makes up.
import { mkdirSync } from 'node:fs';
import { BASE_URL, CODE, claim, door, launch, logIn, open } from './browser.mjs';

const out = process.argv[2];
if (!out) {
  console.error('usage: BASE_URL=… CODE=… node shots.mjs OUTDIR');
  process.exit(2);
}
mkdirSync(out, { recursive: true });

const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 800 } };
const browser = await launch();
let count = 0;

async function shots(device, theme, lang, state, first) {
  const context = await open(browser, {
    viewport: sizes[device],
    colorScheme: theme,
    locale: lang === 'uk' ? 'uk-UA' : 'en-GB',
    ...(state ? { storageState: state } : {}),
  });
  const page = await context.newPage();
  const shot = async (name, fullPage = true) => {
    await page.screenshot({ path: `${out}/${name}-${device}-${theme}-${lang}.png`, fullPage });
    count++;
  };
  await page.goto(BASE_URL);
  const where = await door(page);
  if (!state) {
    await shot(where);
    await context.close();
    return;
  }
  await page.waitForSelector('.tile, .empty');
  await page.waitForTimeout(700);
  await shot('overview');
  await page.click('#open-settings');
  await page.waitForTimeout(200);
  await shot('settings', false);
  await page.click('#close-settings');
  const packs = '[aria-labelledby=packs-title]';
  const pages = { battery: [`${packs} .tile-alarm a`, `${packs} .tile a`], inverter: ['#house .only a', '[aria-labelledby=inverters-title] .tile a'] };
  for (const [name, links] of Object.entries(pages)) {
    const link = (await page.$(links[0])) ?? (await page.$(links[1]));
    if (!link) continue;
    await link.click();
    await page.waitForSelector('.bms-settings');
    await page.waitForTimeout(700);
    await shot(name);
    await page.goBack();
    await page.waitForSelector('.tile, #house');
  }
  const plug = await page.$('#plugs .plug-name');
  if (plug) {
    await plug.click();
    await page.waitForSelector('#link');
    await page.waitForTimeout(700);
    await shot('plug');
    await page.goto(`${BASE_URL}/plugs`);
    await page.waitForSelector('#plug-list > li');
    await page.locator('#plug-list summary').first().click();
    await page.waitForTimeout(700);
    await shot('plugs');
  }
  await page.click('.nav-devices');
  await page.waitForSelector('.device, .empty');
  const manage = page.locator('[data-do=manage]').first();
  if (await manage.count()) await manage.click();
  await page.waitForTimeout(700);
  await shot('devices');
  await page.goto(`${BASE_URL}/devices/add`);
  await page.click('#scan [data-do=scan]');
  await page.waitForSelector('#scan[data-state=done], #scan[data-state=failed]', { timeout: 30_000 });
  await shot('add');
  await page.click('#find-inverter [data-do=discover]');
  await page.waitForSelector('#find-inverter[data-state=done], #find-inverter[data-state=failed]', { timeout: 30_000 });
  await page.waitForTimeout(700);
  await shot('add-network');
  await page.click('.brand');
  await page.waitForSelector('.tile, .empty');
  if (first) {
    await page.route('**/api/v1/live', async (route) => {
      const res = await route.fetch({ headers: { ...route.request().headers(), 'if-none-match': '' } });
      const live = await res.json();
      await route.fulfill({ json: { ...live, bank: null, house: null, devices: [] } });
    });
    await page.reload();
    await page.waitForSelector('.empty');
    await shot('empty');
    await page.unroute('**/api/v1/live');
    await page.reload();
    await page.waitForSelector('.tile, .empty');
  }
  await page.evaluate(() => navigator.serviceWorker.ready);
  await context.setOffline(true);
  await page.waitForTimeout(1500);
  await shot('offline', false);
  await context.close();
}

const variants = ['phone', 'desk'].flatMap((d) =>
  ['light', 'dark'].flatMap((t) => ['uk', 'en'].map((l) => [d, t, l])),
);
for (const v of variants) await shots(...v, null, false); // the door, while nobody is logged in

const context = await open(browser);
const page = await context.newPage();
await page.goto(BASE_URL);
if ((await door(page)) === 'claim') {
  await claim(page, CODE);
  await page.waitForSelector('#open-settings');
} else {
  await logIn(page);
  await page.waitForSelector('#open-settings');
}
for (const v of variants) await shots(...v, null, false); // the login page
const state = await context.storageState();
for (const v of variants) await shots(...v, state, true);
await browser.close();
console.log(`${count} pictures in ${out}`);
