// The cache of /live never answers anybody without a session, and is never old.
'use strict';
const { sql, sleep, unlimited } = require('./stack.js');

async function setup(s) {
  s.config();
  s.live();
  s.cookie = s.session('owner', 4);
  s.viewer = s.session('guest', 2);
  await s.start({ nginx: (conf) => unlimited(conf).replace(/(location = \/api\/v1\/live \{)/, '$1\nadd_header X-Cache $upstream_cache_status always;') });
}

const live = (c, cookie) => c.get('/api/v1/live', cookie);

// Keeps the cache warm until told to stop.
function warm(c, cookie) {
  let on = true;
  const done = (async () => {
    while (on) {
      await live(c, cookie);
      await sleep(5);
    }
  })();
  return () => {
    on = false;
    return done;
  };
}

async function cache(t, c, s) {
  const stop = warm(c, s.cookie);
  const seen = {};
  let oldest = 0, wrong = 0;
  const from = Date.now();
  while (Date.now() - from < 4000) {
    const [a, b, none, unknown, empty] = await Promise.all([live(c, s.cookie), live(c, s.viewer), live(c),
      live(c, `__Host-svitlo=${'B'.repeat(43)}`), live(c, '__Host-svitlo=')]);
    seen[a.headers['x-cache']] = (seen[a.headers['x-cache']] || 0) + 1;
    oldest = Math.max(oldest, Date.now() - a.json.now_ms, Date.now() - b.json.now_ms);
    for (const r of [none, unknown, empty]) if (r.status !== 401 || r.text.includes('devices')) wrong++;
    if (a.status !== 200 || b.status !== 200 || a.headers['set-cookie']) wrong++;
  }
  t.ok(seen.HIT > 50, 'most answers come from the cache', seen);
  t.is(wrong, 0, 'with the cache warm, nobody without a session gets an answer');
  t.ok(oldest < 2500, 'no answer is older than 2.5 s', oldest);
  await stop();

  await sleep(3500);
  const r = await live(c, s.cookie);
  t.ok(Date.now() - r.json.now_ms < 1500, 'the first visitor after a pause gets a fresh answer', Date.now() - r.json.now_ms);
}

async function revoked(t, c, s) {
  const stop = warm(c, s.viewer);
  await live(c, s.cookie);
  await sleep(500);
  t.is((await live(c, s.cookie)).status, 200, 'a session before log-out');
  const at = Date.now();
  t.is((await c.ask('DELETE', '/api/v1/session', { cookie: s.cookie })).status, 204, 'log out while the cache is warm');
  let last = at;
  while (Date.now() - at < 7000) {
    if ((await live(c, s.cookie)).status === 200) last = Date.now();
    await sleep(20);
  }
  t.ok(last - at < 5000, 'a revoked session is out within five seconds', last - at);
  t.problem(await live(c, s.cookie), 401, 'unauthenticated', 'and is told so');
  t.is((await live(c, s.viewer)).status, 200, 'others stay in');
  await stop();
}

async function poison(t, c, s) {
  const head = await c.ask('HEAD', '/api/v1/live', { cookie: s.cookie });
  const get = await live(c, s.cookie);
  t.ok(head.status === 200 && get.json?.devices.length === 4, 'a HEAD leaves no empty answer in the cache');
  t.is((await c.get('/api/v1/live?x=1', s.cookie)).status, 400, 'an unknown parameter is not answered from the cache');
  t.is((await live(c, s.cookie)).status, 200, 'nor kept');
  t.problem(await c.ask('POST', '/api/v1/live', { cookie: s.cookie, body: '{}' }), 405, 'method_not_allowed', 'POST is not answered from the cache');
  t.is((await c.get('/api/v1/live', s.cookie, { Range: 'bytes=0-9' })).text.length > 100, true, 'a part is not asked for');
  const trick = await c.get('/api/v1/live', undefined, { 'X-Svitlo-Level': 'admin', 'X-Accel-Redirect': '/api/v1/live' });
  t.problem(trick, 401, 'unauthenticated', 'the level cannot be sent along');
  const agree = sql(s.file('config'), 'SELECT count(*) FROM session');
  t.is(agree, '2', 'no session came of it');
}

module.exports = Object.fromEntries(Object.entries({ cache, revoked, poison }).map(([k, run]) => [k, { setup, run }]));
