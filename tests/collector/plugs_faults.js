// What plugs do wrong, a plug a row: what the owner is told, that nothing wrong is stored, and how
// soon it is well again.
'use strict';
const { PlugRig, USER, PASSWORD, wait, words, seconds } = require('./plugs_rig.js');
const { run } = require('./rig.js');

/*
 * Either `bad`: what the owner is told within limit seconds, how it is mended, and within how many
 * seconds it is live again (retry: its owner asks for it); or it has to go on, with no pause in its
 * readings longer than `gap`, for `hold` seconds; `is` is what has to be so then. Or `run`.
 */
const told = (limit, reasons, mend, back, more = {}) => ({ bad: { limit, reasons: reasons.split(' '), mend, back, ...more } });
const garbage = (kind, wire) => ({ name: `garbage: ${kind}${wire ? ` (${wire})` : ''}`, wire, inject: [`garbage ${kind} 1000`], ...told(20, 'bad_answers', ['garbage off 0'], 20) });
const few = (kind, wire) => ({ name: `two answers are garbage: ${kind}${wire ? ` (${wire})` : ''}`, wire, inject: [`garbage ${kind} 2`], gap: 12 });
const THEFT_S = 2;

const rows = [
  { name: 'unplugged', inject: ['unplug'], ...told(40, 'host_unreachable no_answer', ['plug'], 40) },
  { name: 'it says nothing', inject: ['silent on'], ...told(35, 'no_answer', ['silent off'], 25) },
  { name: 'answers are 2 s late', inject: ['slow 2000'], gap: 14, hold: 15 },
  { name: 'answers drip', inject: ['drip 20'], ...told(35, 'no_answer', ['drip 0'], 25) },
  { name: 'megabytes', inject: ['flood 1000'], ...told(20, 'bad_answers', ['flood 0'], 20) },
  garbage('json'),
  garbage('base64'),
  garbage('base64', 'aes'),
  garbage('padding', 'aes'),
  garbage('html'),
  few('padding'),
  few('short'),
  { name: 'a right login is refused once', inject: ['refuse 1', 'steal'], gap: 10, is: ({ moved }) => moved('handshakes') === 1 },
  { name: 'a right login is refused once (tpap)', wire: 'tpap', inject: ['refuse 1', 'steal'], gap: 10, is: ({ moved }) => moved('handshakes') === 1 },
  { name: 'what is probed is no plug in its answers', run: probed },
  { name: '403 three times', inject: ['403 3'], gap: 10, is: ({ moved }) => moved('stolen') === 3 },
  { name: 'a quarter of all is answered 403', inject: ['403 25%'], gap: 14, hold: 20, is: ({ moved }) => moved('stolen') > 0 },
  { name: 'its session is stolen once', inject: ['steal'], gap: 10, is: ({ moved }) => moved('stolen') === 1 && moved('handshakes') === 1 },
  {
    name: `its session is stolen every ${THEFT_S} s`,
    inject: [`steal every ${THEFT_S}`],
    gap: 10,
    hold: 20,
    is: ({ moved, took }) => moved('stolen') > 0 && moved('stolen') <= took / THEFT_S + 1 && moved('handshakes') <= moved('stolen') + 1,
    says: ({ moved }) => `${moved('stolen')} thefts, ${moved('handshakes')} handshakes`,
  },
  { name: 'its password was changed', inject: ['password Other-2026'], ...told(20, 'wrong_password', [`password ${PASSWORD}`], 15, { retry: true }) },
  { name: 'it was bound to another account', inject: ['account other@example.com'], ...told(20, 'wrong_account', [`account ${USER}`], 15, { retry: true }) },
  { name: 'it was bound to another account (tpap)', wire: 'tpap', inject: ['account other@example.com', 'password Other-2026'], ...told(20, 'wrong_account', [`account ${USER}`, `password ${PASSWORD}`], 15, { retry: true }) },
  { name: 'third parties are shut out', options: { transport: 'klap' }, inject: ['third-party off'], ...told(20, 'third_party_off', ['third-party on'], 15, { retry: true }) },
  { name: 'it speaks TPAP from now on', inject: ['third-party off'], gap: 25, hold: 12, is: ({ now }) => now.link.transport === 'tpap' },
  { name: 'its logins are locked', wire: 'tpap', inject: ['lock on', 'steal'], ...told(20, 'locked', ['lock off'], 15, { retry: true }) },
  { name: 'its clock is a day ahead', inject: ['clock 86400'], gap: 8, hold: 12, is: ({ now }) => Math.abs(now.vals.clock_drift_s - 86400) < 10 },
  { name: 'it starts anew', inject: ['reboot'], gap: 20, hold: 20 },
  { name: 'an answer ends in its middle', inject: ['drop 1'], gap: 10 },
  { name: 'three answers end in their middle', inject: ['drop 3'], gap: 15 },
  { name: 'its port sleeps', inject: ['asleep on'], gap: 20, hold: 12 },
  {
    name: 'its nickname has 200 bytes of emoji',
    inject: [`nickname ${'🔌'.repeat(50)}`],
    gap: 8,
    is: async ({ rig, id }) => JSON.parse((await rig.ask(`SELECT body FROM doc WHERE device = ${id} AND kind = 'info'`))[0].body).nickname === '🔌'.repeat(50),
  },
  { name: 'somebody presses its button', run: pressed },
  { name: 'it is too hot', run: (t, rig, row) => protects(t, rig, row, 'overheat') },
  { name: 'what hangs on it draws too much', run: (t, rig, row) => protects(t, rig, row, 'overload') },
  { name: 'the answer to a command is lost', run: lost },
];

