// Plugs that move, what each kind of plug is switched by, orders and timers: a plug or two a row.
'use strict';
const { PlugRig, optionsOf, wait, words, seconds } = require('./plugs_rig.js');

const SOCKETS = { P300: 3, P304M: 4, P306: 4 };
const LATE_S = 5; // a timer may be so late

const sets = (t) => t.set_on + t.set_off;
const ends = (c) => (c ? `${c.state}${c.code ? ` ${c.code}` : ''} in ${seconds(c.took)}` : 'never ended');
const children = (rig, id) => rig.device.filter((d) => d.parent === id).sort((a, b) => a.id - b.id);
const address = (rig, id) => rig.device.find((d) => d.id === id).address;
/** How a plug went off: the newest such line of its log after a moment. */
const wentOff = (t, since) => t.log.filter((l) => !l.on && l.changed && l.ms >= since).pop();

// ---- addresses ----

async function moves(x) {
  const [p] = x.plugs;
  const to = x.rig.ip(p.n, 200 + p.n);
  await x.rig.ctl(`plug ${p.n} move ${to}`);
  const from = Date.now();
  const took = await x.rig.becomes(40, () => address(x.rig, p.id) === `tapo://${to}` && x.rig.isLive(p.id, from));
  const kids = children(x.rig, p.id);
  const too = await x.rig.becomes(10, () => kids.every((k) => x.rig.isLive(k.id, from)));
  x.say(took >= 0 && too >= 0 && kids.length === (p.model === 'P300' ? 3 : 0), `live at ${address(x.rig, p.id)} after ${seconds(took)}${kids.length ? `, its ${kids.length} sockets too` : ''}${took >= 0 ? '' : `: ${words(x.rig.look(p.id))}`}`);
}

async function taken(x) {
  const [p, other] = x.plugs;
  const [home, aside] = [x.rig.ip(p.n), x.rig.ip(p.n, 200 + p.n)];
  await x.rig.ctl(`plug ${p.n} unplug`);
  await x.rig.ctl(`plug ${p.n} move ${aside}`);
  await x.rig.ctl(`plug ${other.n} move ${home}`);
  const told = await x.rig.becomes(30, () => x.rig.look(p.id).reason === 'other_device');
  const text = words(x.rig.look(p.id));
  const read = x.rig.look(p.id).t_ms;
  const c = await x.rig.ended(await x.rig.order(p.id, 'on'), 20);
  await wait(3000);
  const strange = await x.rig.truth(other.n);
  const none = x.rig.look(p.id).t_ms === read && sets(strange) === 0 && address(x.rig, p.id) === `tapo://${home}`;
  await x.rig.ctl(`plug ${other.n} move ${x.rig.ip(p.n, 200 + other.n)}`);
  await x.rig.ctl(`plug ${p.n} move ${home}`);
  await x.rig.ctl(`plug ${p.n} plug`);
  const from = Date.now();
  const back = await x.rig.becomes(45, () => x.rig.isLive(p.id, from));
  x.say(told >= 0 && none && back >= 0 && c?.state === 'failed', `said after ${seconds(told)}: ${text}; an order ${ends(c)}, the other one was ${none ? 'not read and not switched' : 'taken for it'}; live ${seconds(back)} after it was back`);
}

async function swapped(x) {
  const [a, b] = x.plugs;
  const homes = [x.rig.ip(a.n), x.rig.ip(b.n)];
  await x.rig.ctl(`plug ${a.n} move ${x.rig.ip(a.n, 200 + a.n)}`);
  await x.rig.ctl(`plug ${b.n} move ${homes[0]}`);
  await x.rig.ctl(`plug ${a.n} move ${homes[1]}`);
  const from = Date.now();
  const soon = await x.rig.ended(await x.rig.order(a.id, 'on'), 30);
  const took = await x.rig.becomes(45, () => address(x.rig, a.id) === `tapo://${homes[1]}` && address(x.rig, b.id) === `tapo://${homes[0]}` && x.rig.isLive(a.id, from) && x.rig.isLive(b.id, from));
  const c = await x.rig.ended(await x.rig.order(a.id, 'on'));
  const [ta, tb] = [await x.rig.truth(a.n), await x.rig.truth(b.n)];
  x.say(took >= 0 && c?.state === 'done' && ta.on && sets(tb) === 0, `an order at once ${ends(soon)}${sets(tb) ? ' by the other one' : ''}, both live after ${seconds(took)}, then one goes to the right one${took >= 0 ? '' : `: ${words(x.rig.look(a.id))}; ${words(x.rig.look(b.id))}`}`);
}

