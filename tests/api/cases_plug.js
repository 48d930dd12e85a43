// Plugs: added and shown, switched now and later, the account they need, the journal.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const { sql, quote, sleep, unlimited } = require('./stack.js');

const USER = 'olena.k@example.com';
const SECRET = 'hunter2-Zx9-нескажу';
const SEALED = (context) => `account:tapo:${context}`;

// The collector's key, and what opens as svitlo/seal.h says, with code of its own.
function key() {
  const pair = crypto.generateKeyPairSync('x25519');
  return { ...pair, text: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex') };
}
function open(pair, blob, context) {
  const raw = Buffer.from(blob, 'hex'), theirs = raw.subarray(1, 33);
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), theirs]);
  const shared = crypto.diffieHellman({ privateKey: pair.privateKey, publicKey: crypto.createPublicKey({ key: der, format: 'der', type: 'spki' }) });
  const once = Buffer.from(crypto.hkdfSync('sha256', shared, Buffer.concat([theirs, Buffer.from(pair.text, 'hex')]), 'svitlo seal 1', 44));
  const gcm = crypto.createDecipheriv('aes-256-gcm', once.subarray(0, 32), once.subarray(32));
  gcm.setAAD(Buffer.from(context)).setAuthTag(raw.subarray(-16));
  return Buffer.concat([gcm.update(raw.subarray(33, -16)), gcm.final()]).toString();
}

// Beside the packs 1 to 4: a plug that measures, a strip with two sockets, one that was never seen.
const KETTLE = 5, STRIP = 6, LAMP = 7, ROUTER = 8, NEVER = 9;

async function setup(s) {
  s.config();
  s.history();
  s.live();
  s.key = key();
  const now = Date.now();
  sql(s.file('config'), `INSERT INTO setting VALUES ('seal.public', '${s.key.text}');
INSERT INTO device (id, kind, name, address, enabled, position, options, created_ms, parent) VALUES
(${KETTLE}, 'tapo', 'Kettle', 'tapo://192.168.7.20', 1, 5, '{}', 1, NULL),
(${STRIP}, 'tapo', 'Strip', 'tapo://192.168.7.21', 1, 6, '{"priority":2}', 1, NULL),
(${LAMP}, 'tapo-socket', 'Lamp', 'socket:6/1', 1, 7, '{}', 1, 6),
(${ROUTER}, 'tapo-socket', 'Router', 'socket:6/2', 1, 8, '{"priority":1,"never_off":"yes","estimated_w":12,"notes":"Інтернет"}', 1, 6),
(${NEVER}, 'tapo', 'New plug', 'tapo://192.168.7.22', 1, 9, '{}', 1, NULL);`);
  const row = (id, values, link) => `INSERT INTO live VALUES (${id}, ${now}, 'live', ${now - 60000}, NULL, NULL, 0, '[]', ${quote(values)}, ${quote(link)}, NULL, 15000);\n`;
  sql(s.file('live'), row(KETTLE, { on: true, power: 1803.4, voltage: 229.8 }, { transport: 'klap', connected: true, measures: true, sockets: 0, mac: '9C5322000001' }) +
    row(STRIP, { rssi: -50 }, { transport: 'klap', connected: true, measures: false, sockets: 2 }) +
    row(LAMP, { on: false }, { measures: false }) + row(ROUTER, { on: true }, { measures: false }));
  s.admin = s.session('owner', 4);
  s.operator = s.session('olena', 3);
  s.viewer = s.session('guest', 2);
  await s.start({ nginx: (conf) => unlimited(conf).replaceAll('fastcgi_cache svitlo_live', '#') });
}

const ask = (c, method, path, cookie, body) => c.ask(method, `/api/v1${path}`, { cookie, body });
const config = (s, text) => sql(s.file('config'), text);
const sorted = (o) => Object.fromEntries(Object.entries(o || {}).sort());
const near = (ms, wanted, by = 5000) => Math.abs(ms - wanted) < by;

async function refused(t, c, s, method, path, rows) {
  for (const [body, says] of rows) {
    const r = await ask(c, method, path, s.admin, body);
    t.problem(r, 400, 'bad_parameter', `refused: ${method} ${path} ${JSON.stringify(body).slice(0, 90)}`);
    t.ok(r.json?.detail.includes(says), `and told: ${says}`, r.json?.detail);
  }
}

