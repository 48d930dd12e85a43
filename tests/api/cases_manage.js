// Devices added, changed, moved, let go and removed; jobs and events.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const { execFileSync } = require('node:child_process');
const { sql, quote, unlimited } = require('./stack.js');

const PIN = '73519048';
const NEW = 'C8:47:80:12:34:56';

// The collector's key: what seals a PIN is public.
function key() {
  const pair = crypto.generateKeyPairSync('x25519');
  return { ...pair, text: pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex') };
}

// Opens as svitlo/seal.h says, with code of its own.
function open(pair, blob, context) {
  const raw = Buffer.from(blob, 'hex'), theirs = raw.subarray(1, 33);
  const der = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), theirs]);
  const shared = crypto.diffieHellman({ privateKey: pair.privateKey, publicKey: crypto.createPublicKey({ key: der, format: 'der', type: 'spki' }) });
  const salt = Buffer.concat([theirs, Buffer.from(pair.text, 'hex')]);
  const once = Buffer.from(crypto.hkdfSync('sha256', shared, salt, 'svitlo seal 1', 44));
  const gcm = crypto.createDecipheriv('aes-256-gcm', once.subarray(0, 32), once.subarray(32));
  gcm.setAAD(Buffer.from(context)).setAuthTag(raw.subarray(-16));
  return Buffer.concat([gcm.update(raw.subarray(33, -16)), gcm.final()]).toString();
}

async function setup(s) {
  s.config();
  s.history();
  s.live();
  s.key = key();
  sql(s.file('config'), `INSERT INTO setting VALUES ('seal.public', '${s.key.text}')`);
  s.admin = s.session('owner', 4);
  s.operator = s.session('olena', 3);
  s.viewer = s.session('guest', 2);
  await s.start({ nginx: (conf) => unlimited(conf).replaceAll('fastcgi_cache svitlo_live', '#') });
}

const ask = (c, method, path, cookie, body) => c.ask(method, `/api/v1${path}`, { cookie, body });
const config = (s, text) => sql(s.file('config'), text);
const live = (s, text) => sql(s.file('live'), text);
const order = async (c, s) => (await ask(c, 'GET', '/devices', s.admin)).json.devices.map((d) => d.id);

async function manage_levels(t, c, s) {
  const device = { name: 'x', address: NEW };
  const rows = [
    ['POST', '/devices', 'admin', device], ['PATCH', '/devices/1', 'admin', { name: 'x' }], ['DELETE', '/devices/1', 'admin'],
    ['POST', '/devices/1/captures', 'admin', {}], ['DELETE', '/jobs/1', 'admin'], ['GET', '/jobs/1/file', 'admin'], ['POST', '/scans', 'admin', {}],
    ['POST', '/devices/1/connect', 'operator', {}], ['POST', '/devices/1/release', 'operator', {}],
    ['GET', '/bluetooth', 'viewer'], ['GET', '/events', 'viewer'], ['GET', '/jobs/1', 'viewer'],
  ];
  const before = config(s, 'SELECT * FROM device; SELECT * FROM job; SELECT * FROM secret');
  for (const [method, path, level, body] of rows) {
    t.problem(await ask(c, method, path, undefined, body), 401, 'unauthenticated', `${method} ${path} needs a session`);
    if (level !== 'viewer') t.problem(await ask(c, method, path, s.viewer, body), 403, 'forbidden', `${method} ${path} is not for viewers`);
    if (level === 'admin') t.problem(await ask(c, method, path, s.operator, body), 403, 'forbidden', `${method} ${path} is not for operators`);
    const evil = await c.ask(method, `/api/v1${path}`, { cookie: s.admin, body, headers: { Origin: 'https://evil.example' } });
    if (method !== 'GET') t.problem(evil, 403, 'forbidden', `${method} ${path} is not for other sites`);
  }
  t.is(config(s, 'SELECT * FROM device; SELECT * FROM job; SELECT * FROM secret'), before, 'nothing was changed by any of them');
}

