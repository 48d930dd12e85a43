// Plugs as their owner meets them: found by the search, let in by the account, switched, timed, pulled out
// and plugged in again. The simulated house has the plugs; its owner's account is theirs.
import { tell } from './house.mjs';
import { tapPlugs } from './taps.mjs';

const SEARCH_MS = 30_000;
const PROBE_MS = 30_000;
const ACCOUNT_MS = 30_000;
const LIVE_MS = 30_000; // from "add", or from "plug", to readings
const LOST_MS = 45_000; // from "unplug" to "unreachable"
const SWITCH_MS = 20_000;
const POLLS_MS = 15_000;

const account = { user: process.env.PLUG_USER ?? 'user@example.com', password: process.env.PLUG_PASSWORD ?? 'Tapo-Test_2026' };

const words = {
  en: { plugs: 'Plugs', on: 'On', off: 'Off', away: 'Unreachable', wrong: /wrong/ },
  uk: { plugs: 'Розетки', on: 'Увімкнено', off: 'Вимкнено', away: 'Недоступно', wrong: /Неправильна/ },
};

/** The house's plugs that are no strips, as `tapo://` addresses with their numbers; those that measure first. */
function housePlugs() {
  const all = [];
  for (let n = 1; n <= 8; n++) {
    let state;
    try {
      state = JSON.parse(tell('plug', n, 'state'));
    } catch {
      break; // there are no more
    }
    const { address, port, model } = state;
    if (!/^P3/.test(model)) all.push({ n, address: `tapo://${address}${port === 80 ? '' : `:${port}`}`, model });
  }
  const measures = ({ model }) => /^P11[05]/.test(model);
  return all.sort((a, b) => measures(b) - measures(a));
}

