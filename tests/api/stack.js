// nginx and workers over a folder of their own, with databases made from sql/migrations.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const build = path.resolve(root, process.env.BUILD || 'build/release');
const CODE = 'ABCD-EFGH';
const PASSWORD = 'correct horse';
// For cases that ask more than a household does.
const unlimited = (conf) => conf.replace('rate=500r/s', 'rate=1000000r/s');
const pools = fs.readFileSync(`${root}/nginx/pools`, 'utf8').split('\n').filter((line) => /^\w/.test(line)).map((line) => line.split(' '));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

function sql(file, text) {
  return execFileSync('sqlite3', ['-bail', '-cmd', '.timeout 5000', file], { input: text, encoding: 'utf8' }).trim();
}

function migrate(file, name) {
  const dir = `${root}/sql/migrations/${name}`;
  const steps = fs.readdirSync(dir).sort();
  const last = parseInt(steps[steps.length - 1], 10);
  sql(file, `PRAGMA journal_mode=WAL;\n${steps.map((f) => fs.readFileSync(`${dir}/${f}`, 'utf8')).join('\n')}
PRAGMA user_version=${last};`);
}

const quote = (v) => (typeof v === 'number' ? v : `'${(typeof v === 'string' ? v : JSON.stringify(v)).replaceAll("'", "''")}'`);

function values(device) {
  const cells = Array.from({ length: 16 }, (_, i) => 3.31 + ((i * 7 + device) % 13) / 1000);
  return {
    voltage: 53.1, current: -3.1, power: -164.6, soc: 71, soh: 100, remaining_ah: 200.1, nominal_ah: 280,
    cycle_count: 12, total_cycle_ah: 3411.2, temperatures: [21.3, 21, null, null], mos_temperature: 24.5,
    cell_voltages: cells.map((c) => +c.toFixed(3)), wire_resistances: cells.map(() => 0.065),
    cell_average: 3.319, cell_delta: 0.01, cell_max: 3.325, cell_min: 3.313, cell_max_number: 7, cell_min_number: 2,
    balance_current: 0, balancing: 0, charge_fet: true, discharge_fet: true, precharge_fet: false, heating: false,
    errors: [], error_bits: 0, wire_warnings: 0, uptime_s: 1234567, emergency_countdown_s: 0,
  };
}