async function manage_add(t, c, s) {
  let r = await ask(c, 'POST', '/devices', s.admin, { name: 'Новий', address: NEW.toLowerCase() });
  t.is([r.status, r.json?.id, r.json?.kind, r.json?.name, r.json?.address, r.json?.enabled, r.json?.position, r.json?.state],
    [201, 5, 'jk-bms', 'Новий', NEW, true, 4, 'searching'], 'added, with its address as BlueZ writes it, at the end');
  t.is([r.json?.options, r.json?.has_pin, r.json?.until_ms, r.json?.outages, r.json?.link, r.json?.values],
    [{ notify: 'auto', adapter: '' }, false, null, { count: 0, lost_ms: 0, last: null }, null, {}], 'with all fields of a device');
  t.is(config(s, 'SELECT options FROM device WHERE id = 5'), '{}', 'what goes without saying is not stored');
  r = await ask(c, 'POST', '/devices', s.admin, { name: 'Again', address: NEW });
  t.problem(r, 409, 'exists', 'the same address again');
  t.is([r.json?.device, r.json?.detail], [5, '"Новий" (device 5) has this address already'], 'it names the one that has it');
  r = await ask(c, 'POST', '/devices', s.admin, { kind: 'jk-bms', name: 'B', address: 'C8:47:80:12:34:57', notify: 'fd', adapter: 'hci1', pin: PIN });
  t.is([r.status, r.json?.options, r.json?.has_pin], [201, { notify: 'fd', adapter: 'hci1' }, true], 'added with options and a PIN');
  r = await ask(c, 'POST', '/devices', s.admin, { name: 'Replay', address: 'capture:/var/tmp/a b.cap' });
  t.is([r.status, r.json?.address], [201, 'capture:/var/tmp/a b.cap'], 'a capture as a device');

  const good = { name: 'x', address: 'C8:47:80:99:99:99' };
  const rows = [
    [{ ...good, name: '' }, 'name must have 1 to 64'], [{ ...good, name: 'x'.repeat(65) }, 'name must have 1 to 64'], [{ ...good, name: '   ' }, 'blank'],
    [{ ...good, name: 'a\tb' }, 'name must not have control'], [{ name: 'x' }, 'address is missing'], [{ address: NEW }, 'name is missing'],
    [{ ...good, address: 'C8:47:80:12:34' }, 'like C8:47'], [{ ...good, address: 'C8:47:80:12:34:5G' }, 'like C8:47'], [{ ...good, address: 'C8-47-80-12-34-56' }, 'like C8:47'],
    [{ ...good, address: `${NEW} ` }, 'like C8:47'], [{ ...good, address: '00:00:00:00:00:00' }, 'like C8:47'], [{ ...good, address: 'ff:ff:ff:ff:ff:ff' }, 'like C8:47'],
    [{ ...good, address: 'capture:' }, 'whole path'], [{ ...good, address: 'capture:a.cap' }, 'whole path'], [{ ...good, address: 'capture:/' }, 'whole path'],
    [{ ...good, address: `capture:/${'я'.repeat(400)}` }, '512 bytes'],
    [{ ...good, kind: 'toaster' }, 'kind must be one of: jk-bms'], [{ ...good, notify: 'smoke' }, 'notify must be one of: auto fd signal'],
    [{ ...good, adapter: 'eth0' }, 'adapter must be a name like hci0'], [{ ...good, adapter: 'hci' }, 'adapter'], [{ ...good, adapter: 'hci1234' }, 'adapter'], [{ ...good, adapter: 'hci0/..' }, 'adapter'],
    [{ ...good, pin: '123' }, 'pin must be 4 to 16'], [{ ...good, pin: '12345678901234567' }, 'pin must have 0 to 16'], [{ ...good, pin: '12 34' }, 'pin must be'], [{ ...good, pin: 'пінкод' }, 'pin must be'],
    [{ ...good, pin: 1234 }, 'pin must be text'], [{ ...good, id: 7 }, 'no parameter "id"'], [{ ...good, enabled: true }, 'no parameter "enabled"'],
  ];
  const count = config(s, 'SELECT count(*) FROM device');
  for (const [body, says] of rows) {
    r = await ask(c, 'POST', '/devices', s.admin, body);
    t.problem(r, 400, 'bad_parameter', `refused: ${JSON.stringify(body).slice(0, 80)}`);
    t.ok(r.json?.detail.includes(says), `and told: ${says}`, r.json?.detail);
  }
  t.is(config(s, 'SELECT count(*) FROM device'), count, 'none of them is there');
}

