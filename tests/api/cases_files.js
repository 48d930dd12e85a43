// What the worker says when its databases are old, gone, replaced, newer or busy.
'use strict';
const fs = require('node:fs');
const { spawn } = require('node:child_process');
const { sql, sleep, PASSWORD } = require('./stack.js');

async function setup(s) {
  s.config();
  s.live();
  s.cookie = s.session('owner', 4);
  await s.start({ nginx: (conf) => conf.replaceAll('fastcgi_cache svitlo_live', '#') });
}

const live = (c, s) => c.get('/api/v1/live', s.cookie);
const remove = (file) => ['', '-wal', '-shm'].forEach((end) => fs.rmSync(file + end, { force: true }));

async function stale(t, c, s) {
  const tag = (await live(c, s)).headers.etag;
  sql(s.file('live'), `UPDATE collector SET beat_ms = ${Date.now() - 7000}`);
  let r = await live(c, s);
  t.is([r.json?.collector.state, r.json?.bank.quality, r.json?.devices.map((d) => d.quality)], ['stopped', 'stale', ['stale', 'stale', 'none', 'none']], 'an old beat makes all stale');
  t.ok(r.headers.etag !== tag, 'growing stale changes the ETag');
  t.is(r.json.devices[1].values.soc, 71, 'stale values are still there');
  t.is((await c.get('/api/v1/health')).json.status, 'degraded', 'health: degraded');
  s.beat();
  sql(s.file('live'), `UPDATE live SET t_ms = ${Date.now() - 11000} WHERE device = 1`);
  r = await live(c, s);
  t.is(r.json?.devices.map((d) => d.quality), ['suspect', 'stale', 'none', 'none'], 'an old reading is stale');
  sql(s.file('live'), `UPDATE live SET t_ms = ${Date.now() + 60000}; UPDATE collector SET problem = 'the disk is full'`);
  r = await live(c, s);
  t.is([r.json?.devices[1].age_ms, r.json?.collector.problem], [0, 'the disk is full'], 'a reading from the future has no negative age');
  sql(s.file('live'), "UPDATE collector SET state = 'stopped'; UPDATE live SET t_ms = NULL; DELETE FROM summary");
  r = await live(c, s);
  t.is([r.json?.collector.state, r.json?.bank, r.json?.devices[0].age_ms, r.json?.devices[0].quality], ['stopped', null, null, 'none'], 'no reading, no bank');
}

async function missing(t, c, s) {
  t.is((await live(c, s)).status, 200, 'live.db is there');
  remove(s.file('live'));
  let r = await live(c, s);
  t.is([r.status, r.json?.collector, r.json?.bank, r.json?.devices.map((d) => d.quality)],
    [200, { state: 'stopped', age_ms: null, problem: null }, null, ['none', 'none', 'none', 'none']], 'live.db is gone: devices without values');
  r = await c.get('/api/v1/health');
  t.is([r.json?.status, r.json?.collector], ['degraded', { state: 'stopped', age_ms: null }], 'health without live.db');
  t.is((await c.get('/api/v1/devices/1', s.cookie)).json?.values, {}, 'a device without live.db');
  s.live();
  t.is((await live(c, s)).json?.devices[1].values.soc, 71, 'live.db is back');
  s.live({ file: `${s.run}/new.db`, packs: 1 });
  sql(`${s.run}/new.db`, "UPDATE live SET vals = json_set(vals, '$.soc', 12)");
  fs.renameSync(`${s.run}/new.db`, s.file('live'));
  ['-wal', '-shm'].forEach((end) => fs.rmSync(s.file('live') + end, { force: true }));
  r = await live(c, s);
  t.is(r.json?.devices.map((d) => [d.id, d.state, d.values.soc]), [[2, 'searching', null], [1, 'live', 12], [3, 'disabled', null], [4, 'searching', null]].map((x) => x.map((v) => v ?? undefined)), 'another live.db in its place is noticed');
}

async function schema(t, c, s) {
  remove(s.file('live'));
  s.live();
  sql(s.file('live'), 'PRAGMA user_version=99');
  fs.renameSync(s.file('live'), `${s.run}/x.db`);
  ['-wal', '-shm'].forEach((end) => fs.rmSync(s.file('live') + end, { force: true }));
  fs.renameSync(`${s.run}/x.db`, s.file('live'));
  const r = await live(c, s);
  t.problem(r, 503, 'schema_version', 'a newer live.db');
  t.ok(r.json.detail.includes('99') && r.json.detail.includes('newer svitlo'), 'it says what to do', r.json.detail);
  remove(s.file('config'));
  t.problem(await c.get('/api/v1/health'), 503, 'not_ready', 'config.db is gone');
  t.problem(await live(c, s), 503, 'not_ready', 'no login without config.db');
  s.config();
  t.is((await c.get('/api/v1/health')).status, 503, 'config.db is back, live.db still newer');
  remove(s.file('live'));
  t.is((await c.get('/api/v1/health')).json?.claimed, false, 'all well again');
  fs.writeFileSync(s.file('live'), 'this is not a database '.repeat(100));
  t.problem(await c.get('/api/v1/health'), 503, 'damaged', 'a damaged live.db');
  const log = s.log('spawn-fcgi');
  t.ok(/^<3>api: GET .*99/m.test(log), 'the log says why', log);
  t.ok(log.split('\n').length < 20, 'but not every time');
}

async function busy(t, c, s) {
  sql(s.file('config'), "UPDATE user SET password = '$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1'");
  const lock = spawn('sqlite3', [s.file('config')], { stdio: ['pipe', 'ignore', 'inherit'] });
  lock.stdin.write('BEGIN IMMEDIATE;\n');
  await sleep(300);
  const out = await c.ask('DELETE', '/api/v1/session', { cookie: s.cookie });
  t.problem(out, 503, 'busy', 'a locked config.db');
  t.is(out.headers['retry-after'], '1', 'Retry-After');
  t.is((await live(c, s)).status, 200, 'reading goes on meanwhile');
  lock.stdin.end('ROLLBACK;\n.quit\n');
  await new Promise((done) => lock.on('exit', done));
  t.is((await c.ask('DELETE', '/api/v1/session', { cookie: s.cookie })).status, 204, 'and afterwards it works');
  t.is((await c.ask('POST', '/api/v1/session', { body: { user: 'owner', password: PASSWORD } })).status, 401, 'a wrong hash lets nobody in');
}

module.exports = Object.fromEntries(Object.entries({ stale, missing, schema, busy }).map(([k, run]) => [k, { setup, run }]));
