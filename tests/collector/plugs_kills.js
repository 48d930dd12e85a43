// A collector that is killed at random moments with orders and timers under way. Nothing is sent
// twice, no timer is forgotten, and what is limited ends also when nobody comes back.
'use strict';
const { PlugRig, wait, seconds } = require('./plugs_rig.js');

const KILLS = Number(process.env.KILLS) || 100;
const MS = process.env.KILLS ? Infinity : 42000; // for all of them, at most
const SLOW = process.env.VARIANT === 'asan' ? 4 : 1; // a life has to be long enough for something to begin
const LATE_S = 5;
const GROUP = 4; // plugs that are only ordered, as many with timers, as many with limits

const random = (from, to) => from + Math.random() * (to - from);
const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** Each set of the plug has an order of its own that was claimed before it. -> what is wrong */
function match(name, log, commands) {
  const free = commands.filter((c) => c.claimed_ms).map((c) => ({ ...c, used: 0 }));
  const wrong = [];
  for (const l of log.filter((e) => e.by === 'client')) {
    const c = free.find((f) => !f.used && f.action === (l.on ? 'on' : 'off') && f.claimed_ms <= l.ms + 5 && (!f.ended_ms || l.ms <= f.ended_ms + 5));
    if (c) c.used++;
    else wrong.push(`${name} was told ${l.on ? 'on' : 'off'} and nobody had ordered it`);
  }
  for (const c of free.filter((f) => f.state === 'done' && !f.used)) wrong.push(`${name}: order ${c.id} is done, and nothing was sent`);
  return wrong;
}

/** Off within LATE_S of its time, or of the first long enough life after it. */
function missed(name, log, due, alive) {
  const from = Math.max(due, alive);
  const off = log.find((l) => !l.on && l.ms >= due - LATE_S * 1000 && l.ms <= from + LATE_S * 1000);
  return off ? [] : [`${name} was not off at its time, ${seconds((Date.now() - due) / 1000)} ago`];
}

/** What was limited and came on is off at the end of it, whoever lived then. */
function overrun(name, log, commands) {
  const late = [];
  for (const c of commands.filter((o) => o.for_s && o.claimed_ms)) {
    const due = c.claimed_ms + c.for_s * 1000;
    const on = log.some((l) => l.on && l.by === 'client' && l.ms >= c.claimed_ms - 5 && l.ms < due);
    const replaced = commands.some((o) => o.id > c.id && o.claimed_ms && o.claimed_ms < due + LATE_S * 1000);
    if (on && !replaced && !log.some((l) => !l.on && Math.abs(l.ms - due) <= LATE_S * 1000)) late.push(`${name}: order ${c.id} had its end ${seconds((Date.now() - due) / 1000)} ago and is not off`);
  }
  return late;
}