// A house of as many devices as svitlo takes: whole everywhere, and one more is refused.
async function manage_limit(t, c, s) {
  const now = Math.floor(Date.now() / 60000) * 60 - 3600;
  config(s, `WITH RECURSIVE n (i) AS (SELECT 5 UNION ALL SELECT i + 1 FROM n WHERE i < 256)
INSERT INTO device (kind, name, address, position, created_ms) SELECT 'jk-bms', 'Pack ' || i, 'limit ' || i, i, 1 FROM n`);
  let r = await ask(c, 'POST', '/devices', s.admin, { name: 'One more', address: 'C8:47:80:99:99:99' });
  t.problem(r, 409, 'device_limit', 'the 257th device is refused');
  t.is(r.json?.detail, 'there are 256 devices, svitlo takes no more; remove one first', 'and told why, and what to do');
  t.is((await ask(c, 'GET', '/devices', s.admin)).json?.devices.length, 256, 'all 256 are listed');
  t.is((await ask(c, 'GET', '/live', s.viewer)).json?.devices.length, 256, 'all 256 are live');
  sql(s.file('history'), `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 256)
INSERT INTO battery_1min (device, t, covered_s, quality, voltage_mv) SELECT i, ${now}, 60, 0, 53000 FROM n;
UPDATE rollup SET until = ${now + 120}`);
  r = await c.get(`/api/v1/export.csv?kind=battery&tier=1min&from_ms=${now * 1000}&to_ms=${(now + 60) * 1000}`, s.viewer);
  t.is([r.status, new Set(r.text.split('\r\n').slice(1, -1).map((l) => l.split(',')[1])).size], [200, 256], 'the export has all 256');
  config(s, 'DELETE FROM device WHERE id > 4');
}

async function manage_change(t, c, s) {
  config(s, `UPDATE device SET options = '{"notify":"fd","speed":4}' WHERE id = 1`);
  let r = await ask(c, 'PATCH', '/devices/1', s.admin, { name: '🔋'.repeat(63) });
  t.is([r.status, r.json?.name, r.json?.options], [200, '🔋'.repeat(63), { notify: 'fd', speed: 4, adapter: '' }], 'renamed');
  r = await ask(c, 'PATCH', '/devices/1', s.admin, { adapter: 'hci1' });
  t.is([r.json?.options, r.json?.name.length], [{ notify: 'fd', speed: 4, adapter: 'hci1' }, 126], 'another adapter; other options are kept');
  await ask(c, 'PATCH', '/devices/1', s.admin, { adapter: '', notify: 'fd', name: 'P' });
  t.is(config(s, 'SELECT options FROM device WHERE id = 1'), '{"notify":"fd","speed":4,"adapter":""}', 'the adapter of svitlo\'s choice');
  const before = config(s, 'SELECT options FROM device WHERE id = 4');
  r = await ask(c, 'PATCH', '/devices/4', s.admin, { notify: 'auto', adapter: '', enabled: true });
  t.is([r.status, config(s, 'SELECT options FROM device WHERE id = 4')], [200, before], 'nothing new leaves the options as they stand');
  r = await ask(c, 'PATCH', '/devices/1', s.admin, { enabled: false });
  t.is([r.json?.enabled, r.json?.state, r.json?.until_ms, r.json?.link], [false, 'disabled', null, null], 'disabled');
  r = await ask(c, 'PATCH', '/devices/1', s.admin, { enabled: true });
  t.is([r.json?.enabled, r.json?.state], [true, 'live'], 'enabled again');

  for (const [body, says] of [[{}, 'nothing to change'], [{ enabled: 1 }, 'enabled must be true or false'], [{ position: 0 }, 'position must be from 1'], [{ address: NEW }, 'no parameter "address"'],
    [{ name: ' ' }, 'blank'], [{ name: null }, 'name must be text'], [{ notify: 'x' }, 'one of: auto fd signal'], [{ name: 'ok', pin: '1' }, 'pin must be']]) {
    r = await ask(c, 'PATCH', '/devices/1', s.admin, body);
    t.problem(r, 400, 'bad_parameter', `refused: ${JSON.stringify(body)}`);
    t.ok(r.json?.detail.includes(says), `and told: ${says}`, r.json?.detail);
  }
  t.is(config(s, 'SELECT name FROM device WHERE id = 1'), 'P', 'a refused change changes nothing');
  t.problem(await ask(c, 'PATCH', '/devices/1', s.admin), 400, 'bad_parameter', 'a change without a body');
  t.problem(await ask(c, 'PATCH', '/devices/9', s.admin, { name: 'x' }), 404, 'not_found', 'a device that is not there');
  t.problem(await ask(c, 'PATCH', '/devices/9', s.admin, { pin: PIN }), 404, 'not_found', 'nor does it get a PIN');
  t.is(config(s, 'SELECT count(*) FROM secret'), '0', 'nothing is kept of it');
}