// What the collector's end of the bell hears; perl-base is in every Debian, and Node has no such sockets.
async function bell(s, heard = () => 0) {
  const script = '$|=1; socket(S,PF_UNIX,SOCK_DGRAM,0) && bind(S,pack_sockaddr_un($ARGV[0])) or die $!; print "ready\\n"; while (defined recv(S,$b,16,0)) { print "$b\\n" }';
  const p = spawn('perl', ['-MSocket', '-e', script, `${s.run}/bell`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const b = { rings: [] };
  s.children.push(p);
  await new Promise((done) => {
    p.stdout.on('data', (d) => {
      for (const line of d.toString().trim().split('\n')) {
        if (line === 'ready') done();
        else b.rings.push(line) && heard();
      }
    });
  });
  return b;
}

async function plug_levels(t, c, s) {
  const account = { user: USER, password: SECRET };
  const rows = [
    ['PUT', '/accounts/tapo', 'admin', account], ['DELETE', '/accounts/tapo', 'admin'],
    ['POST', '/commands', 'operator', { device: KETTLE, action: 'on' }], ['POST', '/timers', 'operator', { device: KETTLE, action: 'on', in_s: 60 }], ['DELETE', '/timers/1', 'operator'],
    ['GET', '/accounts', 'viewer'], ['GET', '/commands/1', 'viewer'], ['GET', '/timers', 'viewer'], ['GET', '/journal', 'viewer'],
  ];
  const all = 'SELECT * FROM job; SELECT * FROM account; SELECT * FROM command; SELECT * FROM timer; SELECT * FROM journal';
  const before = config(s, all);
  for (const [method, path, level, body] of rows) {
    t.problem(await ask(c, method, path, undefined, body), 401, 'unauthenticated', `${method} ${path} needs a session`);
    if (level !== 'viewer') t.problem(await ask(c, method, path, s.viewer, body), 403, 'forbidden', `${method} ${path} is not for viewers`);
    if (level === 'admin') t.problem(await ask(c, method, path, s.operator, body), 403, 'forbidden', `${method} ${path} is not for operators`);
    const evil = await c.ask(method, `/api/v1${path}`, { cookie: s.admin, body, headers: { Origin: 'https://evil.example' } });
    if (method !== 'GET') t.problem(evil, 403, 'forbidden', `${method} ${path} is not for other sites`);
  }
  t.is(config(s, all), before, 'nothing was changed by any of them');
}

const USUAL = { poll_s: 5, energy_s: 30, transport: 'auto', priority: 5, never_off: 'no', estimated_w: 0, notes: '' };

async function plug_add(t, c, s) {
  const add = (body) => ask(c, 'POST', '/devices', s.admin, { kind: 'tapo', name: 'Boiler', ...body });
  let r = await add({ address: 'TAPO://192.168.7.30:80/', poll_s: 2, notes: 'рядок\nдва', never_off: 'yes' });
  t.is([r.status, r.json?.kind, r.json?.address, r.json?.parent, sorted(r.json?.options), r.json?.has_pin],
    [201, 'tapo', 'tapo://192.168.7.30', null, sorted({ ...USUAL, poll_s: 2, notes: 'рядок\nдва', never_off: 'yes' }), false], 'a plug: the address in one way of writing, with all options');
  t.is([r.json?.measures, r.json?.sockets, r.json?.priority, r.json?.never_off, r.json?.estimated_w, r.json?.timer, r.json?.command], [null, null, 5, true, 0, null, null], 'and with what plugs have');
  const { id } = r.json;
  t.is(config(s, `SELECT options FROM device WHERE id = ${id}`), '{"poll_s":2,"never_off":"yes","notes":"рядок\\nдва"}', 'what goes without saying is not stored');
  r = await add({ address: 'tapo://192.168.7.30' });
  t.problem(r, 409, 'exists', 'the same plug written otherwise');
  t.is(r.json?.device, id, 'it names the one that has it');
  for (const [address, kept] of [['tapo://[FD00::20]:8080', 'tapo://[fd00::20]:8080'], ['tapo://[fe80::1%wlan0]', 'tapo://[fe80::1%wlan0]'], ['tapo://127.0.0.5', 'tapo://127.0.0.5']]) {
    r = await add({ address });
    t.is([r.status, r.json?.address], [201, kept], `added: ${address}`);
  }
  const good = { kind: 'tapo', name: 'x', address: 'tapo://192.168.7.31' };
  const count = config(s, 'SELECT count(*) FROM device');
  await refused(t, c, s, 'POST', '/devices', [
    [{ ...good, address: '192.168.7.31' }, 'begins with tapo://'], [{ ...good, address: 'tapo://kettle.local' }, 'is no IP address'], [{ ...good, address: 'tapo://1.1.1.1' }, "no address of a home's network"],
    [{ ...good, address: 'tapo://192.168.7.31:0' }, 'the port'], [{ ...good, address: 'socket:6/3' }, 'begins with tapo://'], [{ ...good, address: 'tapo://' }, 'needs the address'],
    [{ kind: 'tapo-socket', name: 'x', address: 'socket:6/3' }, 'a socket is not added by itself'],
    [{ ...good, poll_s: 1 }, 'poll_s of a tapo must be 2 or more'], [{ ...good, poll_s: 301 }, 'poll_s must be from 1 to 300'], [{ ...good, energy_s: 9 }, 'energy_s must be from 10'], [{ ...good, energy_s: 3601 }, 'energy_s must be from 10'],
    [{ ...good, transport: 'smoke' }, 'transport must be one of: auto klap'], [{ ...good, priority: 0 }, 'priority must be from 1 to 9'], [{ ...good, priority: 10 }, 'priority must be from 1 to 9'],
    [{ ...good, never_off: true }, 'never_off must be a word'], [{ ...good, never_off: 'maybe' }, 'one of: yes no'], [{ ...good, estimated_w: 10001 }, 'estimated_w must be from 0'], [{ ...good, notes: 'я'.repeat(501) }, 'notes must have 0 to 500'],
    [{ ...good, clamp: 'on' }, 'clamp is not for a tapo'], [{ ...good, pin: '1234' }, 'pin is not for a tapo'], [{ ...good, adapter: 'hci0' }, 'adapter is not for a tapo'],
    [{ kind: 'jk-bms', name: 'x', address: 'C8:47:80:12:34:99', priority: 5 }, 'priority is not for a jk-bms'], [{ kind: 'deye', name: 'x', address: 'modbus://h', notes: '' }, 'notes is not for a deye'],
  ]);
  t.is(config(s, 'SELECT count(*) FROM device'), count, 'none of them is there');
  r = await ask(c, 'POST', '/devices', s.admin, { kind: 'deye', name: 'Roof', address: 'modbus://h', poll_s: 1 });
  t.is(r.status, 201, 'an inverter may still be asked each second');

  r = await ask(c, 'PATCH', `/devices/${ROUTER}`, s.admin, { priority: 3, never_off: 'no', name: 'Wi-Fi', estimated_w: 10000, notes: '' });
  t.is([r.status, r.json?.name, r.json?.priority, r.json?.never_off, r.json?.estimated_w, sorted(r.json?.options)],
    [200, 'Wi-Fi', 3, false, 10000, sorted({ priority: 3, never_off: 'no', estimated_w: 10000, notes: '' })], "a socket's options are changed");
  await refused(t, c, s, 'PATCH', `/devices/${ROUTER}`, [[{ poll_s: 5 }, 'poll_s is not for a tapo-socket'], [{ transport: 'klap' }, 'transport is not for a tapo-socket']]);
  await refused(t, c, s, 'PATCH', `/devices/${KETTLE}`, [[{ poll_s: 1 }, 'poll_s of a tapo must be 2 or more']]);

  config(s, `INSERT INTO timer (device, action, at_ms, by, created_ms) VALUES (${LAMP}, 'on', 9000000000000, 'user', 1)`);
  r = await ask(c, 'DELETE', `/devices/${STRIP}?history=remove`, s.admin);
  t.is([r.status, config(s, 'SELECT group_concat(device) FROM (SELECT device FROM job ORDER BY device)'), config(s, `SELECT device FROM job WHERE id = ${r.json?.job}`)],
    [200, `${STRIP},${LAMP},${ROUTER}`, String(STRIP)], 'a strip goes with its sockets, and so does their history');
  t.is(config(s, `SELECT count(*) FROM device WHERE id IN (${STRIP}, ${LAMP}, ${ROUTER})`) + config(s, 'SELECT count(*) FROM timer'), '00', 'and their timers');
}

async function plug_live(t, c, s) {
  const get = async () => (await ask(c, 'GET', '/live', s.viewer)).json.devices;
  const pick = (d) => [d.parent, d.measures, d.sockets, d.priority, d.never_off, d.estimated_w, d.timer, d.command];
  const list = await get();
  const of = (id) => list.find((d) => d.id === id);
  t.is(pick(of(KETTLE)), [null, true, 0, 5, false, 0, null, null], 'a plug that measures');
  t.is([of(KETTLE).values.power, of(KETTLE).quality, of(KETTLE).fresh_ms], [1803.4, 'ok', 15000], 'with its values');
  t.is(pick(of(STRIP)), [null, false, 2, 2, false, 0, null, null], 'a strip');
  t.is([pick(of(LAMP)), pick(of(ROUTER))], [[STRIP, false, null, 5, false, 0, null, null], [STRIP, false, null, 1, true, 12, null, null]], 'its sockets');
  t.is(pick(of(NEVER)), [null, null, null, 5, false, 0, null, null], 'one that was never seen');
  t.is([of(1).parent, 'measures' in of(1), 'priority' in of(1), 'timer' in of(1)], [null, false, false, false], 'a pack has a parent, which is null, and no more of this');
  for (const path of ['/devices', `/devices/${ROUTER}`]) {
    const { json } = await ask(c, 'GET', path, s.viewer);
    t.is(pick(json.devices ? json.devices.find((d) => d.id === ROUTER) : json), [STRIP, false, null, 1, true, 12, null, null], `the same in ${path}`);
  }
  t.is((await ask(c, 'GET', `/devices/${KETTLE}`, s.viewer)).json.link.mac, '9C5322000001', 'the link as the collector wrote it');
  config(s, `UPDATE device SET enabled = 0 WHERE id = ${KETTLE}`);
  t.is(pick((await get()).find((d) => d.id === KETTLE)).slice(0, 3), [null, null, null], 'of a disabled one nothing is known');
}

async function plug_etag(t, c, s) {
  let tag = (await ask(c, 'GET', '/live', s.viewer)).headers.etag;
  const see = async (fresh, name) => {
    const r = await c.ask('GET', '/api/v1/live', { cookie: s.viewer, headers: { 'If-None-Match': tag } });
    t.is(r.status, fresh ? 200 : 304, name);
    tag = r.headers.etag;
    return (r.json?.devices || []).find((d) => d.id === KETTLE);
  };
  await see(false, 'nothing new at first');
  let r = await ask(c, 'POST', '/timers', s.operator, { device: KETTLE, action: 'off', in_s: 3600 });
  const { id } = r.json;
  t.is((await see(true, 'a timer came'))?.timer, { id, action: 'off', at_ms: r.json.at_ms, by: 'user' }, 'and is shown');
  await see(false, 'nothing new');
  await ask(c, 'POST', '/timers', s.operator, { device: KETTLE, action: 'on', in_s: 7200 });
  await see(false, 'a later one is not shown');
  const soon = Date.now() + 60000;
  r = await ask(c, 'POST', '/timers', s.operator, { device: KETTLE, action: 'on', at_ms: soon });
  t.is((await see(true, 'a sooner one is'))?.timer, { id: r.json.id, action: 'on', at_ms: soon, by: 'user' }, 'the soonest');
  await ask(c, 'DELETE', `/timers/${r.json.id}`, s.operator);
  t.is((await see(true, 'it was cancelled'))?.timer.id, id, 'then the next');
  const put = (state, expires_ms) => config(s, `INSERT INTO command (device, action, by, who, created_ms, expires_ms, state) VALUES (${KETTLE}, 'on', 'user', 'olena', ${Date.now()}, ${expires_ms}, '${state}') RETURNING id`);
  const command = Number(put('pending', Date.now() + 1200));
  t.is((await see(true, 'a command came'))?.command, { id: command, action: 'on' }, 'and is shown');
  await see(false, 'nothing new');
  await sleep(1300);
  t.is((await see(true, 'it expired'))?.command, null, 'and is gone');
  config(s, `UPDATE command SET state = 'claimed' WHERE id = ${command}`);
  t.is((await see(true, 'one is claimed'))?.command?.id, command, 'which does not expire');
  config(s, `UPDATE command SET state = 'done' WHERE id = ${command}`);
  t.is((await see(true, 'it ended'))?.command, null, 'and is gone');
}

async function plug_account(t, c, s) {
  const texts = [];
  const say = async (...args) => {
    const r = await ask(c, ...args);
    texts.push(r.text, JSON.stringify(r.headers));
    return r;
  };
  const put = (body) => say('PUT', '/accounts/tapo', s.admin, { user: USER, password: SECRET, ...body });
  s.beat();
  t.is((await say('GET', '/accounts', s.viewer)).json, { accounts: [{ kind: 'tapo', set: false, set_ms: null }] }, 'no account at first');
  for (const [body, says] of [
    [{ user: '' }, 'user must have 3 to 200'], [{ user: 'ab' }, 'user must have 3'], [{ user: 'olena' }, 'the e-mail address'], [{ user: '@x.y' }, 'the e-mail address'], [{ user: 'olena@' }, 'the e-mail address'], [{ user: 'o k@x.y' }, 'the e-mail address'],
    [{ user: 'o\n@x.y' }, 'control characters'], [{ user: `${'я'.repeat(150)}@x.y` }, 'user must have at most 256 bytes'], [{ user: 'x'.repeat(201) }, 'user must have 3 to 200'], [{ password: '' }, 'password must have 1 to 128'],
    [{ password: 'x'.repeat(129) }, 'password must have 1 to 128'], [{ password: '🔋'.repeat(65) }, 'password must have at most 256 bytes'], [{ password: `${SECRET}\n` }, 'control characters'], [{ password: 7 }, 'password must be text'],
    [{ address: 'tapo://8.8.8.8' }, "no address of a home's network"], [{ address: 'socket:6/1' }, 'begins with tapo://'], [{ address: '192.168.7.20' }, 'begins with tapo://'], [{ untested: 'yes' }, 'untested must be true or false'], [{ kind: 'kasa' }, 'no parameter "kind"'],
  ]) {
    const r = await put(body);
    t.problem(r, 400, 'bad_parameter', `refused: ${JSON.stringify(body).slice(0, 60)}`);
    t.ok(r.json?.detail.includes(says), `and told: ${says}`, r.json?.detail);
  }
  t.problem(await say('PUT', '/accounts/tapo', s.admin, { user: USER }), 400, 'bad_parameter', 'without a password');
  t.problem(await say('PUT', '/accounts/tapo', s.admin, `{"user":"${USER}","password":${SECRET}}`), 400, 'bad_parameter', 'broken JSON');
  t.problem(await say('PUT', '/accounts/kasa', s.admin, { user: USER, password: SECRET }), 404, 'not_found', 'an account of another kind');
  t.is(config(s, 'SELECT count(*) FROM job'), '0', 'none of them became a job');

  const args = () => JSON.parse(config(s, 'SELECT args FROM job ORDER BY id DESC LIMIT 1'));
  let r = await put({});
  t.is([r.status, r.json?.kind, r.json?.state, r.json?.user, 'args' in (r.json || {})], [202, 'account', 'queued', 'owner', false], 'it is to be tried');
  const one = args();
  t.is([Object.keys(one).sort(), one.kind, one.address, one.untested], [['address', 'kind', 'password', 'untested', 'user'], 'tapo', '', false], 'at a plug that is configured');
  t.is([open(s.key, one.user, SEALED('user')), open(s.key, one.password, SEALED('password'))], [USER, SECRET], 'the collector can read it');
  let moved = '';
  try {
    moved = open(s.key, one.password, SEALED('user'));
  } catch { /* as it should */ }
  t.is(moved, '', 'but not the one as the other');
  r = await put({});
  t.problem(r, 409, 'running', 'one at a time');
  t.is(config(s, "SELECT args ->> 'transport' IS NULL FROM job WHERE id = 1"), '1', 'nobody has allowed an old protocol');
  t.is([r.json?.job, r.json?.detail], [1, 'job 1 is trying an account already'], 'it names the one');
  sql(s.file('live'), `INSERT INTO job_state VALUES (1, 'account', NULL, 'failed', 1, 2, 1, 'the password is wrong', '{"reason":"wrong_password"}')`);
  r = await say('GET', '/jobs/1', s.viewer);
  t.is([r.json?.state, r.json?.text, r.json?.result], ['failed', 'the password is wrong', { reason: 'wrong_password' }], 'what came of it');
  r = await put({ address: 'TAPO://192.168.7.20:80', untested: true, password: '🔋'.repeat(64) });
  t.is([r.status, args().address, args().untested, open(s.key, args().password, SEALED('password'))], [202, 'tapo://192.168.7.20', true, '🔋'.repeat(64)], 'at this plug, or untested');
  t.is(config(s, 'SELECT args FROM job WHERE id = 1'), '{}', 'what was sealed for the one before is gone');

  config(s, `INSERT INTO account VALUES ('tapo', x'01', x'02', 1790000000000)`);
  t.is((await say('GET', '/accounts', s.viewer)).json, { accounts: [{ kind: 'tapo', set: true, set_ms: 1790000000000 }] }, 'there is one, and since when');
  r = await say('DELETE', '/accounts/tapo', s.admin);
  t.is([r.status, r.text, config(s, 'SELECT count(*) FROM account'), config(s, 'SELECT args, cancelled FROM job WHERE id = 2')], [204, '', '0', '{}|1'], 'forgotten, also by the job that would have kept it');
  t.is((await say('DELETE', '/accounts/tapo', s.admin)).status, 204, 'nothing to forget is as good');
  t.is((await say('GET', '/jobs/2', s.viewer)).json?.state, 'cancelled', 'the job says so');
  config(s, "UPDATE setting SET value = 'nonsense'");
  t.problem(await put({}), 503, 'not_ready', 'a damaged key');
  config(s, 'DELETE FROM setting');
  r = await put({});
  t.problem(r, 503, 'not_ready', 'no key yet');
  t.ok(r.json?.detail.includes('the account cannot be kept yet: the collector has not made its key') && r.headers['retry-after'] === '5', 'it says why', r.json?.detail);
  for (const path of ['/live', '/devices', '/status']) await say('GET', path, s.admin);
  const answers = [...texts];
  for (const log of ['nginx', 'spawn-fcgi']) texts.push(s.log(log));
  for (const f of fs.readdirSync(s.dir).filter((n) => n.includes('.db'))) texts.push(fs.readFileSync(`${s.dir}/${f}`, 'utf8'));
  t.is(texts.filter((x) => x.includes(SECRET) || x.includes(USER) || x.includes('hunter2')).length, 0, `neither name nor password is in any of ${texts.length} answers, logs and files`);
  const blobs = [one.user, one.password];
  t.is(answers.filter((x) => blobs.some((b) => x.includes(b))).length, 0, 'nor what is sealed in an answer');
}

async function plug_command(t, c, s) {
  const post = async (body, cookie = s.operator) => {
    const from = Date.now();
    return { ...(await ask(c, 'POST', '/commands', cookie, body)), ms: Date.now() - from };
  };
  // what came of it, as the page asks
  const ended = async (r, open = ['pending', 'claimed']) => {
    let now = r;
    for (let i = 0; i < 200 && open.includes(now.json?.state); i++) {
      await sleep(20);
      now = await ask(c, 'GET', `/commands/${r.json.id}`, s.viewer);
    }
    return now;
  };
  for (const [body, says] of [
    [{ action: 'on' }, 'device is missing'], [{ device: KETTLE }, 'action is missing'], [{ device: KETTLE, action: 'toggle' }, 'action must be one of: on off'], [{ device: KETTLE, action: 'off', for_s: 60 }, 'for_s is only for an on'],
    [{ device: KETTLE, action: 'on', for_s: 9 }, 'for_s must be from 10 to 86400'], [{ device: KETTLE, action: 'on', for_s: 86401 }, 'for_s must be from 10'], [{ device: 'x', action: 'on' }, 'device must be a whole number'], [{ device: 0, action: 'on' }, 'device must be from 1'],
    [{ device: KETTLE, action: 'on', confirm: 'yes' }, 'confirm must be true or false'], [{ device: KETTLE, action: 'on', who: 'me' }, 'no parameter "who"'],
  ]) await refused(t, c, s, 'POST', '/commands', [[body, says]]);
  t.problem(await post({ device: 99, action: 'on' }), 404, 'not_found', 'a device that is not there');
  t.problem(await post({ device: 1, action: 'on' }), 409, 'not_switchable', 'a pack is no plug');
  let r = await post({ device: STRIP, action: 'off' });
  t.problem(r, 409, 'not_switchable', 'nor is a strip');
  t.ok(r.json?.detail.includes('switch its sockets'), 'but its sockets', r.json?.detail);
  config(s, `UPDATE device SET parent = NULL WHERE parent = ${STRIP}`);
  t.problem(await post({ device: STRIP, action: 'off' }), 409, 'not_switchable', 'the collector says that it has some');
  config(s, `UPDATE device SET parent = ${STRIP} WHERE kind = 'tapo-socket'`);
  sql(s.file('live'), `UPDATE live SET link = '{}' WHERE device = ${STRIP}`);
  t.problem(await post({ device: STRIP, action: 'off' }), 409, 'not_switchable', 'or they are configured');
  t.is(config(s, 'SELECT count(*) FROM command'), '0', 'none of them is an order');

  // nobody does it
  s.beat();
  r = await post({ device: KETTLE, action: 'on', for_s: 1800 });
  const created = r.json?.created_ms;
  t.is([r.status, { ...r.json, created_ms: 0 }], [202, { id: 1, device: KETTLE, action: 'on', for_s: 1800, by: 'user', who: 'olena', state: 'pending', created_ms: 0, claimed_ms: null, ended_ms: null, on: null, code: null, text: null }],
    'nobody does it: 202');
  t.ok(r.ms < 1500 && near(created, Date.now()), 'without waiting for anybody', r.ms);
  t.is(config(s, 'SELECT confirmed, expires_ms - created_ms, state FROM command'), '0|10000|pending', 'it stays for ten');
  config(s, 'UPDATE command SET expires_ms = created_ms');
  r = await ask(c, 'GET', '/commands/1', s.viewer);
  t.is([r.status, r.json?.state, r.json?.code, r.json?.ended_ms, r.json?.text], [200, 'expired', null, created, 'svitlo did not begin it in time: nothing was sent'], 'then it is shown as expired');
  t.is(config(s, 'SELECT state FROM command'), 'pending', 'which is for the collector to write');
  for (const id of ['9', '0', 'x', '1x']) t.problem(await ask(c, 'GET', `/commands/${id}`, s.viewer), 404, 'not_found', `command ${id} is not there`);

  // a collector that hears the bell
  let done = (now) => `UPDATE command SET state = 'done', claimed_ms = ${now - 5}, ended_ms = ${now}, is_on = action = 'on' WHERE state = 'pending'`;
  const b = await bell(s, () => config(s, done(Date.now())));
  s.beat();
  r = await post({ device: LAMP, action: 'on' });
  t.is([r.status, r.json?.device], [202, LAMP], 'it is begun');
  r = await ended(r);
  t.is([r.status, r.json?.state, r.json?.on, r.json?.device, r.json?.code], [200, 'done', true, LAMP, null], 'and done');
  t.ok(r.json?.claimed_ms && r.json.ended_ms >= r.json.claimed_ms, 'who asks for it sees when', r.json);
  t.is(b.rings, ['c'], 'for the bell was rung, with one letter');
  r = await post({ device: ROUTER, action: 'on', for_s: 60 });
  t.is([r.status, r.json?.code], [409, 'never_off'], 'nor may what is never to be off be on for so long');
  r = await ended(await post({ device: ROUTER, action: 'off', confirm: true }));
  t.is([r.json?.on, config(s, `SELECT confirmed, who, by FROM command WHERE id = ${r.json?.id}`)], [false, '1|olena|user'], 'one that was confirmed');
  done = (now) => `UPDATE command SET state = 'failed', ended_ms = ${now}, code = 'never_off', text = 'confirm it' WHERE state = 'pending'`;
  r = await ended(await post({ device: ROUTER, action: 'off' }));
  t.is([r.json?.state, r.json?.code, r.json?.text, r.json?.on], ['failed', 'never_off', 'confirm it', null], 'one that was refused, and why');
  done = (now) => `UPDATE command SET state = 'claimed', claimed_ms = ${now} WHERE state = 'pending'`;
  s.beat();
  const slow = await ended(await post({ device: KETTLE, action: 'off' }), ['pending']);
  t.is(slow.json?.state, 'claimed', 'one that takes longer');
  const live = await ask(c, 'GET', '/live', s.viewer);
  t.is([live.status, live.json.devices.find((d) => d.id === KETTLE).command], [200, { id: slow.json.id, action: 'off' }], 'meanwhile others see it under way');
  done = () => 'SELECT 1';
  const waits = (n) => config(s, `WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ${n}) INSERT INTO command (device, action, by, who, created_ms, expires_ms) SELECT ${LAMP}, 'on', 'user', 'x', 1, 32503680000000 FROM k`);
  waits(20);
  r = await post({ device: LAMP, action: 'on' });
  t.problem(r, 429, 'too_many', 'twenty that wait are enough');
  t.is([r.headers['retry-after'], config(s, `SELECT count(*) FROM command WHERE device = ${LAMP} AND state = 'pending'`)], ['5', '20'], 'and there is no more');
  config(s, `UPDATE command SET expires_ms = 5 WHERE device = ${LAMP}`);
  done = (now) => `UPDATE command SET state = 'done', ended_ms = ${now} WHERE state = 'pending' AND created_ms > 1`;
  s.beat();
  t.is((await ended(await post({ device: LAMP, action: 'on' }))).json?.state, 'done', 'those that expired do not count');
  for (const pid of s.worker_pids()) t.ok(!fs.readdirSync(`/proc/${pid}/fd`).some((f) => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${f}`).startsWith('socket:') && Number(f) > 2;
    } catch {
      return false;
    }
  }), 'no worker keeps the bell in its hand');
}

async function plug_stopped(t, c, s) {
  const b = await bell(s);
  const post = (device, action) => ask(c, 'POST', '/commands', s.operator, { device, action });
  const stopped = async (name) => {
    const from = Date.now();
    const r = await post(KETTLE, 'on');
    t.is([r.status, r.json?.state, r.json?.code, r.json?.text, r.json?.claimed_ms, r.json?.ended_ms === r.json?.created_ms, r.json?.on],
      [200, 'failed', 'collector_stopped', 'the collector is not running: nothing was sent', null, true, null], name);
    t.ok(Date.now() - from < 1000, 'without waiting', Date.now() - from);
    t.is(config(s, `SELECT state FROM command WHERE id = ${r.json?.id}`), 'failed', 'and nobody will do it later');
  };
  s.beat(7000);
  await stopped('a collector without a beat');
  s.beat();
  sql(s.file('live'), "UPDATE collector SET state = 'stopped'");
  await stopped('one that has stopped');
  ['', '-wal', '-shm'].forEach((end) => fs.rmSync(s.file('live') + end, { force: true }));
  await stopped('none at all');
  t.problem(await post(STRIP, 'on'), 409, 'not_switchable', 'a strip is known as one also then');
  t.is(b.rings, [], 'nobody was rung for');
  t.is((await ask(c, 'POST', '/timers', s.operator, { device: KETTLE, action: 'on', in_s: 60 })).status, 201, 'a timer can wait for it');
}

async function plug_timers(t, c, s) {
  const post = (body, cookie = s.operator) => ask(c, 'POST', '/timers', cookie, body);
  const never = await post({ device: ROUTER, action: 'off', in_s: 60 });
  t.is([never.status, never.json?.code], [409, 'never_off'], 'no timer switches off what is never to be');
  const get = async (query = '') => (await ask(c, 'GET', `/timers${query}`, s.viewer)).json.timers;
  const b = await bell(s);
  const good = { device: KETTLE, action: 'off' };
  t.is(await get(), [], 'none at first');
  const now = Date.now();
  await refused(t, c, s, 'POST', '/timers', [
    [good, 'say either at_ms or in_s'], [{ ...good, in_s: 60, at_ms: now + 60000 }, 'say either at_ms or in_s'], [{ ...good, in_s: 4 }, 'in_s must be from 5 to 31622400'], [{ ...good, in_s: 31622401 }, 'in_s must be from 5'],
    [{ ...good, at_ms: now }, 'at_ms must be at least 2 s from now'], [{ ...good, at_ms: 0 }, 'at_ms must be at least'], [{ ...good, at_ms: now - 60000 }, 'at_ms must be at least'], [{ ...good, at_ms: -1 }, 'at_ms must be from 0'],
    [{ ...good, at_ms: now + 367 * 86400000 }, 'at most 366 days'], [{ ...good, at_ms: 9007199254740991 }, 'at most 366 days'], [{ ...good, at_ms: 'noon' }, 'at_ms must be a whole'], [{ action: 'on', in_s: 60 }, 'device is missing'],
    [{ device: KETTLE, in_s: 60 }, 'action is missing'], [{ ...good, action: 'blink', in_s: 60 }, 'one of: on off'], [{ ...good, in_s: 60, by: 'limit' }, 'no parameter "by"'],
  ]);
  t.problem(await post({ device: 99, action: 'on', in_s: 60 }), 404, 'not_found', 'a device that is not there');
  t.problem(await post({ device: 2, action: 'on', in_s: 60 }), 409, 'not_switchable', 'a pack');
  t.problem(await post({ device: STRIP, action: 'on', in_s: 60 }), 409, 'not_switchable', 'a strip');
  t.is([await get(), b.rings], [[], []], 'none of them is there');

  let r = await post({ ...good, in_s: 31622400 });
  const late = r.json;
  t.is([r.status, { ...late, at_ms: 0, created_ms: 0 }], [201, { id: 1, device: KETTLE, action: 'off', at_ms: 0, by: 'user', who: 'olena', created_ms: 0, tries: 0, text: null }], 'a timer a year from now');
  t.ok(late.at_ms - late.created_ms === 31622400000 && near(late.created_ms, Date.now()), 'counted from now', late);
  const at_ms = Date.now() + 90000;
  r = await post({ device: LAMP, action: 'on', at_ms });
  t.is([r.status, r.json?.id, r.json?.at_ms], [201, 2, at_ms], 'one at a time of the clock');
  await sleep(200);
  t.is(b.rings, ['c', 'c'], 'the collector is told of each');
  config(s, `INSERT INTO timer (id, device, action, at_ms, by, who, created_ms, tries, text) VALUES (7, ${LAMP}, 'off', ${at_ms - 1000}, 'limit', 'olena', 1, 3, 'no answer')`);
  const limit = { id: 7, device: LAMP, action: 'off', at_ms: at_ms - 1000, by: 'limit', who: 'olena', created_ms: 1, tries: 3, text: 'no answer' };
  t.is(await get(), [limit, r.json, late], 'all of them, soonest first');
  t.is([(await get(`?device=${LAMP}`)).map((x) => x.id), await get('?device=77')], [[7, 2], []], 'of a device; of one that never was');
  for (const query of ['device=0', 'device=x', 'before_ms=1']) t.problem(await ask(c, 'GET', `/timers?${query}`, s.viewer), 400, 'bad_parameter', `refused: ${query}`);
  r = await ask(c, 'DELETE', '/timers/7', s.operator);
  t.is([r.status, r.text, (await get()).map((x) => x.id)], [204, '', [2, 1]], 'the end of an on is cancelled: it stays on');
  await sleep(200);
  t.is(b.rings.length, 3, 'the collector is told');
  for (const id of ['7', '0', 'x']) t.problem(await ask(c, 'DELETE', `/timers/${id}`, s.operator), 404, 'not_found', `timer ${id} is not there`);

  config(s, `WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 48) INSERT INTO timer (device, action, at_ms, by, created_ms) SELECT ${KETTLE}, 'on', 9000000000000 + i, 'user', 1 FROM k`);
  t.is((await post({ ...good, in_s: 60 })).status, 201, 'the fiftieth');
  t.problem(await post({ ...good, in_s: 60 }), 429, 'too_many', 'fifty are enough');
  t.is([(await get(`?device=${KETTLE}`)).length, (await post({ device: ROUTER, action: 'on', in_s: 60 })).status], [50, 201], 'of one device');
  await ask(c, 'DELETE', `/devices/${KETTLE}`, s.admin);
  t.is((await get()).map((x) => x.device), [ROUTER, LAMP], 'they go with their device');
}

async function plug_journal(t, c, s) {
  const get = async (query = '') => (await ask(c, 'GET', `/journal${query}`, s.viewer)).json.journal;
  t.is(await get(), [], 'empty at first');
  config(s, `INSERT INTO journal VALUES (1, 1000, ${KETTLE}, 'on', 'user', 'olena', 'done', NULL, NULL, 4), (2, 900, 77, 'off', 'outside', NULL, 'seen', NULL, NULL, NULL),
(3, 3000, ${KETTLE}, 'off', 'timer', '12', 'failed', 'no_answer', 'the plug does not answer', 5), (4, 4000, ${LAMP}, 'off', 'countdown', NULL, 'seen', NULL, NULL, NULL)`);
  t.is((await get()).map((x) => x.id), [4, 3, 2, 1], 'newest first, whatever the clock said');
  t.is((await get())[1], { id: 3, t_ms: 3000, device: KETTLE, action: 'off', by: 'timer', who: '12', result: 'failed', code: 'no_answer', text: 'the plug does not answer', command: 5 }, 'with all that is known');
  t.is((await get('?device=77')), [{ id: 2, t_ms: 900, device: 77, action: 'off', by: 'outside', who: null, result: 'seen', code: null, text: null, command: null }], 'of a device that is gone');
  t.is([(await get(`?device=${KETTLE}`)).map((x) => x.id), (await get('?limit=2')).map((x) => x.id), (await get('?limit=2&before_id=3')).map((x) => x.id), (await get(`?device=${KETTLE}&before_id=3`)).map((x) => x.id)],
    [[3, 1], [4, 3], [2, 1], [1]], 'of a device, so many, and the next');
  config(s, `WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 300) INSERT INTO journal (t_ms, device, action, by, result) SELECT i, ${LAMP}, 'on', 'outside', 'seen' FROM k`);
  t.is([(await get()).length, (await get('?limit=200')).length], [50, 200], 'fifty if not said, two hundred at most');
  for (const query of ['limit=0', 'limit=201', 'device=0', 'before_id=0', 'before_id=x', 'before_ms=1']) t.problem(await ask(c, 'GET', `/journal?${query}`, s.viewer), 400, 'bad_parameter', `refused: ${query}`);
  for (const method of ['POST', 'DELETE', 'PATCH']) t.problem(await ask(c, method, '/journal', s.admin, method === 'DELETE' ? undefined : {}), 405, 'method_not_allowed', `nobody may ${method} it`);
}

async function plug_probe(t, c, s) {
  await refused(t, c, s, 'POST', '/probes', [[{ address: 'tapo://kettle' }, 'is no IP address'], [{ address: 'tapo://9.9.9.9' }, "no address of a home's network"], [{ address: 'tapo://192.168.7.20/x' }, 'written :80'], [{ address: 'socket:6/1' }, ''], [{ address: 'tapo://192.168.7.20', transport: 'rot13' }, 'transport']]);
  t.is(config(s, 'SELECT count(*) FROM job'), '0', 'none of them became a job');
  for (const address of ['tapo://192.168.7.20', 'tapo://[fd00::1]', '192.168.7.20']) {
    const r = await ask(c, 'POST', '/probes', s.admin, { address });
    t.is([r.status, r.json?.kind, config(s, 'SELECT args FROM job ORDER BY id DESC LIMIT 1')], [202, 'probe', JSON.stringify({ address })], `a probe of ${address}`);
  }
  const word = { address: 'tapo://192.168.7.20', transport: 'aes' };
  await ask(c, 'POST', '/probes', s.admin, word);
  t.is(config(s, 'SELECT args FROM job ORDER BY id DESC LIMIT 1'), JSON.stringify(word), "the owner's word for an old protocol goes with it");
  for (let n = 5; n <= 12; n++) await ask(c, 'POST', '/probes', s.admin, { address: `tapo://192.168.7.${n}` });
  t.is(config(s, "SELECT count(*) FROM job WHERE kind = 'probe'"), '12', 'many may wait beside each other');
}

const cases = { plug_levels, plug_add, plug_live, plug_etag, plug_account, plug_command, plug_stopped, plug_timers, plug_journal, plug_probe };
module.exports = Object.fromEntries(Object.entries(cases).map(([k, run]) => [k, { setup, run }]));
