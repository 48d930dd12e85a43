// Rows of history for the cases that read some.
'use strict';
const { sql } = require('./stack.js');

const DAY = 86400, T0 = 1720000800, DAYS = 120;

// A row a quarter for DAYS days of device 1, 2 and the house; a column is a number or SQL over i.
function fill(s) {
  const columns = (table) => sql(s.file('history'), `SELECT name FROM pragma_table_info('${table}')`).split('\n');
  const row = (c, width) => ({ device: 'd', t: `${T0} + i * ${width}`, covered_s: String(width), quality: '0', day: "'d'" })[c] || `(i * 7919 + d * 13) % 5000 + ${c.endsWith('_max') ? 10 : c.endsWith('_min') ? -10 : 0}`;
  let text = 'BEGIN;';
  for (const [table, devices] of [['battery_15min', '1, 2'], ['house_15min', '0']])
    text += `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${DAYS * 96 - 1}), dev(d) AS (VALUES ${devices.split(', ').map((d) => `(${d})`).join(', ')})
INSERT INTO ${table} SELECT ${columns(table).map((c) => row(c, 900)).join(', ')} FROM n, dev;`;
  const until = T0 + DAYS * DAY;
  sql(s.file('history'), `${text} UPDATE rollup SET until = ${until}; UPDATE rollup SET until = 0 WHERE tier = 'day'; COMMIT;`);
}

const range = (days) => `from_ms=${T0 * 1000}&to_ms=${(T0 + days * DAY) * 1000}`;

module.exports = { DAY, DAYS, T0, fill, range };