async function manage_order(t, c, s) {
  t.is(await order(c, s), [2, 1, 3, 4], 'the order at first');
  const rows = [[4, 1, [4, 2, 1, 3]], [4, 2, [2, 4, 1, 3]], [2, 3, [4, 1, 2, 3]], [3, 3, [4, 1, 3, 2]], [4, 4, [1, 3, 2, 4]], [1, 1000, [3, 2, 4, 1]], [1, 4, [3, 2, 4, 1]]];
  for (const [id, position, wanted] of rows) {
    const r = await ask(c, 'PATCH', `/devices/${id}`, s.admin, { position });
    t.is([r.status, r.json?.position], [200, Math.min(position, 4)], `device ${id} to place ${position}`);
    t.is(await order(c, s), wanted, 'and the others make room');
    t.is(config(s, 'SELECT group_concat(position) FROM (SELECT position FROM device ORDER BY position)'), '1,2,3,4', 'places without gaps');
  }
  await Promise.all([1, 2, 3, 4].map((id) => ask(c, 'PATCH', `/devices/${id}`, s.admin, { position: 1 })));
  t.is(config(s, 'SELECT group_concat(position) FROM (SELECT position FROM device ORDER BY position)'), '1,2,3,4', 'four at once, too');
  t.is(config(s, 'SELECT enabled FROM device WHERE id = 3'), '0', 'a disabled one stays disabled');
}

async function manage_pin(t, c, s) {
  const texts = [];
  const say = async (...args) => {
    const r = await ask(c, ...args);
    texts.push(r.text, JSON.stringify(r.headers));
    return r;
  };
  let r = await say('PATCH', '/devices/1', s.admin, { pin: PIN });
  t.is([r.status, r.json?.has_pin], [200, true], 'a PIN is set');
  const blob = () => config(s, "SELECT hex(sealed) FROM secret WHERE device = 1 AND name = 'pin'");
  const first = blob();
  t.is(open(s.key, first, 'device:1:pin'), PIN, 'the collector can read it');
  let moved = '';
  try {
    moved = open(s.key, first, 'device:2:pin');
  } catch { /* as it should */ }
  t.is(moved, '', 'but not as that of another device');
  await say('PATCH', '/devices/1', s.admin, { pin: PIN });
  t.ok(blob() !== first && blob().length === first.length, 'sealed anew each time');
  t.is((await say('GET', '/devices', s.viewer)).json.devices.map((d) => d.has_pin), [false, true, false, false], 'the list tells who has one');
  await say('GET', '/devices/1', s.admin);
  await say('GET', '/live', s.admin);
  r = await say('PATCH', '/devices/1', s.admin, { pin: '' });
  t.is([r.json?.has_pin, config(s, 'SELECT count(*) FROM secret')], [false, '0'], 'and is removed');
  r = await say('PATCH', '/devices/1', s.admin, { pin: `${PIN}${PIN}${PIN}` });
  t.problem(r, 400, 'bad_parameter', 'too long a PIN');
  config(s, "UPDATE setting SET value = 'nonsense'");
  r = await say('PATCH', '/devices/1', s.admin, { name: 'Half', pin: PIN });
  t.problem(r, 503, 'not_ready', 'a damaged key');
  config(s, 'DELETE FROM setting');
  r = await say('PATCH', '/devices/1', s.admin, { name: 'Half', pin: PIN });
  t.problem(r, 503, 'not_ready', 'no key yet');
  t.ok(r.json?.detail.includes('the collector has not made its key') && r.headers['retry-after'] === '5', 'it says why', r.json?.detail);
  r = await say('POST', '/devices', s.admin, { name: 'Half', address: NEW, pin: PIN });
  t.problem(r, 503, 'not_ready', 'nor for a new device');
  t.is(config(s, "SELECT count(*) FROM device WHERE name = 'Half'"), '0', 'all or nothing');
  for (const log of ['nginx', 'spawn-fcgi']) texts.push(s.log(log));
  for (const f of fs.readdirSync(s.dir).filter((n) => n.includes('.db'))) texts.push(fs.readFileSync(`${s.dir}/${f}`, 'latin1'));
  t.is(texts.filter((x) => x.includes(PIN)).length, 0, `the PIN is in none of ${texts.length} answers, logs and files`);
}

