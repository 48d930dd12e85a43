// The walk through the Devices page as a new owner takes it; run.mjs calls it once a language.
// Needs at least two live batteries; the last one is deleted and added again, behind the inverters.
const SCAN_MS = 30_000;
const LIVE_MS = 45_000; // from "add" or "take back" to readings: looking, connecting, subscribing

const card = (page, id) => page.locator(`#devices [data-device="${id}"]`);
const act = (where, what) => where.locator(`[data-do="${what}"]`);

export async function walkDevices({ page, check, expect, waitFor, pick }, lang, words) {
  const order = () => page.locator('#devices > li').evaluateAll((all) => all.map((li) => Number(li.dataset.device)));
  const state = (id) => card(page, id).getAttribute('data-state');
  const becomes = (id, want, ms) => waitFor(`${id} ${want}`, async () => (await state(id)) === want, ms);
  const heading = (id) => card(page, id).locator('h3').innerText();
  const named = (name) => page.locator('#devices > li', { has: page.getByRole('link', { name, exact: true }) });
  const idOf = async (name) => Number(await named(name).getAttribute('data-device'));
  const notice = () => page.locator('#notice').innerText();
  const toDevices = async () => {
    await page.locator('.nav-devices').click();
    await page.waitForSelector('#devices > li');
  };
  const tiles = async () => {
    await page.locator('.brand').click();
    await page.waitForSelector('.tile');
    return page.locator('.tile h3').allInnerTexts();
  };
  const again = async () => {
    await page.reload();
    await page.waitForSelector('#devices > li');
  };
  const manage = async (id) => {
    await act(card(page, id), 'manage').click();
    return card(page, id).locator('form');
  };
  const scan = async () => {
    if (!page.url().endsWith('/devices/add')) await page.locator('main a.add').click();
    await act(page.locator('#scan'), 'scan').click();
    await page.waitForSelector('#scan[data-state=running], #scan[data-state=queued]');
  };
  const scanned = () => page.waitForSelector('#scan[data-state=done]', { timeout: SCAN_MS });
  const say = (what) => `${lang}: ${what}`;

  const there = await check(say('there is a Devices page'), async () => {
    await pick('lang', lang);
    await toDevices();
  });
  if (!there) return;
  const before = await order();
  const batteries = () => page.locator('#devices > li[data-kind=jk-bms]').evaluateAll((all) => all.map((li) => Number(li.dataset.device)));
  const names = () => page.locator('#devices > li[data-kind=jk-bms] h3').allInnerTexts();
  const packs = await batteries();
  const last = packs[packs.length - 1];
  const lastName = await heading(last);
  const address = await card(page, last).locator('.mono').innerText();
  const added = `${words.added} ${lang}`;

  await check(say('the Devices page lists all, in this language'), async () => {
    expect(before.length >= 2, `${before.length} devices`);
    expect((await page.locator('h1').innerText()) === words.devices, await page.locator('h1').innerText());
    for (const id of before) await becomes(id, 'live', LIVE_MS);
    await waitFor('signal of each', async () => (await page.locator('#devices .signal').count()) === packs.length, 12_000);
  });
  await check(say('a scan shows its progress and what it hears while it runs'), async () => {
    await scan();
    expect(page.url().endsWith('/devices/add'), page.url());
    const value = () => page.locator('#scan progress').evaluate((p) => (p.hasAttribute('value') ? p.value : 0));
    await waitFor('progress', async () => (await value()) > 0, 5000);
    const first = await value();
    await waitFor('a growing progress', async () => (await value()) > first, 5000);
    await waitFor('a first result', async () => (await page.locator('#scan .found').count()) > 0, SCAN_MS);
    expect((await page.locator('#scan').getAttribute('data-state')) === 'running', 'only at the end');
    await scanned();
    expect(/\d/.test(await page.locator('#scan .scan-status').innerText()), 'no count at the end');
  });
  await check(say('the scan knows which ones are added already'), async () => {
    const found = page.locator(`.found[data-address="${address}"]`);
    expect((await found.getAttribute('data-added')) === String(last), await found.getAttribute('data-added'));
    expect((await act(found, 'name').count()) === 0, 'it can be added twice');
  });
  await check(say('a second scan is stopped on request and keeps what it has'), async () => {
    await scan();
    await waitFor('a first result', async () => (await page.locator('.found').count()) > 0, SCAN_MS);
    await act(page.locator('#scan'), 'stop-scan').click();
    await page.waitForSelector('#scan[data-state=cancelled]', { timeout: 8000 });
    expect((await page.locator('.found').count()) > 0, 'the results are gone');
  });

  await check(say('deleting asks, names the pack, and keeps the history unless told otherwise'), async () => {
    await toDevices();
    await act(await manage(last), 'remove').click();
    const dialog = page.locator('dialog[open]');
    expect((await dialog.locator('h2').innerText()).includes(lastName), await dialog.locator('h2').innerText());
    expect(await dialog.locator('input[value=keep]').isChecked(), 'keep is not the default');
    await page.keyboard.press('Escape');
    await waitFor('no dialog', async () => (await dialog.count()) === 0, 2000);
    expect((await order()).includes(last), 'Escape deleted it');
    await act(card(page, last), 'remove').click();
    await act(dialog, 'confirm').click();
    await waitFor('one less', async () => !(await order()).includes(last), 5000);
    expect((await notice()).includes(lastName), await notice());
    await again();
    expect(!(await order()).includes(last), 'it is back after a reload');
    const left = await tiles();
    await waitFor('one tile less', async () => (await page.locator('.tile').count()) === before.length - 1, 8000);
    expect(left.length >= before.length - 1, 'more tiles are gone');
  });
  const back = await check(say('a pack that the scan finds is added with a suggested name and comes alive'), async () => {
    await toDevices();
    await scan();
    const found = page.locator(`.found[data-address="${address}"]`);
    await found.waitFor({ timeout: SCAN_MS });
    await act(found, 'name').click();
    expect((await page.inputValue('#new-name')).startsWith(words.added), await page.inputValue('#new-name'));
    await page.fill('#new-name', added);
    await act(found, 'add').click();
    await waitFor('added', async () => (await found.getAttribute('data-added')) !== 'no', 5000);
    await toDevices();
    await becomes(await idOf(added), 'live', LIVE_MS);
  });
  if (!back) return; // the rest needs it
  const id = await idOf(added);

  await check(say('a pack is renamed, everywhere, and the old name can be brought back'), async () => {
    const name = `${added} +`;
    await manage(id);
    await page.fill(`#name-${id}`, ' ');
    await act(card(page, id), 'save').click();
    await page.waitForSelector(`#name-${id}-error`);
    await page.fill(`#name-${id}`, name);
    await act(card(page, id), 'save').click();
    await waitFor('new name', async () => (await heading(id)) === name, 5000);
    await act(page.locator('#notice'), 'undo').click();
    await waitFor('old name', async () => (await heading(id)) === added, 5000);
    await manage(id);
    await page.fill(`#name-${id}`, name);
    await act(card(page, id), 'save').click();
    await waitFor('new name', async () => (await heading(id)) === name, 5000);
    await tiles();
    await waitFor('tile', async () => (await page.locator('.tile h3').allInnerTexts()).includes(name), 8000);
    await toDevices();
  });
  await check(say('the order is changed with the keyboard, and stays'), async () => {
    const was = await order();
    const at = was.indexOf(id);
    expect(at > 0, `it is number ${at + 1} of ${was.length}`);
    await act(card(page, id), 'up').focus();
    await page.keyboard.press('Enter');
    await waitFor('one place up', async () => (await order()).indexOf(id) === at - 1, 5000);
    await waitFor('focus', () => page.evaluate((d) => document.activeElement?.closest(`[data-device="${d}"]`) !== null, id), 2000);
    await page.waitForTimeout(1000);
    await again();
    const now = await order();
    expect(now.indexOf(id) === at - 1 && now.length === was.length, `${was} became ${now}`);
    const listed = String(await names());
    await tiles();
    const shown = async () => String(await page.locator('[aria-labelledby=packs-title] .tile h3').allInnerTexts());
    await waitFor('the same order of tiles', async () => (await shown()) === listed, 8000);
    await toDevices();
    await act(card(page, id), 'down').click();
    await waitFor('one place down', async () => (await order()).indexOf(id) === at, 5000);
  });
  await check(say('a PIN is set, never shown, and removed after a question'), async () => {
    const form = await manage(id);
    const options = () => form.locator('details').evaluate((d) => (d.open = true));
    await options();
    await page.fill(`#pin-${id}`, '12');
    await act(form, 'save').click();
    await page.waitForSelector(`#pin-${id}-error`);
    await page.fill(`#pin-${id}`, 'Ab12');
    await act(form, 'save').click();
    await form.waitFor({ state: 'detached' });
    await again();
    await manage(id);
    await options();
    expect((await page.inputValue(`#pin-${id}`)) === '', 'the field holds something');
    expect(!(await page.content()).includes('Ab12'), 'the page knows it');
    await act(form, 'drop-pin').click();
    await act(page.locator('dialog[open]'), 'confirm').click();
    await waitFor('no PIN', async () => (await act(form, 'drop-pin').count()) === 0, 5000);
    await again();
  });
  await check(say('a disabled pack stays disabled, and comes back when it is enabled'), async () => {
    await act(await manage(id), 'disable').click();
    await becomes(id, 'disabled', 5000);
    await again();
    await page.waitForTimeout(3000);
    expect((await state(id)) === 'disabled', await state(id));
    expect((await act(card(page, id), 'release').count()) === 0, 'it can be let go');
    await act(await manage(id), 'enable').click();
    await becomes(id, 'live', LIVE_MS);
  });
  await check(say('a pack is let go with a countdown, and taken back'), async () => {
    await act(card(page, id), 'release').click();
    await becomes(id, 'released', 8000);
    const left = () => card(page, id).locator('.next').getAttribute('data-until').then(Number);
    const first = await left();
    // the answer that the page takes its clock from may be a second or two old
    expect(first > 240 && first <= 302, `${first} s left`);
    await waitFor('counting down', async () => (await left()) < first, 3000);
    await again();
    expect((await state(id)) === 'released', await state(id));
    await act(card(page, id), 'connect').click();
    await becomes(id, 'live', LIVE_MS);
  });
  await check(say('nothing on these pages scrolls sideways, and all that is tapped is high enough'), async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await manage(id);
    await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
    const look = async (where) => {
      const { wide, low } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
        low: [...document.querySelectorAll('main button, .nav a, summary, select, .radios label')]
          .filter((e) => e.offsetHeight > 0 && e.getBoundingClientRect().height < 44)
          .map((e) => e.outerHTML.slice(0, 80)),
      }));
      expect(!wide, `${where} scrolls`);
      expect(low.length === 0, `${where}: ${low.join()}`);
    };
    await look('devices');
    await page.goto(new URL('/devices/add', page.url()).href);
    await page.waitForSelector('#by-hand');
    await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
    await look('add');
    await page.setViewportSize({ width: 390, height: 844 });
  });
  await check(say('an address that is none, or is there already, is refused with the reason'), async () => {
    await page.fill('#hand-address', 'c8:47:zz');
    await act(page.locator('#by-hand'), 'add-by-hand').click();
    await page.waitForSelector('#hand-address-error');
    const shape = await page.locator('#hand-address-error').innerText();
    await page.fill('#hand-address', address.toLowerCase().replaceAll(':', '-'));
    await waitFor('the other reason', async () => {
      const now = page.locator('#hand-address-error');
      return (await now.count()) > 0 && (await now.innerText()) !== shape && (await now.innerText()).includes(added);
    }, 3000);
  });
  await check(say('a scan without an adapter says why and what to do'), async () => {
    const job = { id: 999999, kind: 'scan', device: null, created_ms: 1, started_ms: 1, ended_ms: 2, progress: 0, result: null };
    await page.route('**/api/v1/scans', (r) => r.fulfill({ status: 202, json: { ...job, state: 'failed', text: 'no adapter' } }));
    await page.route('**/api/v1/bluetooth', (r) =>
      r.fulfill({ json: { age_ms: 100, reason: 'adapter_blocked', detail: 'rfkill', adapters: [] } }),
    );
    await act(page.locator('#scan'), 'scan').click();
    await page.waitForSelector('#scan-failed [data-reason=adapter_blocked]');
    const said = await page.locator('#scan-failed').innerText();
    expect(/rfkill unblock/.test(said), said);
    await page.unroute('**/api/v1/scans');
    await page.unroute('**/api/v1/bluetooth');
  });
  await check(say('a capture runs, is stopped, and can be downloaded'), async () => {
    await page.goto(new URL(`/battery/${id}`, page.url()).href);
    await act(page.locator('#capture'), 'capture').click();
    await page.waitForSelector('#capture progress');
    await page.waitForTimeout(2500);
    await act(page.locator('#capture'), 'stop-capture').click();
    const link = act(page.locator('#capture'), 'download');
    await link.waitFor({ timeout: 8000 });
    const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect((await file.failure()) === null, 'the download failed');
  });
  await check(say('the battery page tells what happened, in this language'), async () => {
    await page.waitForSelector('#link .outages');
    await page.waitForSelector('#events .event, #events .note');
    await page.locator('.cures summary').click();
    expect((await page.locator('.cures tbody tr').count()) === 6, 'not every remedy');
    expect((await page.locator('#events h2').innerText()) === words.events, 'language');
  });
  await check(say('a viewer sees the devices, but nothing to order'), async () => {
    await page.route('**/api/v1/session', async (route) => {
      const res = await route.fetch();
      await route.fulfill({ response: res, json: { ...(await res.json()), level: 'viewer' } });
    });
    await page.goto(new URL('/devices', page.url()).href);
    await page.waitForSelector('#devices > li');
    await page.waitForTimeout(500);
    expect((await page.locator('main [data-do]').count()) === (await page.locator('[data-do=older]').count()), 'orders');
    await page.unroute('**/api/v1/session');
    await again();
    await act(card(page, id), 'manage').waitFor();
  });
}