// ---- who speaks securePassthrough gets the account's password: only at its owner's word ----

/** All that a plug could have been told of the account. */
const asked = (t) => t.handshakes + t.logins + t.refused;

/** Somebody with the plug's MAC who speaks the old protocol: first at another address, then at its own. */
async function impostor(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const [home, aside] = [rig.ip(p.n), rig.ip(p.n, 200 + p.n)];
  await rig.ctl(`plug ${p.n} firmware aes`);
  const before = await rig.truth(p.n);
  await rig.ctl(`plug ${p.n} move ${aside}`);
  const elsewhere = await rig.becomes(90, () => rig.look(p.id).detail?.includes(`somebody at tapo://${aside} `));
  const stays = address(rig, p.id) === `tapo://${home}`;
  await rig.ctl(`plug ${p.n} move ${home}`);
  const here = await rig.becomes(50, () => rig.look(p.id).reason === 'old_protocol');
  const text = words(rig.look(p.id));
  const c = await rig.ended(await rig.order(p.id, 'on'), 20);
  const told = asked(await rig.truth(p.n)) - asked(before);
  await rig.ctl(`plug ${p.n} firmware klap`);
  const from = Date.now();
  await rig.retry(p.id);
  const back = await rig.becomes(30, () => rig.isLive(p.id, from));
  x.say(
    elsewhere >= 0 && stays && here >= 0 && told === 0 && c?.state === 'failed' && back >= 0,
    `asked ${told} times for a login; not followed (said after ${seconds(elsewhere)}), not let in at home (${seconds(here)}): ${text}; an order ${ends(c)}; the plug itself is live again after ${seconds(back)}`,
  );
}

/** A plug that is really old: nothing until its owner says yes, then it is remembered. */
async function allowed(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const why = rig.look(p.id).reason;
  const tried = await rig.job('probe', { address: address(rig, p.id) });
  const [sealed] = await rig.rows('SELECT lower(hex(sealed_user)) AS user, lower(hex(sealed_password)) AS password FROM account');
  const kept = await rig.job('account', { ...sealed, address: address(rig, p.id) });
  const told = asked(await rig.truth(p.n));
  const probed = await rig.job('probe', { address: address(rig, p.id), transport: 'aes' });
  await rig.choose(p.id, { ...optionsOf(p), transport: 'aes' });
  const yes = await rig.becomes(20, () => rig.isLive(p.id));
  await rig.choose(p.id, optionsOf(p));
  const from = Date.now();
  const still = await rig.becomes(20, () => rig.isLive(p.id, from) && rig.look(p.id).link.transport === 'aes');
  await rig.ctl(`plug ${p.n} firmware klap`);
  const newer = await rig.becomes(30, () => rig.isLive(p.id, from) && rig.look(p.id).link.transport === 'klap');
  await rig.ctl(`plug ${p.n} firmware aes`);
  const before = asked(await rig.truth(p.n));
  const never = await rig.becomes(30, () => rig.look(p.id).reason === 'old_protocol');
  const after = asked(await rig.truth(p.n));
  x.say(
    why === 'old_protocol' && tried.result?.reason === why && kept.state === 'failed' && kept.result.reason === why && told === 0 && probed.result?.found && probed.result.link.transport === 'aes' && yes >= 0 && still >= 0 && newer >= 0 && never >= 0 && after === before,
    `${why}, at a probe and for the account too, ${told} logins; live ${seconds(yes)} after its owner's word, and later without it (${seconds(still)}); KLAP after an update (${seconds(newer)}), never less from then on (${seconds(never)})`,
  );
}