export async function plugs({ page, check, expect, waitFor, pick, number, noScroll }) {
  const { origin } = new URL(page.url());
  const act = (where, what) => page.locator(`${where} [data-do="${what}"]`);
  const api = (path) => page.evaluate((p) => fetch(`/api/v1${p}`).then((r) => r.json()), path);
  const [plug, other, aged] = housePlugs();
  const found = `#find-inverter .found[data-address="${plug.address}"]`;
  const form = '#tapo-account form';
  /** The notice at the bottom is in the way of what is there. */
  const read = async () => {
    const close = act('#notice', 'read');
    if (await close.count()) await close.click();
  };
  const overview = async () => {
    await page.locator('.brand').click();
    await page.waitForSelector('#plugs');
  };

  const searched = await check('plugs are found by the search of the network, with their model', async () => {
    await pick('lang', 'uk');
    await page.goto(`${origin}/devices/add`);
    // a call to all of the simulated network would not reach it: each address is asked
    await page.locator('#find-inverter summary').first().click();
    await page.fill('#subnet', plug.address.replace(/^tapo:\/\//, '').replace(/\.\d+(:\d+)?$/, '.0/24'));
    await act('#find-inverter', 'discover-there').click();
    await page.waitForSelector('#find-inverter[data-state=running], #find-inverter[data-state=queued]');
    await page.waitForSelector('#find-inverter[data-state=done]', { timeout: SEARCH_MS });
    await page.waitForSelector(found);
    expect((await page.innerText(found)).includes(plug.model), await page.innerText(found));
  });
  if (!searched) return;
  await check('without an account the page asks for it, and a wrong password is said to be wrong', async () => {
    await act(form, 'set-account').click();
    expect((await page.locator(`${form} .field-error`).count()) === 2, 'empty fields are not named');
    await page.fill('#tapo-user', account.user);
    await page.fill('#tapo-password', `${account.password}!`);
    await act(form, 'set-account').click();
    await page.waitForSelector(`${form} progress`);
    await page.waitForSelector(`${form} [role=alert][data-reason]`, { timeout: ACCOUNT_MS });
    const said = await page.innerText(`${form} [role=alert][data-reason]`);
    expect(words.uk.wrong.test(said), said);
    expect((await act(form, 'untested').count()) === 0, 'it may be kept untested');
    expect((await api('/accounts')).accounts.every((a) => !a.set), 'it is kept');
  });
  const let_in = await check('the right account is tried and kept, and never shown', async () => {
    await page.fill('#tapo-password', account.password);
    await act(form, 'set-account').click();
    await page.waitForSelector('#tapo-account', { state: 'detached', timeout: ACCOUNT_MS });
    await page.goto(`${origin}/devices/add`);
    const whole = (await page.content()) + JSON.stringify(await api('/accounts'));
    expect(!whole.includes(account.password) && !whole.includes(account.user), 'it is in an answer');
  });
  if (!let_in) return;
  const added = await check('a plug that was found is checked, named and added', async () => {
    await page.waitForSelector(found); // what the search has found outlasts a reload
    await act(found, 'probe').click();
    await page.waitForSelector(`${found} .probe[data-found=true]`, { timeout: PROBE_MS });
    expect((await page.innerText(`${found} .list`)).includes(plug.model), await page.innerText(`${found} .list`));
    expect(await noScroll(), 'it scrolls sideways');
    await page.fill(`${found} #inverter-name`, 'Чайник');
    await act(found, 'add-inverter').click();
    await waitFor('added', async () => (await page.getAttribute(found, 'data-added')) !== 'no', 5000);
  });
  if (!added) return;
  const id = Number(await page.getAttribute(found, 'data-added'));
  const row = `#plugs [data-device="${id}"]`;
  const head = '#head';
  const state = (where) => page.locator(`${where} [data-plug]`).last().getAttribute('data-plug');
  const becomes = (where, want, ms) => waitFor(want, async () => (await state(where)) === want, ms);
  const toggle = (where) => page.locator(`${where} [data-do=switch]`);
  /** Switched, and what the plug itself says then. */
  const turn = async (where, want) => {
    await toggle(where).click();
    await waitFor(want, async () => (await toggle(where).getAttribute('aria-checked')) === String(want === 'on') && (await toggle(where).getAttribute('aria-busy')) === 'false', SWITCH_MS);
    const { on } = JSON.parse(tell('plug', plug.n, 'state'));
    expect(on === undefined || on === (want === 'on'), `the plug is ${on}`);
  };

  await check('another one is added by its address', async () => {
    if (!other) return;
    await read();
    await page.locator('#inverter-by-hand > summary').click();
    await page.fill('#inverter-address', other.address);
    await act('#inverter-by-hand', 'probe-address').click();
    await page.waitForSelector('#inverter-by-hand .probe[data-found=true]', { timeout: PROBE_MS });
    await page.fill('#inverter-by-hand #inverter-name', 'Лампа');
    await act('#inverter-by-hand', 'add-inverter').click();
    await waitFor('added', async () => (await api('/devices')).devices.filter((d) => d.kind === 'tapo').length === 2, 5000);
  });
  await check('the overview has the plug, and shows what it says', async () => {
    await overview();
    await waitFor('on or off', async () => ['on', 'off'].includes(await state(row)), LIVE_MS);
  });
  await check('one tap switches it; meanwhile the page does not pretend that it is done', async () => {
    if ((await state(row)) === 'on') await turn(row, 'off');
    tell('plug', plug.n, 'slow', 1500);
    await toggle(row).click();
    await page.waitForSelector(`${row} [aria-busy=true]`);
    expect((await toggle(row).getAttribute('aria-checked')) === 'false', 'it claims to be on');
    await becomes(row, 'on', SWITCH_MS);
    tell('plug', plug.n, 'slow', 0);
  });
  if (other) {
    const { devices } = await api('/devices');
    const { id: second } = devices.find((d) => d.address === other.address) ?? {};
    await waitFor('both', async () => ['on', 'off'].includes(await state(`#plugs [data-device="${second}"]`)), LIVE_MS);
    await tapPlugs({ page, check, expect }, [{ id, n: plug.n }, { id: second, n: other.n }], 100);
    if ((await state(row)) === 'off') await turn(row, 'on');
  }
  await check('its watts are shown, and those of all of them', async () => {
    const watts = async () => number(await page.locator(`${row} .plug-watts`).innerText());
    await waitFor('watts', async () => (await page.locator(`${row} .plug-watts`).count()) === 1 && (await watts()) >= 0, POLLS_MS);
    expect(await page.locator('#plug-sums [data-sum=measured]').isVisible(), 'no sum');
  });
  for (const lang of ['en', 'uk'])
    await check(`${lang}: the plug’s page has all its parts, in this language`, async () => {
      await pick('lang', lang);
      await page.goto(`${origin}/plug/${id}`);
      for (const part of ['head', 'timers', 'link', 'about', 'plug-settings', 'journal', 'events']) await page.waitForSelector(`#${part}`, { timeout: 12_000 });
      await waitFor('in words', async () => (await page.locator('#head .chip').innerText()) === words[lang].on, POLLS_MS);
      await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
      const raw = (await page.locator('main dt, main dd').allInnerTexts()).filter((s) => /^[a-z0-9]+(_[a-z0-9]+)+$/.test(s));
      expect(raw.length === 0, raw.join());
      expect(await noScroll(), 'it scrolls sideways');
    });
  await check('it is switched on for a while, and says when it goes off', async () => {
    await page.locator(`${head} input[value="15"]`).check({ force: true });
    await act(head, 'on-for').click();
    await page.waitForSelector(`${head} .plug-timer`, { timeout: SWITCH_MS });
    await page.waitForSelector('#timers .timer', { timeout: POLLS_MS });
  });
  await check('a timer is cancelled, which can be taken back; another is added', async () => {
    const timers = () => page.locator('#timers .timer').count();
    await act('#timers .timer', 'cancel-timer').first().click();
    await waitFor('none', async () => (await timers()) === 0, 8000);
    await act('#notice', 'undo').click();
    await waitFor('one', async () => (await timers()) === 1, 8000);
    await act('#timers', 'new-timer').click();
    await page.locator('#timers label:has(input[value=at])').click(); // a notice may lie over it for a while
    await page.fill(`#timer-at-${id}`, '2020-01-01T10:00');
    await act('#timers', 'add-timer').click();
    await page.waitForSelector('#timers .field-error');
    await page.locator('#timers label:has(input[value=in])').click();
    await page.fill(`#timer-min-${id}`, '90');
    await act('#timers', 'add-timer').click();
    await waitFor('two', async () => (await timers()) === 2, 8000);
  });
  await check('name, notes, priority and "never switch off" are changed', async () => {
    await act('#plug-settings', 'manage').click();
    await page.fill(`#name-${id}`, 'Холодильник');
    await page.fill(`#notes-${id}`, 'У кухні');
    await page.selectOption(`#priority-${id}`, '1');
    await page.locator(`#never_off-${id}`).check();
    await act('#plug-settings', 'save').click();
    await waitFor('the name', async () => (await page.innerText('h1')) === 'Холодильник', 8000);
    const { options } = await api(`/devices/${id}`);
    expect(options.priority === 1 && options.never_off === 'yes' && options.notes === 'У кухні', JSON.stringify(options));
  });
  await check('what is never to be switched off asks first', async () => {
    await overview();
    await becomes(row, 'on', POLLS_MS);
    await page.waitForTimeout(2500); // the mark has come with a look at the house
    await toggle(row).click();
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    expect((await state(row)) === 'on', 'Escape switched it off');
    await toggle(row).click();
    await act('dialog[open]', 'confirm').click();
    await becomes(row, 'off', SWITCH_MS);
  });
  await check('its button is seen in the journal, as not svitlo’s doing', async () => {
    tell('plug', plug.n, 'press');
    await becomes(row, 'on', POLLS_MS);
    await page.goto(`${origin}/plug/${id}`);
    await page.waitForSelector('#journal [data-result=seen][data-by=outside]', { timeout: POLLS_MS });
    expect((await page.locator('#journal [data-result=done][data-by=user]').count()) > 0, 'the owner’s switches are not there');
    const events = async () => (await page.locator('#events [data-kind=switched] p').allInnerTexts()).join('; ');
    await waitFor('the event says what and by whom', async () => /(Switched (on|off) by its button|(Увімкнено|Вимкнено) кнопкою)/.test(await events()), 12_000);
    expect(/(Switched on by a person|Увімкнено вручну)/.test(await events()), await events());
  });
  await check('pulled out it is unreachable, not off, and its age is in sight', async () => {
    tell('plug', plug.n, 'unplug');
    await overview();
    await becomes(row, 'away', LOST_MS);
    expect((await page.locator(`${row} .chip`).innerText()) === words.uk.away, await page.locator(`${row} .chip`).innerText());
    expect(await page.locator(`${row} .age`).isVisible(), 'no age');
    expect((await toggle(row).count()) === 0, 'it has a switch');
  });
  await check('plugged in again it is back', async () => {
    tell('plug', plug.n, 'plug');
    await waitFor('on or off', async () => ['on', 'off'].includes(await state(row)), LIVE_MS);
  });
  await check('at 360 px nothing of plugs scrolls sideways, and all that is tapped is high enough', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const path of ['/', '/plugs', `/plug/${id}`, '/devices']) {
      await page.goto(origin + path);
      await page.waitForSelector('#plugs, #plug-list, #head, #devices > li');
      await page.waitForTimeout(700);
      await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
      await page.waitForTimeout(300);
      expect(await noScroll(), `${path} scrolls`);
      const low = await page
        .locator('main button:visible, main summary:visible, main select:visible')
        .evaluateAll((all) => all.filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 80)));
      expect(low.length === 0, `${path}: ${low.join()}`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
  });
  await check('plugs are listed among the devices, with the account, and can be deleted', async () => {
    await page.goto(`${origin}/devices`);
    await page.waitForSelector('#tapo-account[data-set=true]');
    const card = `#devices [data-device="${id}"]`;
    await act(card, 'manage').click();
    await act(card, 'remove').click();
    await act('dialog[open]', 'confirm').click();
    await page.waitForSelector(card, { state: 'detached', timeout: 5000 });
  });
  await check('an old plug is told nothing of the account until its owner says yes, and is added with that word', async () => {
    const old = `#find-inverter .found[data-address="${aged.address}"]`;
    tell('plug', aged.n, 'firmware', 'aes');
    const logins = () => JSON.parse(tell('plug', aged.n, 'state')).logins;
    const before = logins();
    await page.goto(`${origin}/devices/add`);
    await page.waitForSelector(old); // of the search before
    await act(old, 'probe').click();
    await page.waitForSelector(`${old} [data-reason=old_protocol]`, { timeout: PROBE_MS });
    expect(logins() === before, 'it was logged in to');
    expect(await noScroll(), 'it scrolls sideways');
    await act(old, 'old-protocol').click();
    await page.waitForSelector(`${old} .probe[data-found=true]`, { timeout: PROBE_MS });
    await page.fill(`${old} #inverter-name`, 'Стара');
    await act(old, 'add-inverter').click();
    await waitFor('added', async () => (await page.getAttribute(old, 'data-added')) !== 'no', 5000);
    const n = Number(await page.getAttribute(old, 'data-added'));
    expect((await api(`/devices/${n}`)).options.transport === 'aes', 'the word is not kept');
    await waitFor('live', async () => (await api(`/devices/${n}`)).state === 'live', LIVE_MS);
    await page.goto(`${origin}/devices`);
    await page.waitForSelector('#tapo-account[data-set=true]');
  });
  await check('the account is removed after a question; the page says what is missing', async () => {
    await read();
    await act('#tapo-account', 'remove-account').click();
    await act('dialog[open]', 'confirm').click();
    await page.waitForSelector('#tapo-account[data-set=false]', { timeout: 5000 });
  });
  // the rest of the walk knows nothing of plugs
  for (const d of (await api('/devices')).devices.filter((x) => x.kind === 'tapo')) await page.evaluate((n) => fetch(`/api/v1/devices/${n}`, { method: 'DELETE' }), d.id);
  await page.goto(origin);
  await page.waitForSelector('.bank');
}
