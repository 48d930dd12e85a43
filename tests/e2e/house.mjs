// What the owner sees of sun, grid, battery and house; run.mjs calls it. The simulated house does as
// it is told over its control socket.
import { execFileSync } from 'node:child_process';

/** Two polls of the inverter, and one of the page. */
const POLLS_MS = 12_000;

/** One command to the house, as `house ctl` takes it. */
export function tell(...words) {
  return execFileSync(process.env.HOUSE, ['ctl', process.env.HOUSE_CTL, ...words.map(String)], { encoding: 'utf8' });
}

/** Node, its value, and which way a positive one goes, seen from the inverter. */
const keys = { sun: 'pv_power', grid: 'grid_power', battery: 'battery_power', house: 'load_power' };
const positive = { sun: 'in', grid: 'in', battery: 'out', house: 'out' };
const ways = {
  sun: { in: 'генерує' },
  grid: { in: 'з мережі', out: 'у мережу' },
  battery: { in: 'розряджання', out: 'заряджання' },
  house: { out: 'споживає' },
};
const STILL_W = 15; // less is the noise of a clamp

export async function walkHouse({ page, context, check, expect, waitFor, pick, number, noScroll }) {
  const live = () => page.evaluate(() => fetch('/api/v1/live').then((r) => r.json()));
  const watts = (id) => page.locator(`[data-node=${id}] .node-watts`).innerText();
  const grid = () => page.getAttribute('#grid-state', 'data-grid');
  const gridIs = (want) => waitFor(`grid ${want}`, async () => (await grid()) === want, POLLS_MS);
  const overview = async () => {
    await page.locator('.brand').click();
    await page.waitForSelector('#house');
  };

  await check('the picture shows sun, grid, battery and house with the watts of the server', async () => {
    await overview();
    await waitFor(
      'the same watts',
      async () => {
        const { values } = (await live()).house;
        const seen = await Promise.all(Object.keys(keys).map(watts));
        return Object.values(keys).every((k, i) => Math.abs(number(seen[i]) - Math.abs(values[k])) <= 1);
      },
      POLLS_MS,
    );
    expect((await page.locator('[data-node=gen]').count()) === 0, 'a generator that gives nothing');
  });
  const flows = async (id) => {
    const { values } = (await live()).house;
    const w = values[keys[id]];
    const way = Math.abs(w) < STILL_W ? 'still' : w > 0 === (positive[id] === 'in') ? 'in' : 'out';
    const line = (await page.getAttribute(`.flow-line.flow-${id}`, 'class')).split(' ');
    const word = await page.innerText(`[data-node=${id}] .node-word`);
    return line.includes(`flow-${way}`) && word === (id === 'grid' && (await grid()) === 'absent' ? 'немає' : (ways[id][way] ?? 'немає потоку')) && way;
  };
  /** The house is told what to do; the picture has to agree with the server, and say these ways. */
  const showsFlows = (want) =>
    waitFor(JSON.stringify(want), async () => (await Promise.all(Object.keys(want).map(flows))).every((way, i) => way === Object.values(want)[i]), POLLS_MS);
  await check('it shows which way power goes: by day into battery and grid', async () => {
    tell('sun', 40000); // more than the batteries take
    tell('load', 4000);
    await showsFlows({ sun: 'in', grid: 'out', battery: 'out', house: 'out' });
  });
  await check('the day’s energies are there, in kWh', async () => {
    const all = await page.locator('#today dd').allInnerTexts();
    expect(all.length >= 6 && all.every((s) => /^\d[\d\s]*,\d\s*кВт·год$/.test(s)), String(all));
  });
  await check('an outage is on the page within two polls, in words, with its time', async () => {
    expect((await grid()) === 'present', await grid());
    tell('grid', 'off');
    tell('sun', 0);
    tell('load', 4000);
    await gridIs('absent');
    expect(/Мережі немає з \d\d:\d\d/.test(await page.innerText('#grid-text')), await page.innerText('#grid-text'));
    const since = await page.innerText('#grid-for');
    await waitFor('a time that counts on', async () => (await page.innerText('#grid-for')) !== since, 3000);
    expect((await page.locator('.flow-cut').count()) === 1, 'the line is not cut');
  });
  await check('the battery alone feeds the house then', () => showsFlows({ sun: 'still', grid: 'still', battery: 'in', house: 'out' }));
  await check('it is in the log of outages while it lasts', async () => {
    await page.locator('[aria-labelledby=inverters-title] .tile a').first().click();
    await page.waitForSelector('#grid-outages [data-over=false]');
  });
  await check('and when it is over, with what it took from the battery', async () => {
    tell('grid', 'on');
    await overview();
    await gridIs('present');
    await page.goBack();
    await page.waitForSelector('#grid-outages [data-over=true]');
    expect((await page.locator('#grid-outages [data-over=false]').count()) === 0, 'it still lasts');
    const log = await page.innerText('#grid-outages');
    expect(/\d\s(с|хв)/.test(log) && !/0,0\sкВт·год/.test(log), log); // what is nothing is not said
    await page.locator('.nav-devices').click();
    await page.waitForSelector('#events [data-kind=grid_lost]');
    const back = await page.innerText('#events [data-kind=grid_back]');
    expect(/повернулася через/.test(back), back);
    for (const what of ['grid', 'sun', 'load']) tell(what, 'auto');
  });
  await check('power moves on the picture, but not for those who want no motion', async () => {
    await overview();
    tell('load', 3000);
    const moving = (p) => p.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running').length);
    await waitFor('something moves', async () => (await moving(page)) > 0, POLLS_MS);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    expect((await moving(page)) === 0, 'it moves all the same');
    expect((await page.locator('.flow-arrow').count()) > 0, 'no arrow says the direction');
    await page.emulateMedia({ reducedMotion: null });
    tell('load', 'auto');
  });
  await check('at 320 px the picture does not scroll sideways', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await noScroll(), 'overview');
    await page.locator('[aria-labelledby=inverters-title] .tile a').first().click();
    await page.waitForSelector('#settings');
    await page.locator('details').evaluateAll((all) => all.forEach((d) => (d.open = true)));
    expect(await noScroll(), 'inverter');
    await page.setViewportSize({ width: 390, height: 844 });
  });
  await check('a bank without one of its packs says so, and no more when it is back', async () => {
    await overview();
    tell('absent', 4, 'on');
    tell('drop', 4);
    await page.waitForSelector('#bank-partial', { timeout: 40_000 });
    const note = await page.innerText('#bank-partial');
    tell('absent', 4, 'off');
    expect(/враховано лише 3 з 4/.test(note), note);
    await page.waitForSelector('#bank-partial', { state: 'detached', timeout: 60_000 });
  });
}
