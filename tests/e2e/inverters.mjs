// An inverter's page, and adding one: found on the network, checked, saved; run.mjs calls it.
import { tell } from './house.mjs';

const POLLS_MS = 12_000;
const LIVE_MS = 30_000; // from "add" to readings
const PROBE_MS = 60_000; // three ways in, each with its patience

const groups = ['pv', 'grid', 'load', 'battery', 'bms', 'output', 'gen', 'warmth', 'energies', 'running', 'about', 'link', 'settings', 'grid-outages', 'events'];
const words = {
  en: { sun: 'Solar', fault: /^F23: AC leakage/ },
  uk: { sun: 'Сонце', fault: /^F23: витік AC/ },
};

export async function walkInverters({ page, check, expect, waitFor, pick, noScroll }) {
  const { origin } = new URL(page.url());
  const devices = async () => (await page.evaluate(() => fetch('/api/v1/devices').then((r) => r.json()))).devices;
  const inverters = async () => (await devices()).filter((d) => d.kind === 'deye');
  const act = (where, what) => page.locator(`${where} [data-do="${what}"]`);
  const alarm = page.locator('#head [data-alarm=f23_ac_leakage]');
  const own = `${origin}/inverter/${(await inverters())[0].id}`;

  tell('inverter', 1, 'fault', 22, 'on');
  for (const lang of ['en', 'uk']) {
    const say = (what) => `${lang}: ${what}`;
    await check(say('an inverter’s page has all its groups'), async () => {
      await pick('lang', lang);
      await page.goto(own);
      for (const id of groups) await page.waitForSelector(`#${id}`, { timeout: 12_000 });
      expect((await page.innerText('#pv h2')) === words[lang].sun, await page.innerText('#pv h2'));
      expect((await page.locator('#grid tbody tr').count()) >= 3, 'not every phase');
      expect((await page.locator('#timetable tbody tr').count()) === 6, 'not every slot');
      expect((await page.locator('#timetable .slot-now').count()) === 1, 'no slot is marked');
    });
    await check(say('nothing on it has a name that nobody has translated, or scrolls sideways'), async () => {
      await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
      const raw = (await page.locator('main dt, main dd, main th, main caption').allInnerTexts()).filter((s) => /^[a-z0-9]+(_[a-z0-9]+)+$/.test(s));
      expect(raw.length === 0, raw.join());
      expect(await noScroll(), 'it scrolls sideways');
    });
    await check(say('a fault is shown by name and with its code, on top and on the overview'), async () => {
      await alarm.waitFor({ timeout: POLLS_MS });
      expect(words[lang].fault.test(await alarm.innerText()), await alarm.innerText());
      await page.locator('.brand').click();
      await page.waitForSelector('.strip a');
      expect((await page.innerText('.strip a')).includes('F23'), await page.innerText('.strip a'));
      await page.locator('.strip a').click();
      await page.waitForSelector('#head');
    });
  }
  tell('inverter', 1, 'fault', 22, 'off');
  await check('an inverter is paused for others, says so, and goes on when it is told', async () => {
    await act('#pause', 'release').click();
    const chip = page.locator('#head .chip');
    await waitFor('paused', async () => (await chip.innerText()) === 'Пауза', 8000);
    await page.waitForSelector('#head .next');
    await act('#pause', 'connect').click();
    await waitFor('live', async () => (await page.locator('#head .chip-live').count()) === 1, LIVE_MS);
  });
  await check('a fault that is over is gone', () => alarm.waitFor({ state: 'detached', timeout: POLLS_MS }));

  const second = (await inverters())[1];
  const host = second.address.replace(/^.*:\/\//, '');
  await check('with one inverter alone the house’s picture leads to it', async () => {
    await page.evaluate((id) => fetch(`/api/v1/devices/${id}`, { method: 'DELETE' }), second.id);
    await page.locator('.brand').click();
    await page.waitForSelector('#house .only a', { timeout: 8000 });
    expect((await page.locator('#inverters-title').count()) === 0, 'it has a tile too');
    await page.locator('#house .only a').click();
    await page.waitForSelector('#head');
  });
  await check('a search of a network finds its sticks, and knows which are added', async () => {
    await page.goto(`${origin}/devices/add`);
    await page.locator('#find-inverter summary').first().click();
    await page.fill('#subnet', '192.168');
    await act('#find-inverter', 'discover-there').click();
    await page.waitForSelector('#subnet-error');
    await page.fill('#subnet', host.replace(/\.\d+$/, '.0/24'));
    await act('#find-inverter', 'discover-there').click();
    await page.waitForSelector('#find-inverter[data-state=running] progress, #find-inverter[data-state=queued]');
    await page.waitForSelector('#find-inverter[data-state=done]', { timeout: 20_000 });
    expect((await page.locator('#find-inverter .found[data-kind=deye]').count()) === 2, 'not both');
    expect((await page.locator('#find-inverter .found[data-kind=deye][data-added=no]').count()) === 1, 'not one new');
  });
  const found = `#find-inverter .found[data-address="${second.address}"]`;
  await check('one that was found is checked where it stands', async () => {
    await act(found, 'probe').click();
    await page.waitForSelector(`${found} .probe[data-found=true]`, { timeout: PROBE_MS });
    expect((await act(found, 'add-inverter').count()) === 1, 'it cannot be added');
  });
  await check('one whose address is known is checked before it is saved, and comes alive', async () => {
    const where = '#inverter-by-hand';
    await page.locator(`${where} > summary`).click();
    await page.fill('#inverter-address', host);
    await act(where, 'probe-address').click();
    await page.waitForSelector(`${where} progress`);
    await page.waitForSelector(`${where} .probe[data-found=true]`, { timeout: PROBE_MS });
    expect(await noScroll(), 'it scrolls sideways');
    const facts = await page.innerText(`${where} .list`);
    expect(/20[\s,.]000|20 /.test(facts) && /%/.test(facts) && !/hybrid3p_lv/.test(facts), facts);
    await page.fill(`${where} #inverter-name`, second.name);
    await act(where, 'add-inverter').click();
    await waitFor('added', async () => (await page.getAttribute(found, 'data-added')) !== 'no', 5000);
    await page.locator('.nav-devices').click();
    const card = page.locator('#devices > li[data-kind=deye]').last();
    await waitFor('live', async () => (await card.getAttribute('data-state')) === 'live', LIVE_MS);
    await card.locator('.link-quality').waitFor({ timeout: POLLS_MS });
  });
  await check('its options are changed, and the change can be taken back', async () => {
    const { id } = (await inverters())[1];
    const card = `#devices [data-device="${id}"]`;
    await act(card, 'manage').click();
    await page.locator(`${card} summary`).click();
    await page.selectOption(`#poll_s-${id}`, '10');
    await act(card, 'save').click();
    await page.waitForSelector(`${card} form`, { state: 'detached' });
    const poll = async () => (await inverters())[1].options.poll_s;
    expect((await poll()) === 10, `poll_s is ${await poll()}`);
    await page.locator('#notice [data-do=undo]').click();
    await waitFor('as before', async () => (await poll()) === 5, 5000);
  });
  await check('an address where no inverter answers: why, what to do, and it may be saved all the same', async () => {
    await page.goto(`${origin}/devices/add`);
    const by = '#inverter-by-hand';
    await page.locator(`${by} > summary`).click();
    await page.fill('#inverter-address', 'http://somewhere');
    await act(by, 'probe-address').click();
    await page.waitForSelector('#inverter-address-error');
    await page.fill('#inverter-address', host);
    await waitFor('taken', async () => (await page.innerText('#inverter-address-error')).includes(second.name), 3000);
    await page.fill('#inverter-address', host.replace(/\.\d+$/, '.77:9'));
    await act(by, 'probe-address').click();
    await page.waitForSelector(`${by} .probe[data-found=false]`, { timeout: PROBE_MS });
    expect((await page.getAttribute(`${by} .trouble`, 'data-reason')) === 'connection_refused', await page.innerText(`${by} .trouble`));
    expect(/порт/.test(await page.innerText(`${by} .trouble`)), await page.innerText(`${by} .trouble`));
    expect((await act(by, 'add-anyway').count()) === 1, 'it cannot be saved');
    expect(await noScroll(), 'it scrolls sideways');
  });
  await check('a web server at the address is not taken for an inverter', async () => {
    const by = '#inverter-by-hand';
    tell('stick', 2, 'http', 'on');
    await page.fill('#inverter-address', `solarman://${host}?unit=2`);
    await act(by, 'probe-address').click();
    await page.waitForSelector(`${by} .probe[data-found=false]`, { timeout: PROBE_MS });
    tell('stick', 2, 'http', 'off');
    expect((await page.getAttribute(`${by} .trouble`, 'data-reason')) === 'not_a_stick', await page.innerText(`${by} .trouble`));
    expect(/інший пристрій/.test(await page.innerText(`${by} .trouble`)), await page.innerText(`${by} .trouble`));
  });
  await check('a long check can be called off', async () => {
    const by = '#inverter-by-hand';
    tell('stick', 2, 'silent', 20);
    await page.fill('#inverter-address', `${host}:8899`);
    await act(by, 'probe-address').click();
    await act(by, 'stop-probe').click();
    await page.waitForSelector(`${by} .probe[data-state=cancelled]`, { timeout: 8000 });
  });
}