async function kills(out, want, made) {
  if (!'killed'.includes(want)) return;
  const plugs = Array.from({ length: 3 * GROUP }, (_, i) => ({ wire: ['klap', 'aes', 'tpap', 'klap1'][i % 4] }));
  const rig = made(new PlugRig({ plugs, net: '127.30.3.1', spec: 'seed=8' }));
  await rig.begin();
  await rig.becomes(20, () => plugs.every((p) => rig.isLive(p.id)));
  rig.watching = false; // looks at the end
  const [ordered, timed, limited] = [0, 1, 2].map((k) => plugs.slice(k * GROUP, (k + 1) * GROUP).map((p) => ({ ...p, due: 0 })));
  const dues = [];
  const began = Date.now();
  let n = 0;
  for (; n < KILLS && Date.now() - began < MS; n++) {
    const now = Date.now();
    // one write: whatever the moment, all or nothing of it is there
    const sql = [];
    const order = (p, action, for_s) => sql.push(`INSERT INTO command (device, action, for_s, by, who, created_ms, expires_ms) VALUES (${p.id}, '${action}', ${for_s || 'NULL'}, 'user', 'olena', ${now}, ${now + 30000})`);
    for (const p of ordered) if (Math.random() < 0.5) order(p, pick(['on', 'off']));
    for (const p of timed.filter((t) => t.due < now - 2 * LATE_S * 1000)) {
      p.due = Math.round(now + random(1000, 6000));
      order(p, 'on');
      sql.push(`INSERT INTO timer (device, action, at_ms, by, who, created_ms) VALUES (${p.id}, 'off', ${p.due}, 'user', 'olena', ${now})`);
      dues.push({ p, due: p.due, timer: true });
    }
    for (const p of limited.filter((t) => t.due < now - 2 * LATE_S * 1000)) {
      const s = 3 + Math.floor(Math.random() * 4);
      p.due = now + s * 1000;
      order(p, 'on', s);
    }
    if (sql.length) {
      await rig.write(`BEGIN IMMEDIATE; ${sql.join('; ')}; COMMIT`);
      rig.ring();
    }
    await wait(SLOW * random(10, 300));
    await rig.stop('collector', 'SIGKILL');
    if (Math.random() < 0.1) await wait(random(0, 1000));
    rig.startCollector();
    await wait(SLOW * random(10, 150));
  }
  const took = (Date.now() - began) / 1000;
  // one life that is left alone: all that is open is done in it
  await rig.stop('collector', 'SIGKILL');
  rig.startCollector();
  const last = Date.now();
  rig.watch();
  const settled = await rig.becomes(LATE_S + 10, () => rig.seen_ms > last + 1500 && ![...rig.command.values()].some((c) => ['pending', 'claimed'].includes(c.state)) && !rig.timer.some((t) => t.at_ms < Date.now()));

  // for good: those that are limited have to end by themselves
  const ids = [];
  for (const p of limited) ids.push(await rig.order(p.id, 'on', { for_s: 8 }));
  const done = [];
  for (const id of ids) done.push(await rig.ended(id));
  await rig.stop('collector', 'SIGKILL');
  rig.watching = false;
  await wait(Math.max(0, ...done.map((c) => (c ? c.claimed_ms : 0) + 8000 + 1500 - Date.now())));
  const commands = await rig.rows('SELECT * FROM command');
  const truth = await Promise.all(plugs.map((p) => rig.truth(p.n)));
  const of = (p) => commands.filter((c) => c.device === p.id);

  const wrong = plugs.flatMap((p, i) => match(`plug ${p.n}`, truth[i].log, of(p)));
  const claimed = commands.filter((c) => c.claimed_ms).length;
  const sent = truth.reduce((sum, t) => sum + t.set_on + t.set_off, 0);
  const states = ['done', 'failed', 'expired'].map((s) => `${commands.filter((c) => c.state === s).length} ${s}`).join(', ');
  const lone = commands.filter((c) => ['pending', 'claimed'].includes(c.state));
  out.say(
    n > 0 && wrong.length === 0 && sent <= claimed && lone.length === 0,
    `killed ${n} times in ${seconds(took)}: ${commands.length} orders (${states}; ${commands.filter((c) => c.code === 'interrupted').length} interrupted), ${claimed} claimed, ${sent} sent, none twice${wrong.length ? `; ${wrong.slice(0, 5).join('; ')}` : ''}${lone.length ? `; ${lone.length} are open` : ''}`,
    rig,
  );
  const late = [...dues.flatMap(({ p, due }) => missed(`plug ${p.n}`, truth[p.n - 1].log, due, last)), ...limited.flatMap((p) => overrun(`plug ${p.n}`, truth[p.n - 1].log, of(p)))];
  out.say(settled >= 0 && late.length === 0, `killed ${n} times: ${dues.length} timers and ${commands.filter((c) => c.for_s && c.claimed_ms).length} limits, each kept, the last ones ${seconds(settled)} after the last start${late.length ? `; ${late.slice(0, 5).join('; ')}` : ''}`, rig);
  const ends = limited.map((p, i) => {
    const c = done[i];
    const off = truth[p.n - 1].log.filter((l) => !l.on && l.changed).pop();
    return c?.state === 'done' && off ? (off.ms - c.claimed_ms - 8000) / 1000 : NaN;
  });
  out.say(ends.every((s) => Math.abs(s) <= LATE_S), `killed for good: what was on for 8 s is off ${ends.map(seconds).join(', ')} from its time`, rig);
}

module.exports = { kills };
