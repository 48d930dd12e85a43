// What is shown at once waits for nothing that takes long: orders, curves, exports, guesses, floods.
'use strict';
const https = require('node:https');
const tls = require('node:tls');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { sql, sleep, quote } = require('./stack.js');
const { fill, range, DAYS } = require('./rows.js');

const SILENT = 12; // plugs
const CURVES = 40, READERS = 8, GUESSES = 100;
const LOOKS = 200, EVERY_MS = 10, MOST_MS = 100, CHECK_MS = 2000;
const WINDOWS = 3; // a machine that is busy with something else may spoil one, parked workers spoil all
const BAD = 20000, HALF = 2000, FLOOD_FROM = '127.0.9.1';
const METRICS = 'voltage,current,power,soc,balance_current,mos_temperature,cell_min,cell_max,cell_delta,soh,remaining_ah,nominal_ah,cycle_count,temperatures.1,charge_fet,balancing';

const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

// What is timed is asked in a thread of its own, so that the load's work here is not in the figures.
const asker = ({ port, cookie }, sockets) => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: sockets, rejectUnauthorized: false });
  const once = (method, path, body) => new Promise((done) => {
    const from = process.hrtime.bigint();
    const end = (status) => done({ status, ms: Number(process.hrtime.bigint() - from) / 1e6 });
    const headers = { Cookie: cookie, ...(body && { Origin: `https://127.0.0.1:${port}`, 'Content-Type': 'application/json' }) };
    const q = https.request({ host: '127.0.0.1', port, method, path: `/api/v1${path}`, headers, agent, timeout: 20000 }, (res) => res.resume().on('end', () => end(res.statusCode)));
    q.on('error', () => end(0)).on('timeout', () => q.destroy());
    q.end(body && JSON.stringify(body));
  });
  return { once, close: () => agent.destroy() };
};

const threads = {
  /** /live, `looks` times, then the login check: {looks, check}. */
  async look({ looks, ...s }) {
    const { once, close } = asker(s, 1);
    await once('GET', '/live'); // the handshake
    const seen = [];
    for (let i = 0; i < looks; i++) {
      seen.push(await once('GET', '/live'));
      await sleep(EVERY_MS);
    }
    const check = await once('GET', '/session');
    close();
    parentPort.postMessage({ looks: seen, check });
  },
  /** An order to each silent plug, a second after the last one was answered, until it is told to stop. */
  async order(s) {
    const { once, close } = asker(s, SILENT);
    const seen = [];
    let on = true;
    parentPort.once('message', () => (on = false));
    await Promise.all(Array.from({ length: SILENT }, async (_, i) => {
      while (on) {
        seen.push(await once('POST', '/commands', { device: 100 + i, action: 'off' }));
        for (let n = 0; on && n < 10; n++) await sleep(100);
      }
    }));
    close();
    parentPort.postMessage(seen);
  },
};
if (!isMainThread && workerData?.thread) threads[workerData.thread](workerData);

/** {said: what the thread says at its end, stop()}. */
function thread(name, s, more) {
  const w = new Worker(__filename, { workerData: { thread: name, port: s.port, cookie: s.cookie, ...more } });
  const said = new Promise((done, failed) => w.once('message', done).once('error', failed));
  return { said, stop: () => w.postMessage('stop') };
}
const looked = async (s, looks = LOOKS) => (await thread('look', s, { looks }).said).looks;

async function setup(s) {
  s.config();
  s.history();
  s.live();
  fill(s);
  const now = Date.now();
  const plug = (i) => ({ config: `(${100 + i}, 'tapo', 'Plug ${i}', 'tapo://192.168.7.${20 + i}', 1, ${i}, '{}', 1)`,
    live: `(${100 + i}, ${now}, 'live', ${now}, NULL, NULL, 0, '[]', ${quote({ on: true })}, ${quote({ measures: true, sockets: 0 })}, NULL, 15000)` });
  const plugs = Array.from({ length: SILENT }, (_, i) => plug(i));
  sql(s.file('config'), `INSERT INTO device (id, kind, name, address, enabled, position, options, created_ms) VALUES ${plugs.map((p) => p.config)}`);
  sql(s.file('live'), `INSERT INTO live VALUES ${plugs.map((p) => p.live)}`);
  s.cookie = s.session('owner', 4);
  s.readers = Array.from({ length: READERS }, (_, i) => s.session(`reader${i}`, 2));
  // without the caches: each look goes to the workers twice, for the login check and for itself
  await s.start({ nginx: (conf) => conf.replaceAll(/fastcgi_cache svitlo_(live|check);/g, '') });
}