async function manage_remove(t, c, s) {
  config(s, "INSERT INTO secret VALUES (1, 'pin', x'01', 1), (2, 'pin', x'02', 1)");
  t.problem(await ask(c, 'DELETE', '/devices/1?history=burn', s.admin), 400, 'bad_parameter', 'another word for history');
  let r = await ask(c, 'DELETE', '/devices/1?history=keep', s.admin);
  t.is([r.status, r.json], [200, { job: null }], 'removed, history kept');
  r = await ask(c, 'DELETE', '/devices/3', s.admin);
  t.is([r.status, r.json], [200, { job: null }], 'kept is what goes without saying');
  r = await ask(c, 'DELETE', '/devices/2?history=remove', s.admin);
  t.is([r.status, r.json], [200, { job: 1 }], 'removed with its history');
  t.is(config(s, 'SELECT kind, device, args, user, cancelled FROM job'), 'forget|2|{}|owner|0', 'the collector is told');
  t.is(config(s, 'SELECT count(*) FROM secret'), '0', 'the PINs went with them');
  t.problem(await ask(c, 'DELETE', '/devices/1', s.admin), 404, 'not_found', 'removed twice');
  t.problem(await ask(c, 'GET', '/devices/1', s.admin), 404, 'not_found', 'it is not there any more');
  t.is(await order(c, s), [4], 'the others are');
  r = await ask(c, 'POST', '/devices', s.admin, { name: 'Pack 1', address: 'C8:47:80:00:00:01' });
  t.is([r.status, r.json?.id], [201, 5], 'added again it gets a number of its own');
  // the job outlives a restart of the collector, for what it removes must not stay
  const start = Date.now() + 1000;
  live(s, `UPDATE collector SET started_ms = ${start}, beat_ms = ${start}`);
  r = await ask(c, 'GET', '/jobs/1', s.viewer);
  t.is([r.status, r.json?.kind, r.json?.device, r.json?.state], [200, 'forget', 2, 'queued'], 'its job waits, whatever happens');
}

async function manage_release(t, c, s) {
  const near = (ms, wanted) => Math.abs(ms - Date.now() - wanted) < 5000;
  const tag = (await ask(c, 'GET', '/live', s.viewer)).headers.etag;
  live(s, "UPDATE live SET reason = 'silent' WHERE device = 1");
  let r = await ask(c, 'POST', '/devices/1/release', s.operator);
  t.is([r.status, r.json?.state, r.json?.reason], [200, 'released', null], 'let go, without a body');
  t.ok(near(r.json?.until_ms, 300000), 'for five minutes if not said', r.json?.until_ms);
  r = await ask(c, 'POST', '/devices/1/release', s.operator, { seconds: 60 });
  t.ok(near(r.json?.until_ms, 60000), 'or for as long as one says', r.json?.until_ms);
  r = await ask(c, 'GET', '/live', s.viewer);
  const seen = r.json?.devices.find((d) => d.id === 1);
  t.ok(r.headers.etag !== tag && seen?.state === 'released' && seen.until_ms > Date.now(), 'everybody sees it', seen);
  live(s, `UPDATE live SET state = 'released', until_ms = ${seen.until_ms} WHERE device = 1`);
  r = await ask(c, 'POST', '/devices/1/connect', s.operator, {});
  t.is([r.status, r.json?.state, r.json?.until_ms], [200, 'searching', null], 'and taken back');
  const [until, retry] = config(s, 'SELECT released_until_ms, retry_ms FROM device WHERE id = 1').split('|');
  t.ok(until === '' && near(Number(retry), 0), 'the collector is told to try now', [until, retry]);
  for (const seconds of [9, 3601, 1.5, '60', null]) t.problem(await ask(c, 'POST', '/devices/1/release', s.operator, { seconds }), 400, 'bad_parameter', `refused: ${seconds} s`);
  t.problem(await ask(c, 'POST', '/devices/1/connect', s.operator, { now: true }), 400, 'bad_parameter', 'connect takes no parameters');
  for (const verb of ['release', 'connect', 'captures']) t.problem(await ask(c, 'POST', `/devices/9/${verb}`, s.admin), 404, 'not_found', `${verb}: a device that is not there`);
  t.is(config(s, 'SELECT count(*) FROM job'), '0', 'and no job for it');
  const until_ms = Date.now() + 90000;
  live(s, `UPDATE live SET state = 'resting', reason = 'not_seen', until_ms = ${until_ms} WHERE device = 1`);
  r = await ask(c, 'GET', '/devices/1', s.viewer);
  t.is([r.json?.state, r.json?.reason, r.json?.until_ms], ['resting', 'not_seen', until_ms], 'a rest and its end');
}

