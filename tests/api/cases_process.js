// Workers come and go; clients dawdle.
'use strict';
const net = require('node:net');
const { sleep, unlimited } = require('./stack.js');

async function setup(s) {
  s.config();
  s.history();
  s.live();
  s.cookie = s.session('owner', 4);
  await s.start({ workers: 3, nginx: (conf) => unlimited(conf).replaceAll('fastcgi_cache svitlo_live', '#') });
}

async function sigterm(t, c, s) {
  await c.get('/api/v1/health');
  const first = s.worker_pids('live');
  t.is(first.length, 3, 'three workers on one socket');
  let on = true;
  const killed = new Set();
  const killing = (async () => {
    for (let i = 0; on; i++) {
      const pids = s.worker_pids('live');
      const pid = pids[i % pids.length];
      process.kill(pid, 'SIGTERM');
      killed.add(pid);
      await sleep(350); // the next one is there before another goes
    }
  })();
  const bad = [];
  let sent = 0;
  const from = Date.now();
  while (sent < 300 || Date.now() - from < 4000) {
    const rs = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? c.get('/api/v1/live', s.cookie) : c.get('/api/v1/health')).catch((e) => ({ status: e.message }))));
    sent += rs.length;
    bad.push(...rs.filter((r) => r.status !== 200).map((r) => r.status));
  }
  on = false;
  await killing;
  t.ok(bad.length === 0 && killed.size >= 6, `${sent} requests while ${killed.size} workers were ended: none lost`, bad);
  await sleep(500);
  t.is(s.worker_pids('live').length, 3, 'three workers again');
  for (const pid of first) {
    let alive = true;
    try {
      process.kill(pid, 0);
    } catch {
      alive = false;
    }
    if (killed.has(pid)) t.ok(!alive, `worker ${pid} left`);
  }
  // 143: hit while starting, before it could have taken a request
  t.ok(!/ended \((?!0\)|143\))/.test(s.log('spawn-fcgi')), 'all left by themselves', s.log('spawn-fcgi'));
}

async function dawdle(t, c, s) {
  const idle = [];
  for (let i = 0; i < 3; i++) idle.push(net.connect(`${s.run}/fcgi-live.sock`).on('error', () => 0));
  // a request that never ends: begin, then half a record of parameters
  const half = [];
  for (let i = 0; i < 3; i++) {
    const k = net.connect(`${s.run}/fcgi-live.sock`).on('error', () => 0);
    k.write(Buffer.from([1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 1, 0, 200, 0, 0, 5]));
    half.push(k);
  }
  await sleep(300);
  const from = Date.now();
  let r;
  do {
    r = await c.get('/api/v1/health').catch(() => ({ status: 0 }));
  } while (r.status !== 200 && Date.now() - from < 30000);
  t.ok(r.status === 200 && Date.now() - from < 16000, 'whoever says nothing parks no worker for ever', Date.now() - from);
  for (const k of [...idle, ...half]) k.destroy();
  const gone = Array.from({ length: 20 }, () => new Promise((done) => {
    const k = net.connect(`${s.run}/fcgi-live.sock`, () => {
      k.write(Buffer.from([1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0, 1, 5, 0, 1, 0, 0, 0, 0]));
      k.destroy();
      done();
    });
    k.on('error', done);
  }));
  await Promise.all(gone);
  const rs = await Promise.all(Array.from({ length: 50 }, () => c.get('/api/v1/health')));
  t.is(rs.filter((x) => x.status === 200).length, 50, 'vanished clients leave no trace');
}

async function hung(t, c, s) {
  const stopped = s.worker_pids('live');
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  const from = Date.now();
  const [live, curves] = await Promise.all([c.get('/api/v1/live', s.cookie), c.get('/api/v1/events', s.cookie)]);
  const took = Date.now() - from;
  for (const pid of stopped) process.kill(pid, 'SIGCONT');
  t.problem(live, 504, 'not_answering', 'workers that hang are told');
  t.is(live.headers['retry-after'], '2', 'workers that hang: Retry-After');
  t.ok(took < 5000, `within 5 s: ${took} ms`);
  t.is(curves.status, 200, 'those of another pool answer meanwhile');
  for (let i = 0; i < 50 && (await c.get('/api/v1/live', s.cookie)).status !== 200; i++) await sleep(100);
  t.is((await c.get('/api/v1/live', s.cookie)).status, 200, 'when they go on, so does /live');
}

async function none(t, c, s) {
  await s.stop_workers();
  const r = await c.get('/api/v1/health');
  t.problem(r, 503, 'not_running', 'no worker');
  t.is(r.headers['retry-after'], '2', 'no worker: Retry-After');
  t.problem(await c.get('/api/v1/live', s.cookie), 503, 'not_running', 'no worker behind the login check');
  t.is((await c.get('/')).status, 200, 'the page is still there');
  s.worker(1);
  await sleep(500);
  t.is((await c.get('/api/v1/live', s.cookie)).status, 200, 'a worker is back');
}

module.exports = Object.fromEntries(Object.entries({ sigterm, dawdle, hung, none }).map(([k, run]) => [k, { setup, run }]));