// Everything that takes long, again and again until told to stop: gives what was answered.
function load(c, s) {
  const seen = { curves: [], guesses: [], csv: [] };
  const big = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  let on = true;
  const again = async (list, ask, pause) => {
    while (on) {
      const from = Date.now();
      const { status } = await ask().catch((e) => ({ status: e.message }));
      if (on) list.push({ status, ms: Date.now() - from });
      if (on && pause) await sleep(pause);
    }
  };
  const curves = (i) => again(seen.curves, () => c.ask('GET', `/api/v1/series?device=1,2&metric=${METRICS}&points=5000&${range(DAYS)}`, { cookie: s.readers[i % READERS], agent: big }));
  const guess = (i) => again(seen.guesses, () => c.ask('POST', '/api/v1/session', { body: { user: 'owner', password: 'wrong horse' }, from: `127.0.3.${i + 1}` }), 100);
  const orders = thread('order', s);
  const csv = () => again(seen.csv, () => c.ask('GET', `/api/v1/export.csv?kind=battery&tier=15min&${range(DAYS)}`, { cookie: s.readers[0], agent: big }));
  const many = (n, what) => Array.from({ length: n }, (_, i) => what(i));
  const all = [...many(CURVES, curves), ...many(GUESSES, guess), csv()];
  const stop = async () => {
    on = false;
    big.destroy(); // what is still under way is of no interest
    orders.stop();
    await Promise.all(all);
    return orders.said;
  };
  return { seen, stop };
}

const count = (list, ...statuses) => list.filter((r) => statuses.includes(r.status)).length;

async function parked(t, c, s) {
  const beat = setInterval(() => s.beat(), 1000);
  const { seen, stop } = load(c, s);
  let p99 = Infinity, looks = [], check = {};
  for (let i = 0; i < WINDOWS && (p99 >= MOST_MS || check.ms >= CHECK_MS); i++) {
    ({ looks, check } = await thread('look', s, { looks: LOOKS }).said);
    p99 = percentile(looks.map((l) => l.ms), 0.99);
  }
  // something of each kind has come, also where the first window was good at once
  for (let i = 0; i < 300 && (!seen.csv.length || count(seen.guesses, 401) < GUESSES / 4); i++) await sleep(100);
  const orders = await stop();
  clearInterval(beat);
  const slowest = Math.max(...orders.map((r) => r.ms));
  t.is(check.status, 200, 'the login check answers under load');
  t.ok(check.ms < CHECK_MS, 'at once', check.ms);
  t.is(count(looks, 200), LOOKS, '/live answers each look');
  t.ok(p99 < MOST_MS, `/live p99 ${p99.toFixed(1)} ms under load: ${SILENT} orders to silent plugs, ${CURVES} curves, an export, ${GUESSES} guesses (below ${MOST_MS})`, looks.map((l) => l.ms).sort((a, b) => b - a).slice(0, 10));
  t.is(count(seen.curves, 200), seen.curves.length, `all ${seen.curves.length} curves come`);
  t.ok(count(seen.csv, 200) === seen.csv.length && seen.csv.length, 'and the export', seen.csv);
  t.ok(count(seen.guesses, 401) >= GUESSES / 4 && count(seen.guesses, 401, 429) === seen.guesses.length, `${count(seen.guesses, 401)} guesses were looked at, the others told to wait`, seen.guesses.slice(-5));
  t.ok(count(orders, 202) === orders.length && orders.length >= SILENT && slowest < 1500, `an order waits for no plug: the slowest of ${orders.length} took ${slowest.toFixed(0)} ms`, orders.slice(-5));
}

