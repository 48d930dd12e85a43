// Requests over TLS, and the count of what held.
'use strict';
const https = require('node:https');

class Client {
  constructor(stack) {
    this.stack = stack;
    this.agent = new https.Agent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });
  }

  // Gives {status, headers, text, json}. from: an own address, for nginx's limits by address.
  ask(method, path, { cookie, body, headers = {}, from, agent = this.agent } = {}) {
    const data = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const h = { ...headers };
    if (cookie) h.Cookie = cookie;
    if (data !== undefined && !h['Content-Type']) h['Content-Type'] = 'application/json';
    if (data !== undefined) h['Content-Length'] = Buffer.byteLength(data);
    return new Promise((done, failed) => {
      const r = https.request({
        host: '127.0.0.1', port: this.stack.port, method, path, headers: h, rejectUnauthorized: false,
        ...(from ? { localAddress: from, agent: false } : { agent }),
      }, (res) => {
        const parts = [];
        res.on('data', (d) => parts.push(d));
        res.on('error', failed);
        res.on('end', () => {
          const text = Buffer.concat(parts).toString();
          let json;
          try {
            json = JSON.parse(text);
          } catch {
            json = undefined;
          }
          done({ status: res.statusCode, headers: res.headers, text, json });
        });
      });
      r.on('error', failed);
      r.setTimeout(20000, () => r.destroy(new Error('no answer within 20 s')));
      r.end(data);
    });
  }

  get(path, cookie, headers) {
    return this.ask('GET', path, { cookie, headers });
  }

  close() {
    this.agent.destroy();
  }
}

class Tally {
  constructor() {
    this.passed = 0;
    this.failed = 0;
  }

  ok(what, name, seen) {
    if (what) this.passed++;
    else this.failed++;
    process.stdout.write(`${what ? 'ok' : 'not ok'} - ${name}\n`);
    if (!what && seen !== undefined) process.stdout.write(`#   saw ${JSON.stringify(seen).slice(0, 600)}\n`);
    return what;
  }

  is(seen, wanted, name) {
    const a = JSON.stringify(seen), b = JSON.stringify(wanted);
    return this.ok(a === b, name, `${a}, wanted ${b}`);
  }

  // A problem document with this status and code.
  problem(r, status, code, name) {
    const good = r.status === status && r.json?.code === code && r.json.status === status &&
      r.json.type === 'about:blank' && !!r.json.title && !!r.json.detail &&
      r.headers['content-type'] === 'application/problem+json' && r.headers['cache-control'] === 'no-store';
    return this.ok(good, name, { status: r.status, type: r.headers['content-type'], text: r.text });
  }
}

module.exports = { Client, Tally };
