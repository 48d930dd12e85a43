// Claiming, logging in and out, levels, limits.
'use strict';
const fs = require('node:fs');
const { sql, sleep, CODE, PASSWORD } = require('./stack.js');

const setup = async (s) => {
  s.config();
  s.live();
  await s.start();
};
const cookie_of = (r) => (r.headers['set-cookie']?.[0] || '').split(';')[0];
const login = (c, user, password, from) => c.ask('POST', '/api/v1/session', { body: { user, password }, from });
const owner = { code: 'abcdefgh', user: 'Оля', password: PASSWORD };
const claim_with = (c, body, from) => c.ask('POST', '/api/v1/claim', { body, from });

async function claim(t, c, s) {
  t.is((await c.get('/api/v1/health')).json.claimed, false, 'nobody has claimed it');
  // CPU time of the workers that hash, in ns
  const used = () => s.worker_pids('login').reduce((n, pid) => n + Number(fs.readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]), 0);
  let from = used();
  for (const code of ['WRONG-CODE', 'ABCD-EFGX', 'ABCDEFG-', 'ABCD--EFGHH'])
    t.problem(await claim_with(c, { ...owner, code }), 403, 'bad_code', `wrong code ${code}`);
  t.is(sql(s.file('config'), 'SELECT tries FROM claim'), '4', 'wrong codes are counted');
  const wrong = used() - from;
  from = used();
  const both = await Promise.all([claim_with(c, owner, '127.0.0.2'), claim_with(c, { ...owner, user: 'Тарас' }, '127.0.0.3')]);
  const won = both.find((r) => r.status === 201), lost = both.find((r) => r.status !== 201);
  t.ok(won && lost, 'of two who claim at once one wins', both.map((r) => r.text));
  if (!won) return;
  t.ok(wrong < (used() - from) / 2, 'a wrong code costs no hash', [wrong, used() - from]);
  t.problem(lost, 409, 'claimed', 'the other is told');
  t.is(sql(s.file('config'), 'SELECT count(*), min(level) FROM user'), '1|4', 'one user, an admin');
  t.is(sql(s.file('config'), 'SELECT count(*) FROM claim'), '0', 'the code is gone');
  t.is(Object.keys(won.json), ['user', 'level', 'created_ms', 'expires_ms'], 'claim answers the session');
  const set = won.headers['set-cookie'][0];
  t.ok(/^__Host-svitlo=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict$/.test(set), 'the cookie', set);
  const token = cookie_of(won).split('=')[1];
  const stored = sql(s.file('config'), 'SELECT hex(token), password FROM session JOIN user');
  t.ok(!stored.includes(Buffer.from(token).toString('hex').toUpperCase()) && stored.includes('$y$'), 'neither cookie nor password is stored');
  t.is((await c.get('/api/v1/live', cookie_of(won))).status, 200, 'the session holds');
  t.problem(await claim_with(c, owner, '127.0.0.4'), 409, 'claimed', 'a second claim');
  t.is((await c.get('/api/v1/health')).json.claimed, true, 'health says so');
}

async function claim_tries(t, c, s) {
  sql(s.file('config'), 'UPDATE claim SET tries = 19');
  t.problem(await claim_with(c, { ...owner, code: 'AAAA-BBBB' }), 403, 'bad_code', 'the twentieth wrong code');
  t.problem(await claim_with(c, { ...owner, code: CODE }), 403, 'bad_code', 'then the code is dead');
  sql(s.file('config'), 'DELETE FROM claim');
  t.problem(await claim_with(c, { ...owner, code: CODE }), 403, 'bad_code', 'no code was made');
  t.is(sql(s.file('config'), 'SELECT count(*) FROM user'), '0', 'no user came of it');
}

async function session(t, c, s) {
  const claimed = cookie_of(await claim_with(c, owner));
  t.problem(await login(c, owner.user, 'wrong horse'), 401, 'bad_login', 'wrong password');
  t.problem(await login(c, 'nobody', PASSWORD), 401, 'bad_login', 'unknown user');
  const time = async (user) => {
    const from = process.hrtime.bigint();
    await login(c, user, 'wrong horse', '127.0.1.1');
    return Number(process.hrtime.bigint() - from) / 1e6;
  };
  await time('nobody');
  const known = await time(owner.user), unknown = await time('nobody');
  t.ok(unknown > known / 3 && known > unknown / 3, 'the time does not tell whether a user exists', [known, unknown]);
  const r = await login(c, owner.user, PASSWORD);
  const cookie = cookie_of(r);
  t.is([r.status, r.json?.user, r.json?.level], [201, owner.user, 'admin'], 'log in');
  t.ok(cookie && cookie !== claimed, 'each login has its own session');
  t.is((await c.get('/api/v1/session', `x=1; ${cookie}; y=2`)).status, 200, 'the cookie among others');
  t.is((await c.get('/api/v1/session', `${cookie}; ${claimed}`)).json?.user, owner.user, 'two cookies of the name: the first counts');
  t.problem(await c.get('/api/v1/session', `${cookie}A`), 401, 'unauthenticated', 'too long a cookie');
  t.problem(await c.get('/api/v1/session', cookie.replace('__Host-', '')), 401, 'unauthenticated', 'another cookie');
  sql(s.file('config'), `INSERT INTO session SELECT x'00', id, 1, 2, 'old' FROM user`);
  const out = await c.ask('DELETE', '/api/v1/session', { cookie });
  t.is([out.status, out.text, /Max-Age=0/.test(out.headers['set-cookie']), out.headers['clear-site-data']], [204, '', true, '"cache"'], 'log out: the browser keeps nothing');
  t.problem(await c.get('/api/v1/session', cookie), 401, 'unauthenticated', 'logged out');
  t.is((await c.get('/api/v1/session', claimed)).status, 200, 'the other session lives on');
  await login(c, owner.user, PASSWORD);
  t.is(sql(s.file('config'), "SELECT count(*) FROM session WHERE agent = 'old'"), '0', 'expired sessions go at a login');
  const short = s.session('brief', 2, 700);
  t.is((await c.get('/api/v1/session', short)).json?.level, 'viewer', 'a viewer');
  await sleep(800);
  t.problem(await c.get('/api/v1/session', short), 401, 'unauthenticated', 'an expired session');
}

async function limits(t, c) {
  const got = [];
  for (let i = 0; i < 14; i++) got.push(await c.ask('POST', '/api/v1/session', { body: '{}', from: '127.0.2.1' }));
  t.is(got.filter((r) => r.status === 400).length, 11, 'eleven logins at once, then no more');
  t.problem(got[13], 429, 'too_many', 'too many logins');
  t.is(got[13].headers['retry-after'], '6', 'too many logins: Retry-After');
  t.is((await c.ask('POST', '/api/v1/claim', { body: '{}', from: '127.0.2.1' })).status, 429, 'claims count among them');
  t.is((await c.ask('GET', '/api/v1/session', { from: '127.0.2.1' })).status, 401, 'who am I is not limited');
  t.is((await c.ask('POST', '/api/v1/session', { body: '{}', from: '127.0.2.2' })).status, 400, 'another address may');
  const many = await Promise.all(Array.from({ length: 300 }, () => c.get('/api/v1/health')));
  t.is(many.filter((r) => r.status === 200).length, 300, 'three hundred at once from one address are fine');
}

module.exports = Object.fromEntries(Object.entries({ claim, claim_tries, session, limits }).map(([k, run]) => [k, { setup, run }]));