const isTrue = (now, t) => now.vals.on === t.on && (now.vals.power === undefined || now.vals.power === null || Math.abs(now.vals.power - t.power_w) <= 0.5 * t.power_w + 5);

/** What happened was seen as somebody's doing, and only once. */
async function pressed(table, rig, { id, n, name }) {
  const was = (await rig.truth(n)).on;
  await rig.ctl(`plug ${n} press`);
  const took = await rig.becomes(10, () => rig.said(id, 'outside').length > 0);
  const [j] = rig.said(id);
  const shown = await rig.becomes(8, () => rig.look(id).vals.on === !was);
  table.say(took <= 8 && shown <= 8 && j.action === (was ? 'off' : 'on') && rig.said(id).length === 1, `${name}: seen after ${seconds(took)}, in the journal as ${j?.by} ${j?.action}`, rig);
}

/** svitlo probe, by itself: its advice is about a plug. */
async function probed(table, rig, { n, name }) {
  await rig.ctl(`plug ${n} garbage json 1000`);
  const { stdout } = await run(rig.svitlo, ['probe', `tapo://${rig.ip(n)}`], { env: { ...process.env, SVITLO_TAPO_USER: USER, SVITLO_TAPO_PASSWORD: PASSWORD } }).catch((e) => e);
  const said = JSON.parse(stdout);
  table.say(said.found === false && said.reason === 'bad_answers' && /Tapo app/.test(said.advice) && !/baud|parity|cable/.test(said.advice), `${name}: ${said.reason}: ${said.advice}`, rig);
}

async function protects(table, rig, { id, n, name }, what) {
  await rig.ctl(`plug ${n} ${what} on`);
  const off = await rig.becomes(10, () => !rig.look(id).vals.on && Boolean(rig.look(id).vals[what]));
  const [j] = rig.said(id);
  await rig.ctl(`plug ${n} ${what} off`);
  const over = await rig.becomes(10, () => !rig.look(id).vals[what]);
  table.say(off <= 8 && over <= 8 && j?.by === 'outside' && j?.action === 'off', `${name}: ${what} shown and off after ${seconds(off)}, over after ${seconds(over)}`, rig);
}

async function lost(table, rig, { id, n, name }) {
  const before = await rig.truth(n);
  await rig.ctl(`plug ${n} lose-answer 1`);
  const c = await rig.ended(await rig.order(id, before.on ? 'off' : 'on'), 20);
  const after = await rig.truth(n);
  const sets = after.set_on + after.set_off - before.set_on - before.set_off;
  table.say(c?.state === 'done' && c.is_on === (before.on ? 0 : 1) && sets === 1 && after.on !== before.on, `${name}: ${c?.state} after ${seconds(c?.took ?? NaN)}, the plug was told ${sets} time(s)`, rig);
}

