// A switch never shows the old state after its plug has answered, whatever overviews are on their way.
// Plugs are tapped in turn, and every state that the page shows is written down as it changes.
import { tell } from './house.mjs';

const ANSWER_MS = 30; // a plug answers in 10 to 60 ms
const PACE_MS = 310; // of one plug: a sooner tap would be half a double tap
const DONE_MS = 5000;

/** In the page: notes each change of a switch as [device, checked, busy]. */
function watch(rows) {
  window.seen = [];
  const note = (id, knob) => window.seen.push([id, knob.getAttribute('aria-checked'), knob.getAttribute('aria-busy')]);
  window.watchers = rows.map(({ id, row }) => {
    const look = () => {
      const knob = document.querySelector(`${row} [data-do=switch]`);
      if (knob) note(id, knob);
      else window.seen.push([id, 'none', 'false']);
    };
    const watcher = new MutationObserver(look);
    watcher.observe(document.querySelector(row), { subtree: true, childList: true, attributes: true });
    return watcher;
  });
}

/** In the page: waits until it has been switching, and no longer is. */
async function untilAnswered({ id, row, ms }) {
  const answered = () =>
    window.seen.some(([of, , busy]) => of === id && busy === 'true') && document.querySelector(`${row} [data-do=switch]`)?.getAttribute('aria-busy') === 'false';
  const until = performance.now() + ms;
  while (!answered()) {
    if (performance.now() > until) return false; // the tap was not taken
    await new Promise((done) => setTimeout(done, 10));
  }
  return true;
}

/** What it showed, not switching, between the answer to one tap and the next tap. */
const wrongOf = (seen, id, want) => {
  const mine = seen.filter(([of]) => of === id);
  const busy = mine.findIndex(([, , b]) => b === 'true');
  return busy < 0 ? mine : mine.slice(busy).filter(([, checked, b]) => b !== 'true' && checked !== String(want));
};

/** `all`: {id, n} of plugs on the overview, n as the house counts them. */
export async function tapPlugs({ page, check, expect }, all, taps) {
  const rows = all.map(({ id, n }) => ({ id, n, row: `#plugs [data-device="${id}"]`, last: 0 }));
  const knob = ({ row }) => page.locator(`${row} [data-do=switch]`);
  await check(`switch on the page never shows the old state after an answer (${taps} taps)`, async () => {
    for (const { n } of rows) tell('plug', n, 'slow', ANSWER_MS);
    await page.evaluate(watch, rows.map(({ id, row }) => ({ id, row })));
    const wrong = [];
    let lost = 0;
    const ends = [];
    const began = Date.now();
    for (let i = 0; i < taps; i++) {
      const plug = rows[i % rows.length];
      await page.waitForTimeout(Math.max(0, plug.last + PACE_MS - Date.now()));
      // what was shown since the tap before is judged first, then forgotten
      const { was, seen } = await page.evaluate(
        ({ id, row, twice }) => {
          const seen = window.seen.filter(([of]) => of === id);
          window.seen = window.seen.filter(([of]) => of !== id);
          const it = document.querySelector(`${row} [data-do=switch]`);
          const was = it.getAttribute('aria-checked') === 'true';
          it.click();
          // the second half of a double tap is not the opposite order
          if (twice) setTimeout(() => it.click(), 100);
          return { was, seen };
        },
        { id: plug.id, row: plug.row, twice: i % 10 === 0 },
      );
      if (plug.last) wrong.push(...wrongOf(seen, plug.id, plug.want).map((w) => [`before tap ${i}`, ...w]));
      plug.want = !was;
      plug.last = Date.now();
      if (await page.evaluate(untilAnswered, { id: plug.id, row: plug.row, ms: DONE_MS })) continue;
      lost++;
      plug.want = was;
    }
    const tapped_ms = Date.now() - began;
    await page.waitForTimeout(2500); // the overviews that were on their way, and the next one
    for (const plug of rows) {
      wrong.push(...wrongOf(await page.evaluate(() => window.seen), plug.id, plug.want));
      const shown = await knob(plug).getAttribute('aria-checked');
      ends.push(shown === String(plug.want) && JSON.parse(tell('plug', plug.n, 'state')).on === plug.want);
      tell('plug', plug.n, 'slow', 0);
    }
    await page.evaluate(() => window.watchers.forEach((w) => w.disconnect()));
    console.log(`# ${taps} taps in ${(tapped_ms / 1000).toFixed(1)} s: the old state was shown ${wrong.length} times, ${lost} taps were not taken`);
    expect(ends.every(Boolean), 'the page or the plug ends in another state');
    expect(lost === 0, `${lost} taps were not taken`);
    expect(wrong.length === 0, JSON.stringify(wrong.slice(0, 5)));
  });
}