/** Another plug has got an old plug's address: what its owner has allowed was said of that one. */
async function displaced(x) {
  const [a, b] = x.plugs;
  const { rig } = x;
  const homes = [rig.ip(a.n), rig.ip(b.n)];
  await rig.ctl(`plug ${b.n} move ${rig.ip(b.n, 200 + b.n)}`);
  await rig.ctl(`plug ${a.n} move ${homes[1]}`);
  const swapped = await rig.becomes(90, () => address(rig, a.id) === `tapo://${homes[1]}` && address(rig, b.id) === `tapo://${homes[0]}`);
  const before = asked(await rig.truth(b.n));
  await rig.ctl(`plug ${b.n} move ${homes[0]}`);
  const told = await rig.becomes(50, () => rig.look(b.id).reason === 'old_protocol');
  const after = asked(await rig.truth(b.n));
  await rig.choose(b.id, optionsOf(b));
  const from = Date.now();
  const back = await rig.becomes(20, () => rig.isLive(b.id, from));
  x.say(swapped >= 0 && told >= 0 && after === before && back >= 0, `asked again at its new address (${seconds(told)}), ${after - before} logins until then; live ${seconds(back)} after its owner's word`);
}

/** A house that is being set up: a search that asks around what is known, and all at once whether they are plugs. */
async function together(x) {
  const { rig } = x;
  const at = x.plugs.slice(1).map((p) => `tapo://${rig.ip(p.n)}`);
  const search = await rig.job('discover', {});
  const found = at.filter((a) => search.result?.devices.some((d) => d.address === a && d.device === null));
  const jobs = await Promise.all(at.map((a) => rig.job('probe', { address: a })));
  const beside = Math.min(...jobs.map((j) => j.ended_ms)) - Math.max(...jobs.map((j) => j.started_ms));
  const took = (Math.max(...jobs.map((j) => j.ended_ms)) - Math.min(...jobs.map((j) => j.started_ms))) / 1000;
  x.say(
    search.result?.networks.join() === rig.ip(1, '0/24') && found.length === at.length && jobs.every((j) => j.result?.found) && beside >= 0,
    `${found.length} found without a subnet, in ${search.result?.networks.join()}; all ${jobs.length} probed beside each other in ${seconds(took)}`,
  );
}

// ---- kinds ----

async function switches(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const on = await rig.ended(await rig.order(p.id, 'on'));
  const t = await rig.truth(p.n);
  const shown = await rig.becomes(15, () => rig.look(p.id).vals.on === true && (!p.meter || rig.look(p.id).vals.power > 0.5 * t.power_w));
  const off = await rig.ended(await rig.order(p.id, 'off'));
  const after = await rig.truth(p.n);
  const { transport } = rig.look(p.id).link;
  x.say(
    on?.state === 'done' && on.is_on === 1 && t.on && shown >= 0 && off?.state === 'done' && off.is_on === 0 && !after.on && after.set_on === 1 && after.set_off === 1 && transport === (p.wire || 'klap'),
    `${transport}; on ${ends(on)}, ${p.meter ? `power of ${Math.round(t.power_w)} W` : 'state'} shown ${seconds(shown)} later, off ${ends(off)}`,
  );
}

async function strip(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const kids = children(rig, p.id);
  const took = [];
  let right = kids.length === SOCKETS[p.model];
  for (const [i, k] of kids.entries()) {
    const c = await rig.ended(await rig.order(k.id, 'on'));
    const t = await rig.truth(p.n);
    right = right && c?.state === 'done' && k.address === `socket:${p.id}/${i + 1}` && t.sockets.every((s, j) => s.on === j <= i) && t.set_on === i + 1;
    took.push(c?.took ?? NaN);
  }
  const whole = await rig.ended(await rig.order(p.id, 'off'));
  const t = await rig.truth(p.n);
  // energy is asked for every 10 s
  const near = (v, w) => Math.abs(v - w) <= 0.5 * w + 3;
  const shown = await rig.becomes(25, () => kids.every((k, i) => rig.look(k.id).vals.on === true && (p.model !== 'P304M' || near(rig.look(k.id).vals.power, t.sockets[i].power_w))));
  x.say(
    right && shown >= 0 && whole?.code === 'not_supported' && t.on,
    `${kids.length} sockets, each switched alone in ${took.map(seconds).join(', ')}${p.model === 'P304M' ? `; ${kids.map((k) => `${rig.look(k.id).vals.power} W`).join(', ')}` : ''}; the strip as a whole: ${ends(whole)}`,
  );
}

// ---- orders ----