async function manage_jobs(t, c, s) {
  const job = async (id) => (await ask(c, 'GET', `/jobs/${id}`, s.viewer)).json;
  s.beat();
  let r = await ask(c, 'POST', '/scans', s.admin);
  t.is([r.status, r.json?.id, r.json?.kind, r.json?.device, r.json?.state, r.json?.user, r.json?.started_ms, r.json?.ended_ms, r.json?.progress, r.json?.text, r.json?.result],
    [202, 1, 'scan', null, 'queued', 'owner', null, null, 0, null, null], 'a scan is ordered');
  t.is(config(s, 'SELECT kind, device, args FROM job'), 'scan||{"seconds":12}', 'for twelve seconds if not said');
  r = await ask(c, 'POST', '/scans', s.admin, { seconds: 20 });
  t.problem(r, 409, 'running', 'one at a time');
  t.is([r.json?.job, r.json?.detail], [1, 'job 1 is looking already'], 'it names the one');
  for (const seconds of [4, 61]) t.problem(await ask(c, 'POST', '/scans', s.admin, { seconds }), 400, 'bad_parameter', `refused: ${seconds} s`);

  config(s, 'UPDATE job SET created_ms = created_ms - 11000');
  live(s, `UPDATE collector SET started_ms = started_ms - 60000`);
  t.is((await job(1)).text, 'the collector is running, but has not begun yet', 'after ten seconds it says that nothing happens');
  s.beat(7000);
  t.is((await job(1)).text, 'the collector is not running: start svitlo', 'or that nobody is there to do it');
  s.beat();

  const found = { devices: [{ address: NEW, name: 'JK', rssi: -61, adapter: 'hci0', jk: true, why: ['service'], connected: false, device: null }] };
  const at = Date.now();
  live(s, `INSERT INTO job_state VALUES (1, 'scan', NULL, 'running', ${at}, NULL, 0.4, NULL, ${quote(found)})`);
  let j = await job(1);
  t.is([j.state, j.started_ms, j.progress, j.result], ['running', at, 0.4, found], 'how far it is, and what it found');
  t.problem(await ask(c, 'POST', '/scans', s.admin), 409, 'running', 'while it runs there is no other');
  s.beat(7000);
  t.is([(await job(1)).state, (await job(1)).text], ['running', 'the collector is not running: start svitlo'], 'it says when nobody goes on with it');
  s.beat();
  r = await ask(c, 'DELETE', '/jobs/1', s.admin);
  t.is([r.status, r.json?.state, config(s, 'SELECT cancelled FROM job')], [200, 'running', '1'], 'asked to stop');
  live(s, `UPDATE job_state SET state = 'cancelled', ended_ms = ${at + 5000}, progress = 1`);
  j = await job(1);
  t.is([j.state, j.ended_ms, j.result], ['cancelled', at + 5000, found], 'stopped, with what it found');
  t.problem(await ask(c, 'DELETE', '/jobs/1', s.admin), 409, 'finished', 'and cannot be stopped again');
  r = await ask(c, 'POST', '/scans', s.admin, { seconds: 5 });
  t.is([r.status, r.json?.id], [202, 2], 'then there may be another');
  r = await ask(c, 'DELETE', '/jobs/2', s.admin);
  t.is([r.status, r.json?.state], [200, 'cancelled'], 'one that has not begun is over at once');
  config(s, `UPDATE job SET cancelled = 0 WHERE id = 2`);
  const later = Date.now() + 500;
  live(s, `UPDATE collector SET started_ms = ${later}`);
  t.is([(await job(2)).state, (await job(2)).text], ['failed', 'interrupted: the collector was started anew'], 'a restart interrupts what had not begun');
  live(s, `INSERT INTO job_state VALUES (2, 'scan', NULL, 'running', ${later - 400}, NULL, 0.1, NULL, NULL)`);
  t.is([(await job(2)).state, (await job(2)).result], ['failed', null], 'and what was left running');
  live(s, `UPDATE job_state SET state = 'failed', text = 'no adapter' WHERE id = 2`);
  t.is([(await job(2)).state, (await job(2)).text], ['failed', 'no adapter'], 'why it failed');
  for (const id of ['9', '0', 'x', '1x']) t.problem(await ask(c, 'GET', `/jobs/${id}`, s.viewer), 404, 'not_found', `job ${id} is not there`);
  t.problem(await ask(c, 'DELETE', '/jobs/9', s.admin), 404, 'not_found', 'nor can it be stopped');
  config(s, 'UPDATE job SET cancelled = 1');
  ['', '-wal', '-shm'].forEach((end) => fs.rmSync(s.file('live') + end, { force: true }));
  r = await ask(c, 'POST', '/scans', s.admin);
  t.is([r.status, r.json?.state, r.json?.text], [202, 'queued', 'the collector is not running: start svitlo'], 'without live.db it waits, and says so');
  r = await Promise.all([1, 2, 3, 4].map(() => ask(c, 'POST', '/scans', s.admin)));
  t.is(r.map((x) => [x.status, x.json?.job]), Array(4).fill([409, 3]), 'nor is there a second one then');
}