/** It goes on: no pause that is too long, and right afterwards. */
async function goesOn(table, rig, row) {
  const { id, n, name } = row;
  const before = rig.look(id);
  const from = Date.now();
  let gap = 0;
  let lostOnce = '';
  for (const c of row.inject) await rig.ctl(`plug ${n} ${c}`);
  while (Date.now() - from < (row.hold || 10) * 1000) {
    await wait(100);
    const now = rig.look(id);
    gap = Math.max(gap, now.age);
    if (now.state !== 'live') lostOnce = words(now);
  }
  const ctx = { rig, id, now: null, took: 0, moved: (k) => ctx.now.link[k] - before.link[k] };
  let right = false;
  const well = await rig.becomes(row.gap, async () => {
    ctx.now = rig.look(id);
    ctx.took = (Date.now() - from) / 1000;
    right = ctx.now.state === 'live' && isTrue(ctx.now, await rig.truth(n));
    return right && (!row.is || (await row.is(ctx)));
  });
  table.say(
    well >= 0 && gap <= row.gap && !(lostOnce && row.gap < 12),
    `${name}: goes on, longest pause ${seconds(gap)} (at most ${row.gap})${row.says ? `, ${row.says(ctx)}` : ''}${lostOnce ? `; was ${lostOnce}` : ''}${well >= 0 ? '' : `; then ${words(ctx.now)} ${right} ${JSON.stringify(ctx.now.link)}`}`,
    rig,
  );
}

/** It stops: told why, nothing read meanwhile, and live again soon after it is over. */
async function stops(table, rig, row) {
  const { id, n, name, bad } = row;
  for (const c of row.inject) await rig.ctl(`plug ${n} ${c}`);
  const noticed = await rig.becomes(bad.limit, () => rig.look(id).state === 'lost' && bad.reasons.includes(rig.look(id).reason));
  const text = words(rig.look(id));
  const reading = rig.look(id).t_ms;
  await wait(4000);
  const read = rig.look(id).t_ms !== reading;
  const steady = bad.reasons.includes(rig.look(id).reason);
  for (const c of bad.mend) await rig.ctl(`plug ${n} ${c}`);
  const mended = Date.now();
  if (bad.retry) await rig.retry(id);
  const back = await rig.becomes(bad.back, () => rig.isLive(id, mended));
  const right = back >= 0 && (await rig.becomes(15, async () => isTrue(rig.look(id), await rig.truth(n)))) >= 0;
  table.say(
    noticed >= 0 && steady && !read && right,
    `${name}: said after ${seconds(noticed)}: ${text}${steady ? '' : `, then ${words(rig.look(id))}`}${read ? ', and was read meanwhile' : ''}; live ${seconds(back)} after it was over (at most ${bad.back})${right ? '' : `: ${words(rig.look(id))}`}`,
    rig,
  );
}

async function one(table, rig, row) {
  if (!((await rig.becomes(20, () => rig.isLive(row.id))) >= 0)) return table.say(false, `${row.name}: not live before: ${words(rig.look(row.id))}`, rig);
  await wait(3000); // a few rounds
  if (row.run) return row.run(table, rig, row);
  return row.bad ? stops(table, rig, row) : goesOn(table, rig, row);
}

/** What no plug ever said is nowhere: not in what is stored, not in the journal. */
async function nothingWrong(table, rig, used) {
  const rowsOf = (db) => `SELECT * FROM ${db}plug_10s`;
  const stored = await rig.ask(`${rowsOf('')} UNION ALL ${rowsOf('h.')}`);
  const wrong = stored.filter((r) => r.power_mw < 0 || r.power_mw > 4e6 || (r.voltage_mv !== null && Math.abs(r.voltage_mv - 230e3) > 40e3));
  const quiet = used.filter((r) => !r.run).flatMap((r) => rig.said(r.id).map((j) => `${r.name}: ${j.by} ${j.action}`));
  table.say(stored.length > 0 && wrong.length === 0 && quiet.length === 0, `nothing wrong in ${stored.length} rows stored, nor in the journal${wrong.length ? `: ${JSON.stringify(wrong.slice(0, 3))}` : ''}${quiet.length ? `: ${quiet.join(', ')}` : ''}`, rig);
}

async function faults(table, want, made) {
  const used = rows.filter((r) => r.name.includes(want));
  if (used.length === 0) return;
  const rig = made(new PlugRig({ plugs: used, net: '127.30.1.1', spec: 'seed=5 plug-start=on' }));
  await rig.begin();
  await Promise.all(used.map((row) => one(table, rig, row).catch((e) => table.say(false, `${row.name}: ${e.stack}`, rig))));
  await nothingWrong(table, rig, used);
}

module.exports = { faults };