async function limited(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const c = await rig.ended(await rig.order(p.id, 'on', { for_s: 8 }));
  const t = await rig.truth(p.n);
  const [timer] = rig.timersOf(p.id);
  const due = c.claimed_ms + 8000;
  await rig.becomes(8 + LATE_S, async () => wentOff(await rig.truth(p.n), c.claimed_ms));
  const off = wentOff(await rig.truth(p.n), c.claimed_ms);
  const clear = await rig.becomes(10, () => rig.timersOf(p.id).length === 0 && rig.said(p.id).some((j) => j.action === 'off' && ['limit', 'countdown'].includes(j.by)));
  const outside = rig.said(p.id, 'outside').length;
  x.say(
    c.state === 'done' && timer?.by === 'limit' && t.remain_s > 0 && t.remain_s <= 8 && off && Math.abs(off.ms - due) <= LATE_S * 1000 && clear >= 0 && outside === 0,
    `its countdown was armed with ${t.remain_s} s; off by ${off?.by} ${seconds(((off?.ms ?? NaN) - due) / 1000)} from its time; ${rig.said(p.id).map((j) => `${j.by} ${j.action} ${j.result}`).join(', ')}`,
  );
}

async function extended(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const a = await rig.ended(await rig.order(p.id, 'on', { for_s: 6 }));
  await wait(2000);
  const b = await rig.ended(await rig.order(p.id, 'on', { for_s: 14 }));
  const count = rig.timersOf(p.id).length;
  await wait(Math.max(0, a.claimed_ms + 6000 + 3000 - Date.now()));
  const still = (await rig.truth(p.n)).on;
  const due = b.claimed_ms + 14000;
  await rig.becomes(14 + LATE_S, async () => wentOff(await rig.truth(p.n), b.claimed_ms));
  const off = wentOff(await rig.truth(p.n), b.claimed_ms);
  x.say(still && count === 1 && off && Math.abs(off.ms - due) <= LATE_S * 1000, `on beyond its first end, off ${seconds(((off?.ms ?? NaN) - due) / 1000)} from its second`);
}

async function endsEarly(x, end) {
  const [p] = x.plugs;
  const { rig } = x;
  const c = await rig.ended(await rig.order(p.id, 'on', { for_s: 60 }));
  const armed = (await rig.truth(p.n)).remain_s;
  await wait(1500);
  const from = Date.now();
  await end(p);
  const clear = await rig.becomes(20, async () => rig.timersOf(p.id).length === 0 && (await rig.truth(p.n)).remain_s === 0);
  const t = await rig.truth(p.n);
  x.say(c.state === 'done' && armed > 50 && clear >= 0 && !t.on, `timer and countdown (${armed} s) are gone ${seconds((Date.now() - from) / 1000)} later; ${rig.said(p.id).map((j) => `${j.by} ${j.action} ${j.result}`).join(', ')}`);
}

async function timed(x, action) {
  const [p] = x.plugs;
  const { rig } = x;
  if (action === 'off') await rig.ended(await rig.order(p.id, 'on'));
  const due = Date.now() + 8000;
  await rig.addTimer(p.id, action, 8);
  const armed = action === 'off' ? await rig.becomes(6, async () => (await rig.truth(p.n)).remain_s > 0) : 0;
  const find = async () => (await rig.truth(p.n)).log.find((l) => l.on === (action === 'on') && l.changed && l.ms > due - 5000);
  await rig.becomes(8 + LATE_S, find);
  const did = await find();
  const clear = await rig.becomes(8, () => rig.timersOf(p.id).length === 0 && rig.said(p.id).some((j) => j.action === action && ['timer', 'countdown'].includes(j.by)));
  x.say(armed >= 0 && did && Math.abs(did.ms - due) <= LATE_S * 1000 && clear >= 0, `by ${did?.by} ${seconds(((did?.ms ?? NaN) - due) / 1000)} from its time; ${rig.said(p.id).map((j) => `${j.by} ${j.action} ${j.result}`).join(', ')}`);
}

async function neverOff(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const on = await rig.ended(await rig.order(p.id, 'on'));
  const no = await rig.ended(await rig.order(p.id, 'off'));
  const untold = (await rig.truth(p.n)).set_off === 0;
  const yes = await rig.ended(await rig.order(p.id, 'off', { confirmed: 1 }));
  x.say(on?.state === 'done' && no?.code === 'never_off' && untold && yes?.state === 'done', `off ${ends(no)}, confirmed ${ends(yes)}; ${rig.said(p.id).map((j) => `${j.action} ${j.result}`).join(', ')}`);
}

async function tooLate(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const late = await rig.ended(await rig.order(p.id, 'on', { expires_s: -1 }));
  const none = await rig.ended(await rig.order(9999, 'on'));
  x.say(late?.state === 'expired' && none?.code === 'no_such_device' && sets(await rig.truth(p.n)) === 0, `${ends(late)}, nothing was sent; of no device: ${ends(none)}`);
}