class Stack {
  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'svitlo-api-'));
    this.run = `${this.dir}/run`;
    fs.mkdirSync(this.run);
    fs.mkdirSync(`${this.dir}/page/assets`, { recursive: true });
    fs.writeFileSync(`${this.dir}/page/index.html`, '<!doctype html><title>svitlo</title>');
    fs.writeFileSync(`${this.dir}/page/sw.js`, '// worker\n');
    fs.writeFileSync(`${this.dir}/page/manifest.webmanifest`, '{}');
    fs.writeFileSync(`${this.dir}/page/assets/main-0123abcd.js`, 'export {};\n'.repeat(200));
    this.children = [];
  }

  file(name) {
    return name === 'live' ? `${this.run}/live.db` : `${this.dir}/${name}.db`;
  }

  config({ claimed = false } = {}) {
    migrate(this.file('config'), 'config');
    const code = crypto.createHash('sha256').update(CODE.replace('-', '')).digest('hex');
    sql(this.file('config'), `INSERT INTO claim VALUES (1, x'${code}', ${Date.now()}, 0);
INSERT INTO device (kind, name, address, enabled, position, options, created_ms) VALUES
('jk-bms', 'Pack 1', 'C8:47:80:00:00:01', 1, 1, '{"notify":"auto"}', 1763800000000),
('jk-bms', 'Pack "2"', 'C8:47:80:00:00:02', 1, 0, '{}', 1763800000000),
('jk-bms', 'Spare', 'C8:47:80:00:00:03', 0, 2, '{}', 1763800000000),
('jk-bms', 'New', 'C8:47:80:00:00:04', 1, 3, '{}', 1763800000000);`);
    if (claimed) this.session('owner', 4);
  }

  // A user with a session, without the API: gives the cookie.
  session(name, level, lives_ms = 86400000) {
    const token = crypto.randomBytes(32).toString('base64url');
    const digest = crypto.createHash('sha256').update(token).digest('hex');
    const now = Date.now();
    sql(this.file('config'), `PRAGMA foreign_keys=ON;
INSERT OR IGNORE INTO user (name, password, level, created_ms) VALUES (${quote(name)}, '*', ${level}, ${now});
INSERT INTO session SELECT x'${digest}', id, ${now}, ${now + lives_ms}, NULL FROM user WHERE name = ${quote(name)};`);
    return `__Host-svitlo=${token}`;
  }

  // A history.db as the collector leaves it.
  history() {
    migrate(this.file('history'), 'history');
  }

  live({ file = this.file('live'), packs = 2 } = {}) {
    const now = Date.now();
    migrate(file, 'live');
    const bank = { packs, packs_live: packs, max_device: 1, min_device: 2, values: { voltage: 53.1, current: -6.2, soc: 71 } };
    let text = `INSERT INTO collector VALUES (1, 4242, ${now}, ${now}, 'running', 7, NULL, NULL, NULL);
INSERT INTO summary VALUES ('bank', ${now}, ${packs > 1 ? 2 : 0}, 10000, ${quote(bank)});\n`;
    for (let id = 1; id <= packs; id++) {
      const link = { rssi: -60, mtu: 247, notify: 'fd', connected: true, frames: 100, bad_frames: 0, reconnects: 1, last_frame_ms: now };
      text += `INSERT INTO live VALUES (${id}, ${now}, 'live', ${now - 60000}, NULL, NULL, ${id === 2 ? 2 : 0},
${quote(id === 2 ? ['soc'] : [])}, ${quote(values(id))}, ${quote(link)}, NULL, 10000);
INSERT INTO doc VALUES (${id}, 'info', ${now - 5000}, ${quote({ protocol: 'JK02_32S', model: 'JK-PB2A16S20P' })});\n`;
    }
    sql(file, text);
  }

  // Keeps the collector's row and the readings fresh, as the collector does.
  beat(age_ms = 0) {
    sql(this.file('live'), `UPDATE collector SET beat_ms = ${Date.now() - age_ms};
UPDATE live SET t_ms = ${Date.now() - age_ms}; UPDATE summary SET t_ms = ${Date.now() - age_ms};`);
  }

  // workers: of each pool, if not as many as nginx/pools says.
  async start({ workers = null, nginx = (text) => text } = {}) {
    this.port = await new Promise((done) => {
      const s = net.createServer().listen(0, '127.0.0.1', () => {
        const { port } = s.address();
        s.close(() => done(port));
      });
    });
    const key = `${this.dir}/key.pem`, cert = `${this.dir}/cert.pem`;
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const words = {
      STATE: this.dir, RUN: this.run, PORT: String(this.port), PWA: `${this.dir}/page`,
      CERT: cert, KEY: key, NGINX: `${root}/nginx`, LISTEN: '127.0.0.1:', USER_LINE: process.getuid() ? '' : 'user root;',
    };
    const conf = fs.readFileSync(`${root}/nginx/svitlo.conf.in`, 'utf8').replace(/@([A-Z_]+)@/g, (_, w) => words[w]);
    fs.writeFileSync(`${this.dir}/nginx.conf`, nginx(conf));
    this.worker(workers);
    const log = `${this.dir}/nginx.log`;
    const args = ['-p', this.dir, '-c', `${this.dir}/nginx.conf`, '-e', log, '-g', 'daemon off;'];
    execFileSync('nginx', ['-t', '-q', ...args], { env: this.env(), stdio: ['ignore', 'inherit', 'inherit'] });
    this.nginx = this.child('nginx', args);
    for (let i = 0; i < 100 && !(await this.listens()); i++) await sleep(50);
  }

  // Each pool's, as scripts/run starts them.
  worker(n) {
    this.pools = {};
    for (const [name, count, nice] of pools) {
      const sock = `${this.run}/fcgi-${name}.sock`;
      fs.rmSync(sock, { force: true });
      this.pools[name] = this.child('nice', ['-n', nice, 'spawn-fcgi', '-n', '-s', sock, '-M', '0600', '--', `${root}/scripts/workers`,
        String(n || count), `${build}/svitlo.fcgi`, '-o', `store.dir=${this.dir}`, '-o', `live.dir=${this.run}`], 'spawn-fcgi');
    }
  }

  // Ends all workers.
  async stop_workers() {
    await Promise.all(Object.values(this.pools).map((child) => new Promise((done) => {
      child.once('exit', done);
      child.kill('SIGTERM');
    })));
  }

  env() {
    return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  }

  child(name, args, log_name = name) {
    const log = fs.openSync(`${this.dir}/${log_name}.log`, 'a');
    const c = spawn(name, args, { stdio: ['ignore', log, log], env: this.env() });
    fs.closeSync(log);
    this.children.push(c);
    return c;
  }

  listens() {
    return new Promise((done) => {
      const s = net.connect(this.port, '127.0.0.1', () => done(true) || s.destroy()).on('error', () => done(false));
    });
  }

  // Of one pool, or of all.
  worker_pids(...names) {
    const of = names.length ? names.map((n) => this.pools[n]) : Object.values(this.pools);
    return execFileSync('pgrep', ['-P', of.map((child) => child.pid).join()], { encoding: 'utf8' }).trim().split('\n').map(Number);
  }

  log(name) {
    try {
      return fs.readFileSync(`${this.dir}/${name}.log`, 'utf8');
    } catch {
      return '';
    }
  }

  async stop() {
    await Promise.all(this.children.reverse().map((c) => new Promise((done) => {
      if (c.exitCode !== null || c.signalCode !== null) return done();
      const hard = setTimeout(() => c.kill('SIGKILL'), 5000);
      c.once('exit', () => {
        clearTimeout(hard);
        done();
      });
      c.kill('SIGTERM');
    })));
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

module.exports = { Stack, sql, quote, sleep, unlimited, build, root, CODE, PASSWORD };