async function manage_capture(t, c, s) {
  s.beat();
  const size = 16 << 20;
  const file = (id) => `${s.dir}/captures/${id}.cap`;
  const get = (id, method = 'GET') => ask(c, method, `/jobs/${id}/file`, s.admin);
  let r = await ask(c, 'POST', '/devices/1/captures', s.admin);
  t.is([r.status, r.json?.kind, r.json?.device, r.json?.state], [202, 'capture', 1, 'queued'], 'a capture is ordered');
  await ask(c, 'POST', '/devices/2/captures', s.admin, { minutes: 30 });
  t.is(config(s, 'SELECT device, args FROM job'), '1|{"minutes":2}\n2|{"minutes":30}', 'for two minutes if not said');
  for (const minutes of [0, 31]) t.problem(await ask(c, 'POST', '/devices/1/captures', s.admin, { minutes }), 400, 'bad_parameter', `refused: ${minutes} minutes`);
  t.problem(await get(1), 409, 'not_finished', 'nothing to fetch yet');
  const state = (name) => live(s, `INSERT OR REPLACE INTO job_state VALUES (1, 'capture', 1, '${name}', ${Date.now()}, NULL, 1, NULL, '{"pieces":1}')`);
  state('running');
  fs.mkdirSync(`${s.dir}/captures`);
  fs.writeFileSync(file(1), '# svitlo capture 1\n< 55aaeb90\n');
  t.problem(await get(1), 409, 'not_finished', 'nor while it runs');
  for (const done of ['done', 'cancelled', 'failed']) {
    state(done);
    r = await get(1);
    t.is([r.status, r.text, r.headers['content-type'], r.headers['content-disposition'], r.headers['cache-control'], r.headers['content-length']],
      [200, '# svitlo capture 1\n< 55aaeb90\n', 'text/plain; charset=utf-8', 'attachment; filename="svitlo-capture-1.cap"', 'no-store', '30'], `the file, when it is ${done}`);
  }
  r = await get(1, 'HEAD');
  t.is([r.status, r.text, r.headers['content-length']], [200, '', '30'], 'HEAD: its length');

  // a large one; more than nginx keeps in memory
  const big = Buffer.alloc(size, '< 55aaeb90 0123456789\n');
  fs.writeFileSync(file(1), big);
  r = await get(1);
  t.ok(r.status === 200 && r.text.length === size && crypto.createHash('sha256').update(r.text).digest('hex') === crypto.createHash('sha256').update(big).digest('hex'), '16 MB arrive whole', r.text.length);
  t.is((await Promise.all([1, 2, 3, 4].map(() => get(1)))).map((x) => x.text.length), Array(4).fill(size), 'four at a time, too');
  t.is((await ask(c, 'GET', '/health')).status, 200, 'and the workers go on');
  fs.appendFileSync(file(1), 'x');
  t.problem(await get(1), 404, 'not_found', 'what is larger is none of ours');
  fs.rmSync(file(1));
  t.problem(await get(1), 404, 'not_found', 'a file that is gone');
  fs.symlinkSync('/etc/passwd', file(1));
  t.problem(await get(1), 404, 'not_found', 'no link is followed');
  fs.rmSync(file(1));
  fs.mkdirSync(file(1));
  t.problem(await get(1), 404, 'not_found', 'a folder is no file');
  fs.rmdirSync(file(1));
  execFileSync('mkfifo', [file(1)]);
  t.problem(await get(1), 404, 'not_found', 'a pipe is no file, and is not waited for');
  config(s, "INSERT INTO job (id, kind, created_ms) VALUES (7, 'scan', 1)");
  fs.writeFileSync(file(7), 'x');
  for (const id of ['7', '9', '..', '%2e%2e%2fconfig', '1%00', '..%2f..%2fconfig.db'])
    t.ok([400, 404].includes((await get(id)).status), `no file of ${id}`);
  for (const pid of s.worker_pids()) t.ok(!execFileSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' }).includes('.cap'), 'no worker keeps a file open');
}

async function manage_events(t, c, s) {
  const base = Date.now() - 100000;
  const row = (n, device, kind, data) => `(${base + n}, ${device ?? 'NULL'}, '${kind}', ${data ? quote(data) : 'NULL'})`;
  const put = (db, rows) => sql(s.file(db), `INSERT INTO event (t_ms, device, kind, data) VALUES ${rows.join(', ')}`);
  put('history', [row(0, null, 'start'), row(10, 1, 'device_lost', { reason: 'silent', silent_ms: 5 }), row(20, 1, 'device_back', { reason: 'silent', lost_ms: 10, cure: 'ask' }),
    row(30, 2, 'setting_changed', { key: 'cell_ovp_v', old: 3.65, new: 3.7 })]);
  put('live', [row(30, 2, 'setting_changed', { key: 'cell_ovp_v', old: 3.65, new: 3.7 }), row(25, null, 'clock_jump', { by_ms: 5 }), row(40, 1, 'device_lost', { reason: 'link_dropped', detail: 'x', silent_ms: 1 })]);
  const get = async (query = '') => (await ask(c, 'GET', `/events${query}`, s.viewer)).json.events;
  t.is((await get()).map((e) => e.t_ms - base), [40, 30, 25, 20, 10, 0], 'newest first, out of both databases, each once');
  t.is((await get()).slice(0, 2), [{ t_ms: base + 40, device: 1, kind: 'device_lost', data: { reason: 'link_dropped', detail: 'x', silent_ms: 1 } },
    { t_ms: base + 30, device: 2, kind: 'setting_changed', data: { key: 'cell_ovp_v', old: 3.65, new: 3.7 } }], 'with their data');
  t.is((await get()).at(-1), { t_ms: base, device: null, kind: 'start', data: {} }, 'svitlo\'s own have no device');
  t.is((await get('?device=1')).map((e) => e.t_ms - base), [40, 20, 10], 'of a device');
  t.is((await get('?kind=device_lost')).map((e) => e.t_ms - base), [40, 10], 'of a kind');
  t.is((await get(`?device=1&kind=device_back&before_ms=${base + 30}&limit=5`)).map((e) => e.t_ms - base), [20], 'of a device and a kind, before a time');
  t.is((await get('?limit=2')).map((e) => e.t_ms - base), [40, 30], 'so many');
  t.is((await get(`?limit=2&before_ms=${base + 30}`)).map((e) => e.t_ms - base), [25, 20], 'and the next');
  t.is(await get('?device=77'), [], 'none of a device that never was');
  for (const query of ['kind=tea', 'kind=', 'limit=0', 'limit=201', 'device=0', 'device=x', 'before_ms=-1', 'after_ms=1'])
    t.problem(await ask(c, 'GET', `/events?${query}`, s.viewer), 400, 'bad_parameter', `refused: ${query}`);
  put('history', Array.from({ length: 60 }, (_, i) => row(-1000 - i, 2, 'setting_changed', { i })));
  t.is((await get()).length, 50, 'fifty if not said');
  put('live', Array.from({ length: 8 }, (_, i) => row(50, i + 1, 'device_lost', { reason: 'adapter_absent' })));
  t.is((await get('?limit=3')).length, 8, 'those of one millisecond stay together');
  t.is((await get(`?limit=1&before_ms=${base + 50}`)).map((e) => e.t_ms - base), [40], 'so none is missed behind them');

  const o = (await ask(c, 'GET', '/devices/1', s.viewer)).json.outages;
  t.is([o.count, o.last], [3, { t_ms: base + 50, back_ms: null, reason: 'adapter_absent', detail: null, cure: null }], 'a device tells its outages');
  ['history', 'live'].forEach((db) => ['', '-wal', '-shm'].forEach((end) => fs.rmSync(s.file(db) + end, { force: true })));
  t.is(await get(), [], 'no databases, no events');
  t.is((await ask(c, 'GET', '/devices/1', s.viewer)).json.outages, { count: 0, lost_ms: 0, last: null }, 'nor outages');
}

async function manage_bluetooth(t, c, s) {
  const get = async () => (await ask(c, 'GET', '/bluetooth', s.viewer)).json;
  t.is(await get(), { age_ms: null, reason: 'bus_unavailable', detail: null, adapters: [] }, 'nothing said of adapters');
  const body = { reason: null, detail: null, adapters: [{ name: 'hci0', address: NEW, state: 'on', scanning: false, links: 4, power_cycles: 0, last_power_cycle_ms: null }] };
  live(s, `INSERT INTO doc VALUES (0, 'bluetooth', ${Date.now() - 300}, ${quote(body)})`);
  const { age_ms, ...rest } = await get();
  t.ok(age_ms >= 300 && age_ms < 5000, 'its age', age_ms);
  t.is(rest, body, 'the adapters');
  ['', '-wal', '-shm'].forEach((end) => fs.rmSync(s.file('live') + end, { force: true }));
  t.is(await get(), { age_ms: null, reason: 'bus_unavailable', detail: 'the collector is not running', adapters: [] }, 'without live.db');
}

const cases = { manage_levels, manage_add, manage_limit, manage_change, manage_order, manage_pin, manage_remove, manage_release, manage_jobs, manage_capture, manage_events, manage_bluetooth };
module.exports = Object.fromEntries(Object.entries(cases).map(([k, run]) => [k, { setup, run }]));