async function line(x) {
  const [p] = x.plugs;
  const { rig } = x;
  const ids = [];
  for (const action of ['on', 'off', 'on', 'off', 'on']) ids.push(await rig.order(p.id, action));
  const all = [];
  for (const id of ids) all.push(await rig.ended(id, 20));
  const t = await rig.truth(p.n);
  const took = ((all[4]?.ended_ms ?? NaN) - all[0]?.claimed_ms) / 1000;
  x.say(all.every((c) => c?.state === 'done') && t.set_on === 3 && t.set_off === 2 && t.on && took <= 4, `five in ${seconds(took)}: ${all.map(ends).join(', ')}`);
}

async function away(x) {
  const [p] = x.plugs;
  const { rig } = x;
  await wait(12000); // the search for those that have moved goes first
  await rig.ctl(`plug ${p.n} unplug`);
  await wait(2500);
  const from = Date.now();
  const c = await rig.ended(await rig.order(p.id, 'on'), 30);
  const took = ((c?.ended_ms ?? NaN) - from) / 1000;
  x.say(c?.state === 'failed' && ['host_unreachable', 'no_answer'].includes(c.code) && took <= 10 && sets(await rig.truth(p.n)) === 0, `${ends(c)}, ${seconds(took)} after it was given: "${c?.text}"`);
}

async function again(x) {
  const [p] = x.plugs;
  const { rig } = x;
  await rig.ended(await rig.order(p.id, 'on'));
  await wait(12000);
  await rig.ctl(`plug ${p.n} unplug`);
  await rig.addTimer(p.id, 'off', 1);
  const tried = await rig.becomes(25, () => rig.timersOf(p.id)[0]?.tries >= 1);
  await rig.ctl(`plug ${p.n} plug`);
  const from = Date.now();
  const off = await rig.becomes(45, async () => !(await rig.truth(p.n)).on && rig.timersOf(p.id).length === 0);
  const t = await rig.truth(p.n);
  const lines = rig.said(p.id, 'timer').map((j) => j.result);
  x.say(tried >= 0 && off >= 0 && wentOff(t, from)?.by === 'client' && lines.join() === 'failed,done', `failed after ${seconds(tried)}, done ${seconds(off)} after the plug was back; in the journal ${lines.join(', ')}`);
}

// ---- over a restart ----

async function overdue(rig, rows, say) {
  const [off, on, missed, vain] = rows.map((r) => r.plugs[0]);
  for (const p of [off, vain]) await rig.ended(await rig.order(p.id, 'on'));
  await rig.stop('collector');
  await rig.addTimer(off.id, 'off', -5);
  await rig.addTimer(on.id, 'on', -10);
  await rig.addTimer(missed.id, 'on', -70);
  const tried = await rig.addTimer(vain.id, 'off', -60);
  await rig.write(`UPDATE timer SET tries = 9, tried_ms = ${Date.now()} WHERE id = ${tried}`);
  rig.startCollector();
  const from = Date.now();
  await rig.becomes(15, () => rig.seen_ms > from && [off, on, missed, vain].every((p) => rig.timersOf(p.id).length === 0));
  const log = async (p, is) => (((await rig.truth(p.n)).log.find((l) => l.on === is && l.ms >= from)?.ms ?? NaN) - from) / 1000;
  const [a, b, c] = [await log(off, false), await log(on, true), await log(vain, false)];
  const [j] = rig.said(missed.id);
  say(a <= LATE_S, rows[0], `${seconds(a)} after the restart`);
  say(b <= LATE_S, rows[1], `${seconds(b)} after the restart`);
  say(c <= LATE_S, rows[3], `${seconds(c)} after the restart`);
  say(j?.result === 'missed' && sets(await rig.truth(missed.n)) === 0, rows[2], `in the journal as ${j?.result}, nothing was sent`);
}