async function shares(t, c, s) {
  const big = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  const get = (cookie) => c.ask('GET', `/api/v1/series?device=1,2&metric=${METRICS}&points=5000&${range(DAYS)}`, { cookie, agent: big });
  const greedy = Promise.all(Array.from({ length: 30 }, () => get(s.readers[0])));
  await sleep(50);
  const other = await get(s.readers[1]);
  t.is(other.status, 200, 'another session gets its curve');
  const rs = await greedy;
  t.ok(count(rs, 200) >= 8 && count(rs, 429) > 0 && count(rs, 200, 429) === 30, 'a session reads eight at once', rs.map((r) => r.status));
  t.problem(rs.find((r) => r.status === 429), 429, 'too_many', 'and is told to wait');
  big.destroy();
}

// Requests down one connection: gives the answers' statuses, as many as there are until it is closed.
function pour(s, texts) {
  return new Promise((done) => {
    const k = tls.connect({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, localAddress: FLOOD_FROM });
    let answers = '';
    k.on('secureConnect', () => k.end(texts.join(''))).on('data', (d) => (answers += d)).on('error', () => 0);
    k.on('close', () => done(answers.match(/HTTP\/1\.1 \d{3} /g)?.map((line) => Number(line.slice(9))) ?? []));
  });
}

async function flood(t, c, s) {
  const junk = () => `__Host-svitlo=${Array.from({ length: 43 }, () => 'abcdefgh'[Math.floor(Math.random() * 8)]).join('')}`;
  const kept = [
    () => `GET /api/v1/live HTTP/1.1\r\nHost: x\r\nCookie: ${junk()}\r\n\r\n`,
    () => `GET /api/v1/series?x=1 HTTP/1.1\r\nHost: x\r\nCookie: ${junk()}\r\n\r\n`,
    () => 'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{',
    () => `DELETE /${'a'.repeat(300)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    () => 'PATCH /api/v1/settings HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}',
  ];
  const last = [ // these end their connection
    'POST /api/v1/commands HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n',
    'BREW /\r\n\r\n',
    `GET /${'b'.repeat(9000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ];
  const size = () => s.log('nginx').length + s.log('spawn-fcgi').length;
  const before = size();
  const seen = {};
  let answers = 0, round = 0;
  const pouring = Promise.all(Array.from({ length: 8 }, async () => {
    while (answers < BAD) {
      const texts = Array.from({ length: 100 }, (_, i) => kept[i % kept.length]());
      for (const status of await pour(s, [...texts, last[round++ % last.length]])) {
        seen[status] = (seen[status] || 0) + 1;
        answers++;
      }
    }
  }));
  const looks = await looked(s, 100);
  await pouring;
  const p99 = percentile(looks.map((l) => l.ms), 0.99);
  t.is(count(looks, 200), 100, `/live answers while ${answers} bad requests arrive; p99 ${p99.toFixed(1)} ms`);
  t.ok([400, 413, 414, 429].every((status) => seen[status]) && !seen[200], 'which are refused', seen);
  t.is((await c.get('/')).status, 200, 'so does the page');
  t.ok(size() - before < 1e6, `the logs grew by ${size() - before} bytes (below 1 MB)`);
}

async function half_headers(t, c, s) {
  // a resumed session spares both sides the signature
  const first = await new Promise((done) => {
    const k = tls.connect({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2', localAddress: FLOOD_FROM }, () => done(k));
  });
  const session = first.getSession();
  const open = [first];
  const one = () => new Promise((done) => {
    const k = tls.connect({ host: '127.0.0.1', port: s.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2', session, localAddress: FLOOD_FROM }, () => {
      k.write('GET / HTTP/1.1\r\nHost: x\r\nX-Half: ');
      done();
    });
    open.push(k);
    k.on('error', done);
  });
  for (let i = 0; i < HALF; i += 50) await Promise.all(Array.from({ length: 50 }, one));
  t.ok(open.filter((k) => !k.destroyed).length > HALF / 2, 'half headers are open', open.filter((k) => !k.destroyed).length);
  const looks = await looked(s, 50);
  t.is(count(looks, 200), 50, `/live answers beside ${HALF} half headers; p99 ${percentile(looks.map((l) => l.ms), 0.99).toFixed(1)} ms`);
  t.is((await c.ask('GET', '/', { from: '127.0.0.1' })).status, 200, 'so does the page, over a new connection');
  for (const k of open) k.destroy();
}

module.exports = Object.fromEntries(Object.entries({ parked, shares, flood, half_headers }).map(([k, run]) => [k, { setup, run }]));
