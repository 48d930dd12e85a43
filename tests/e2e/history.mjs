// The history as an owner looks at it: ranges, tabs, moving through time by mouse, wheel, fingers and keys,
// the address that keeps it all, a day beside another, CSV, tariffs, what it costs the card.
const WORDS_MS = 8000;
const ROWS_MS = 150_000; // a new system has its first rows after a minute or two
const SETTLED_MS = 5000;

export async function history({ page, context, check, expect, waitFor, pick, noScroll }) {
  const { origin } = new URL(page.url());
  const act = (what) => page.locator(`.history [data-do="${what}"]`);
  const query = () => new URL(page.url()).searchParams;
  const zoom = () => (query().get('zoom') ?? '').split('-').map(Number);
  const view = '#history-view .view';
  const chart = `${view} .chart`;
  const over = `${chart} .u-over`;
  const settled = () => waitFor('an answer', async () => (await page.getAttribute(view, 'data-waiting')) === 'false', SETTLED_MS);
  const open = async (search = '') => {
    await page.goto(`${origin}/history${search}`);
    await page.waitForSelector('#history-view, .history .note', { timeout: WORDS_MS });
    await page.waitForSelector(view, { timeout: WORDS_MS });
    await settled();
  };
  const middle = async () => {
    await page.locator(over).scrollIntoViewIfNeeded();
    const { x, y, width, height } = await page.locator(over).boundingBox();
    return { x: x + width / 2, y: y + height / 2, width };
  };
  const complaints = [];
  const onError = (e) => complaints.push(e.message);
  page.on('pageerror', onError);

  const there = await check('the overview leads to the history, which is fetched only then', async () => {
    await pick('lang', 'uk');
    await page.goto(origin);
    await page.waitForSelector('.nav-history');
    const before = await page.evaluate(() => performance.getEntriesByType('resource').some((r) => /history-page/.test(r.name) && r.initiatorType !== 'link'));
    expect(!before, 'the overview has fetched it');
    await page.locator('.nav-history').click();
    await page.waitForSelector(chart, { timeout: WORDS_MS });
    expect(new URL(page.url()).pathname === '/history', page.url());
  });
  if (!there) return;
  await check('today’s power is drawn, and the newest values are said with their time', async () => {
    const said = async () => /\d\d:\d\d/.test(await page.locator('.readout-time').innerText());
    const until = Date.now() + ROWS_MS;
    while (!(await said())) {
      if (Date.now() > until) throw new Error('no values');
      await page.waitForTimeout(3000);
      await open();
    }
    expect((await page.locator('.readout-item').count()) === 4, 'not four lines');
    expect(/\d\s*к?Вт/.test(await page.locator('.readout-item').first().innerText()), await page.locator('.readout-item').first().innerText());
  });
  await check('each range has its own time, and the address says which', async () => {
    const now = () => page.locator('#range-now').innerText();
    const seen = new Set([await now()]);
    for (const range of ['week', 'month', 'year']) {
      await page.locator(`input[name=range][value=${range}]`).check({ force: true });
      await settled();
      expect(query().get('range') === range, page.url());
      seen.add(await now());
    }
    expect(seen.size === 4, [...seen].join(' | '));
    await page.locator('input[name=range][value=custom]').check({ force: true });
    await page.fill('#range-first', '2026-01-10');
    await page.fill('#range-last', '2026-01-12');
    await waitFor('the days', async () => query().get('date') === '2026-01-10' && query().get('last') === '2026-01-12', 2000);
    await page.fill('#range-last', '2026-01-01');
    await page.waitForSelector('#range-first[aria-invalid]');
  });
  await check('earlier, later and now go through time, and "back" goes back', async () => {
    await open('?range=day');
    await act('previous').click();
    await act('previous').click();
    const day = query().get('date');
    expect(/^20\d\d-\d\d-\d\d$/.test(day), page.url());
    await act('next').click();
    expect(query().get('date') > day, page.url());
    await page.goBack();
    await waitFor('the day before', async () => query().get('date') === day, 2000);
    await act('today').click();
    expect(query().get('date') === null, page.url());
    expect(await act('next').isDisabled(), 'the future can be looked at');
  });
  await check('a drag moves through time, a wheel with Ctrl and the buttons zoom, a reload keeps it', async () => {
    await open();
    const { x, y, width } = await middle();
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + width / 4, y, { steps: 8 });
    await page.mouse.up();
    await waitFor('moved', async () => zoom().length === 2, 2000);
    const [from, to] = zoom();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -200);
    await page.keyboard.up('Control');
    await waitFor('zoomed', async () => zoom()[1] - zoom()[0] < to - from, 2000);
    const before = zoom();
    await act('zoom-in').click();
    await waitFor('nearer', async () => Math.abs((zoom()[1] - zoom()[0]) * 2 - (before[1] - before[0])) < 5, 2000);
    const kept = query().toString();
    await page.reload();
    await page.waitForSelector(chart, { timeout: WORDS_MS });
    expect(query().toString() === kept, `${query()} after ${kept}`);
    expect((await page.locator('#range-now').innerText()).length > 0, 'no time is said');
    await settled();
  });
  await check('a double click and the button show the whole range again', async () => {
    await page.locator(over).dblclick();
    await waitFor('all of it', async () => !query().has('zoom'), 2000);
    await act('zoom-in').click();
    await waitFor('nearer', async () => query().has('zoom'), 2000);
    await act('zoom-reset').click();
    await waitFor('all of it', async () => !query().has('zoom'), 2000);
  });
  await check('a wheel alone scrolls the page', async () => {
    const { x, y } = await middle();
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(400);
    expect(!query().has('zoom'), 'it zooms');
  });
  await check('with the keyboard alone: arrows move, + and − zoom, 0 shows all', async () => {
    await page.locator(chart).focus();
    await page.keyboard.press('+');
    await waitFor('nearer', async () => query().has('zoom'), 2000);
    const [from] = zoom();
    await page.keyboard.press('ArrowLeft');
    await waitFor('earlier', async () => zoom()[0] < from, 2000);
    await page.keyboard.press('0');
    await waitFor('all of it', async () => !query().has('zoom'), 2000);
  });
  await check('two fingers zoom, a tap says the values there', async () => {
    const client = await context.newCDPSession(page);
    const { x, y } = await middle();
    const touch = (type, ...xs) => client.send('Input.dispatchTouchEvent', { type, touchPoints: xs.map((at, id) => ({ x: at, y, id })) });
    await touch('touchStart', x - 30, x + 30);
    for (let d = 40; d <= 80; d += 10) await touch('touchMove', x - d, x + d);
    await touch('touchEnd');
    await waitFor('nearer', async () => query().has('zoom'), 2000);
    await page.waitForTimeout(500);
    await touch('touchStart', x);
    await touch('touchEnd');
    await page.waitForSelector('.readout[data-pointed=true]', { timeout: 2000 });
    await client.detach();
  });
  await check('a line is hidden and shown by its name', async () => {
    await open();
    const item = page.locator('.readout-item').first();
    await item.click();
    expect((await item.getAttribute('aria-pressed')) === 'false', 'it is still there');
    await item.click();
    expect((await item.getAttribute('aria-pressed')) === 'true', 'it is gone');
  });
  await check('a day lies over another one, and the address says which', async () => {
    await act('compare').click();
    await waitFor('eight lines', async () => (await page.locator('.readout-item').count()) === 8, 3000);
    expect(/^20\d\d-\d\d-\d\d$/.test(query().get('compare') ?? ''), page.url());
    await act('compare-off').click();
    await waitFor('four lines', async () => (await page.locator('.readout-item').count()) === 4, 3000);
  });
  await check('what is drawn can be read as a table', async () => {
    await page.locator('#as-table > summary').click();
    await page.waitForSelector('#as-table tbody tr');
    expect((await page.locator('#as-table thead th').count()) === 5, 'not all lines');
  });
  for (const lang of ['en', 'uk'])
    await check(`${lang}: each tab shows what it should, in this language`, async () => {
      await pick('lang', lang);
      for (const tab of await page.locator('.history-tabs [data-tab]').evaluateAll((all) => all.map((b) => b.dataset.tab))) {
        await page.locator(`.history-tabs [data-tab="${tab}"]`).click();
        await page.waitForSelector(`#history-view[data-tab="${tab}"]`);
        expect(query().get('tab') === tab, page.url());
        await settled();
        const blank = await page.locator('#history-view button:visible, #history-view label:visible').evaluateAll((all) => all.filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label'))).map((e) => e.outerHTML));
        expect(blank.length === 0, blank.join());
        expect((await page.locator('#history-view [role=alert]:not(:empty)').count()) === 0, `${tab} has failed`);
        expect(await noScroll(), `${tab} scrolls sideways`);
      }
    });
  await check('cells are a map and lines; a tap on the map names the cell', async () => {
    await open('?tab=cells');
    await page.waitForSelector(over);
    const { x, y } = await middle();
    await page.mouse.click(x - 20, y);
    await page.waitForSelector('.readout-cell');
    for (const how of ['mean', 'all']) {
      await page.locator(`input[name=cells-how][value=${how}]`).check({ force: true });
      await waitFor(how, async () => (await page.locator('.readout-item').count()) >= (how === 'mean' ? 3 : 4), 3000);
      expect(query().get('show') === how, page.url());
    }
  });
  await check('a battery’s page leads to its history, and back', async () => {
    await page.locator('.brand').click();
    await page.locator('[aria-labelledby=packs-title] .tile a').first().click();
    await page.locator('.past-link').click();
    await page.waitForSelector('#history-view[data-tab=soc]', { timeout: WORDS_MS });
    await settled();
    expect(query().has('device') && (await page.locator('.readout-item').count()) === 1, page.url());
    await page.locator('.crumbs a').first().click();
    await page.waitForSelector('.cells tbody tr');
  });
  await check('what is seen is exported as CSV', async () => {
    await open();
    const href = await act('csv').getAttribute('href');
    const { status, type, disposition, head } = await page.evaluate(async (url) => {
      const r = await fetch(url);
      const text = await r.text();
      return { status: r.status, type: r.headers.get('Content-Type'), disposition: r.headers.get('Content-Disposition'), head: text.split('\r\n')[0] };
    }, href);
    expect(status === 200 && /^text\/csv/.test(type), `${status} ${type}`);
    expect(/attachment/.test(disposition) && /^time,device/.test(head), `${disposition} ${head}`);
    const [download] = await Promise.all([page.waitForEvent('download'), act('csv').click()]);
    expect(/^svitlo.*\.csv$/.test(download.suggestedFilename()), download.suggestedFilename());
  });
  await check('a tariff is added, shown in money, and deleted after a question', async () => {
    await open('?tab=energy');
    await page.locator('#tariffs > summary').click();
    await act('new-tariff').click();
    await act('add-tariff').click();
    await page.waitForSelector('#tariff-day_price[aria-invalid]');
    await page.fill('#tariff-valid_from', '2024-01-01');
    await page.fill('#tariff-day_price', '4.32');
    await act('add-tariff').click();
    await page.waitForSelector('.tariffs [data-tariff]');
    await waitFor('money', async () => /₴/.test(await page.locator('#totals, .tariffs').allInnerTexts().then(String)), 5000);
    const all = await page.locator('.tariffs [data-tariff]').count();
    await act('remove-tariff').first().click();
    await page.locator('dialog[open] [data-do=confirm]').click();
    await waitFor('one less', async () => (await page.locator('.tariffs [data-tariff]').count()) === all - 1, 5000);
  });
  await check('what history costs the card is said, and keeping less is asked for first', async () => {
    await page.locator('#storage > summary').click();
    await page.waitForSelector('#storage .keep-form', { timeout: 5000 });
    await page.fill('#keep_10s_days', '1');
    await act('keep').click();
    await page.waitForSelector('#keep_10s_days[aria-invalid]');
    const was = await page.evaluate(() => fetch('/api/v1/settings').then((r) => r.json()));
    await page.fill('#keep_10s_days', String(was.keep_10s_days - 1));
    await act('keep').click();
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { state: 'detached' });
    const after = await page.evaluate(() => fetch('/api/v1/settings').then((r) => r.json()));
    expect(after.keep_10s_days === was.keep_10s_days, 'it keeps less without a yes');
  });
  await check('at 360 px nothing scrolls sideways, and all that is tapped is high enough', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const search of ['', '?tab=cells', '?tab=energy&range=month', '?range=custom&date=2026-01-01&last=2026-01-05', '?tab=soc&range=year']) {
      await open(search);
      await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
      await page.waitForTimeout(300);
      expect(await noScroll(), search);
      const small = await page.locator('.history button:visible, .nav a:visible, .history summary:visible').evaluateAll((all) => all.filter((e) => e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 80)));
      expect(small.length === 0, small.join());
    }
    await page.setViewportSize({ width: 390, height: 844 });
  });
  await check('without a network the history says so, and comes back', async () => {
    await open('?range=year'); // the year before was not looked at yet, so nobody has kept it
    await context.setOffline(true);
    await act('previous').click();
    await page.waitForSelector(`${view} [role=alert]`, { timeout: 12_000 });
    await context.setOffline(false);
    await act('retry').click();
    await settled();
    await page.waitForSelector(`${view} [role=alert]`, { state: 'detached' });
  });
  await check('the history makes no error in the page', () => expect(complaints.length === 0, complaints.join(' | ')));
  page.off('pageerror', onError);
  await page.goto(origin);
  await page.waitForSelector('.bank');
}