const meter = true;
const rows = [
  { name: 'a plug gets another address', plugs: [{}], run: moves },
  { name: 'a strip gets another address', plugs: [{ model: 'P300' }], run: moves },
  { name: 'another plug gets its address', plugs: [{}, { model: 'P100', stranger: true }], run: taken },
  { name: 'two plugs swap their addresses', plugs: [{}, {}], run: swapped },
  { name: 'a fake old plug for one that is away', plugs: [{}], run: impostor },
  { name: 'an old plug is used at its owner\'s word', plugs: [{ wire: 'aes', asks: true }], run: allowed },
  { name: "an old plug's address goes to another", plugs: [{}, { wire: 'aes' }], run: displaced },
  { name: 'eight new plugs at once', plugs: [{}, ...Array.from({ length: 8 }, () => ({ stranger: true }))], run: together },
  { name: 'KLAP', plugs: [{ meter }], run: switches },
  { name: "KLAP with Kasa's hashes", plugs: [{ wire: 'klap1', meter }], run: switches },
  { name: 'securePassthrough', plugs: [{ wire: 'aes', meter }], run: switches },
  { name: 'TPAP', plugs: [{ wire: 'tpap', meter }], run: switches },
  { name: 'a P100 of old, without batches', plugs: [{ model: 'P100', wire: 'aes' }], run: switches },
  { name: 'a P115', plugs: [{ model: 'P115', meter }], run: switches },
  { name: 'a P300', plugs: [{ model: 'P300' }], run: strip },
  { name: 'a P300 of old', plugs: [{ model: 'P300', wire: 'aes' }], run: strip },
  { name: 'a P304M', plugs: [{ model: 'P304M' }], run: strip },
  { name: 'a P306, whose night light is no socket', plugs: [{ model: 'P306' }], run: strip },
  { name: 'on for 8 s', plugs: [{}], run: limited },
  { name: 'on for 8 s (tpap)', plugs: [{ wire: 'tpap' }], run: limited },
  { name: 'on for longer', plugs: [{}], run: extended },
  { name: 'a limit ended by hand', plugs: [{}], run: (x) => endsEarly(x, (p) => x.rig.ctl(`plug ${p.n} press`)) },
  { name: 'a limit ended by an order', plugs: [{}], run: (x) => endsEarly(x, async (p) => x.rig.ended(await x.rig.order(p.id, 'off'))) },
  { name: 'off at a time', plugs: [{}], run: (x) => timed(x, 'off') },
  { name: 'on at a time', plugs: [{}], run: (x) => timed(x, 'on') },
  { name: 'never to be switched off', plugs: [{ options: { never_off: 'yes' } }], run: neverOff },
  { name: 'an order that is too late', plugs: [{}], run: tooLate },
  { name: 'orders wait for each other', plugs: [{}], run: line },
  { name: 'an order to a plug that is away', plugs: [{}], run: away },
  { name: "a timer's off to a plug that is away", plugs: [{}], run: again },
  { name: 'an off that is overdue', plugs: [{}], restart: true },
  { name: 'an on that is overdue by 10 s', plugs: [{}], restart: true },
  { name: 'an on that is overdue by 70 s', plugs: [{}], restart: true },
  { name: 'an off that was tried in vain', plugs: [{}], restart: true },
];

async function orders(table, want, made) {
  const used = rows.filter((r) => r.name.includes(want));
  if (used.length === 0) return;
  if (used.some((r) => r.restart)) used.push(...rows.filter((r) => r.restart && !used.includes(r)));
  const plugs = used.flatMap((r) => r.plugs);
  const rig = made(new PlugRig({ plugs, net: '127.30.2.1', spec: 'seed=6' }));
  await rig.begin();
  const isThere = (p) => p.stranger || (p.asks && rig.look(p.id)?.reason === 'old_protocol') || (rig.isLive(p.id) && children(rig, p.id).filter((k) => rig.isLive(k.id)).length === (SOCKETS[p.model] || 0));
  const began = await rig.becomes(25, () => rig.live.size >= plugs.filter((p) => !p.stranger).length && plugs.every(isThere));
  if (!(began >= 0)) table.say(false, `not live: ${plugs.filter((p) => !isThere(p)).map((p) => `${p.model || 'P110'} ${p.wire || ''} ${words(rig.look(p.id))}`).join('; ')}`, rig);
  await wait(2500);
  const say = (ok, row, text) => table.say(ok, `${row.name}: ${text}`, rig);
  await Promise.all(used.filter((r) => r.run).map((row) => row.run({ rig, plugs: row.plugs, say: (ok, text) => say(ok, row, text) }).catch((e) => say(false, row, e.stack))));
  const late = used.filter((r) => r.restart);
  if (late.length) await overdue(rig, late, say);
}

module.exports = { orders };
