// Both languages have the same keys, no text is empty or there twice, placeholders match, and every
// name that the server may send (states, reasons, alarms, faults, measurements, settings) has a word.
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

async function load(source) {
  const out = await build({
    stdin: { contents: source, resolveDir: `${root}src`, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import('data:text/javascript;base64,' + Buffer.from(out.outputFiles[0].text).toString('base64'));
}

const { nearEn, farEn, plugsEn, historyEn, nearUk, farUk, plugsUk, historyUk, deviceStates, cureNames, channels, units, bms, inverter } = await load(`
  export { en as nearEn } from './i18n/en';
  export { uk as nearUk } from './i18n/uk';
  export { enMore as farEn } from './i18n/en-more';
  export { ukMore as farUk } from './i18n/uk-more';
  export { enPlugs as plugsEn } from './i18n/en-plugs';
  export { ukPlugs as plugsUk } from './i18n/uk-plugs';
  export { enHistory as historyEn } from './i18n/en-history';
  export { ukHistory as historyUk } from './i18n/uk-history';
  export { deviceStates, cureNames, channels } from './types';
  export { units } from './gen/metrics';
  export * as bms from './bms-keys';
  export * as inverter from './inverter-keys';
`);

const problems = [];

/** All words of a language: those that are always there, and those that are fetched later. */
function both(near, far) {
  const all = structuredClone(near);
  for (const [group, texts] of Object.entries(far)) {
    for (const key of Object.keys(texts)) if (near[group]?.[key]) problems.push(`${group}.${key} is there twice`);
    all[group] = { ...all[group], ...texts };
  }
  return all;
}
const en = [farEn, plugsEn, historyEn].reduce(both, nearEn);
const uk = [farUk, plugsUk, historyUk].reduce(both, nearUk);
const params = (s) => [...s.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join();

for (const group of new Set([...Object.keys(en), ...Object.keys(uk)])) {
  const a = en[group] ?? {};
  const b = uk[group] ?? {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const name = `${group}.${key}`;
    if (!a[key]) problems.push(`en: ${name} is missing`);
    else if (!b[key]) problems.push(`uk: ${name} is missing`);
    else if (params(a[key]) !== params(b[key])) problems.push(`${name}: placeholders differ`);
  }
}
for (const [key, forms] of Object.entries(uk.plural))
  if (forms.split('|').length !== 3) problems.push(`uk: plural.${key} needs one|few|many`);
for (const [key, forms] of Object.entries(en.plural))
  if (forms.split('|').length !== 2) problems.push(`en: plural.${key} needs one|other`);

/** Names in backquotes of the contract's paragraph that begins with \`word\`. */
function fromContract(word) {
  const text = readFileSync(`${root}../fcgi/README.md`, 'utf8');
  const found = new RegExp(`^\`${word}\`:([\\s\\S]*?)(?:\`detail\`|\\n\`|\\n\\n)`, 'm').exec(text);
  if (!found) throw new Error(`no list of ${word} in fcgi/README.md`);
  return [...found[1].matchAll(/`(\w+)`/g)].map((m) => m[1]);
}

const errors = `wire_resistance mos_overtemperature cell_count current_sensor cell_overvoltage
  battery_overvoltage charge_overcurrent charge_short_circuit charge_overtemperature
  charge_undertemperature coprocessor_communication cell_undervoltage battery_undervoltage
  discharge_overcurrent discharge_short_circuit discharge_overtemperature charge_mos discharge_mos
  gps_disconnected default_password discharge_on_failed battery_overtemperature temperature_sensor
  parallel_module short_circuit_release_failed discharge_overcurrent_2 discharge_overcurrent_3
  discharge_undertemperature gps_lock bit_29 bit_30 bit_31`.split(/\s+/);

/** Names in backquotes of the contract's table of events. */
const events = [...readFileSync(`${root}../fcgi/README.md`, 'utf8').matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)]
  .flatMap((m) => [...m[1].matchAll(/`(\w+)`/g)])
  .map((m) => m[1]);
if (!events.includes('setting_changed')) throw new Error('no table of events in fcgi/README.md');

/** What the decoder may name, but for passcodes. */
function fromDecoder(table) {
  const text = readFileSync(`${root}../collector/proto/jk_fields.c`, 'utf8');
  const body = new RegExp(`struct jk_field ${table}\\[\\] = \\{([\\s\\S]*?)\\n\\};`).exec(text);
  if (!body) throw new Error(`no table ${table} in jk_fields.c`);
  return body[1].split('\n').filter((l) => !/\bHIDE\(/.test(l)).flatMap((l) => /"(\w+)"/.exec(l)?.[1] ?? []);
}

const source = (file) => readFileSync(`${root}../collector/proto/${file}`, 'utf8');
const quoted = (text, what) => [...text.matchAll(/"(\w+)"/g)].map((m) => m[1]).filter((name) => what.test(name));

/** Faults are FAULT(number, "name"), those of micro-inverters and warnings stand as they are. */
function alarmsOfInverters() {
  const text = source('deye_names.c');
  const faults = [...text.matchAll(/FAULT\((\d+), "(\w+)"\)/g)].map((m) => `f${m[1]}_${m[2]}`);
  const bits = [...text.matchAll(/\bBIT\((\d+)\)/g)].map((m) => `bit_${m[1]}`);
  const warnings = quoted(text.slice(text.indexOf('deye_warning_name')), /./);
  if (faults.length !== 64 || warnings.length < 6) throw new Error('deye_names.c is not understood');
  return [...faults, ...bits, ...quoted(text, /^micro_/), ...warnings];
}

/** Keys of the tables of registers as deye_json.c writes them: with the unit behind. */
function keysOfInverters(part) {
  const suffixes = Object.fromEntries([...source('deye_json.c').matchAll(/\{ "([^"]+)",\s*"(_\w+)" \}/g)].map((m) => [m[1], m[2]]));
  const rows = [...(source('deye_models.c') + source('deye_hybrid3p.def')).matchAll(/ROW\(\d+,\s*\d+,\s*(\w+),\s*[^,]+,\s*"([^"]*)",\s*"(\w+)",\s*(\w+)/g)];
  const keys = rows
    .filter((m) => m[4] === part)
    .map(([, type, unit, key]) => {
      const suffix = suffixes[unit] ?? '';
      return type === 'FIRMWARE' ? 'firmware' : type === 'BITS' ? 'status_words' : key.endsWith(suffix) ? key : key + suffix;
    });
  if (keys.length < 20 || !keys.some((k) => k.endsWith('_mohm') || part === 'INFO')) throw new Error('deye_models.c is not understood');
  return [...new Set(keys.map((k) => k.replace(/^prog[1-6]_/, 'prog_')))];
}

/** What an option may be, from the contract's table of options. */
function wordsOfOption(name) {
  const row = readFileSync(`${root}../fcgi/README.md`, 'utf8').split('\n').find((l) => l.includes(`\`${name}\``) && l.includes('`auto`'));
  if (!row) throw new Error(`no option ${name} in fcgi/README.md`);
  return [...row.matchAll(/`(\w+)`/g)].map((m) => m[1]).filter((w) => !/^(auto|deye|\w+_scale)$/.test(w) && w !== name);
}

/** Names in backquotes of the contract's sentence about plugs that begins so. */
function namesOfPlugs(beginning) {
  const text = readFileSync(`${root}../fcgi/README.md`, 'utf8');
  const plugs = text.slice(text.indexOf('\n## Plugs\n'));
  const at = plugs.indexOf(beginning);
  if (at < 0) throw new Error(`no "${beginning}" about plugs in fcgi/README.md`);
  const sentence = plugs.slice(at).split(/\.(?:\s|$)/)[0];
  return [...sentence.matchAll(/`(\w+)`/g)].map((m) => m[1]).filter((w) => w !== 'code' && w !== 'by');
}

function need(group, names) {
  for (const name of names) if (!(name in en[group])) problems.push(`${group}.${name} has no word`);
}
need('state', deviceStates);
need('state', fromContract('state'));
need('reason', fromContract('reason'));
need('error', errors);
need('metric', Object.keys(units));
need('unit', Object.values(units).filter(Boolean));
need('group', [...Object.keys(bms.settingGroups), ...Object.keys(inverter.settingGroups), 'other']);
need('set', Object.values(bms.settingGroups).flat());
need('info', bms.infoOrder);
need('set', fromDecoder('settings'));
need('info', fromDecoder('device_info'));
need('cure', cureNames);
need('event', events);
need('channel', channels);
need('error', alarmsOfInverters());
need('set', keysOfInverters('SETTING'));
need('set', Object.values(inverter.settingGroups).flat());
need('info', keysOfInverters('INFO'));
need('info', inverter.infoOrder);
need('plugReason', namesOfPlugs('Reasons: '));
need('plugReason', namesOfPlugs('`code`: a reason above'));
need('plugBy', namesOfPlugs('`by`: '));
need('code', wordsOfOption('family').map((w) => `family_${w}`));
need('code', inverter.familyNames.map((w) => `family_${w}`));
need('code', wordsOfOption('clamp').map((w) => `clamp_${w}`));
need('code', [0, 1, 2, 3, 4, 5].map((n) => `run_state_${n}`));

// what stands in a list of the page and no inverter has
const known = new Set(keysOfInverters('SETTING'));
for (const key of Object.values(inverter.settingGroups).flat()) if (!known.has(key)) problems.push(`inverter-keys: no inverter has ${key}`);
// advice about a reason or an alarm that there is not
for (const reason of Object.keys(en.inverterAdvice)) if (!(reason in en.reason)) problems.push(`inverterAdvice.${reason}: no such reason`);
for (const reason of Object.keys(en.plugAdvice)) if (!(reason in en.plugReason)) problems.push(`plugAdvice.${reason}: no such reason`);
for (const alarm of Object.keys(en.remedy)) if (!(alarm in en.error)) problems.push(`remedy.${alarm}: no such alarm`);

for (const p of problems) console.error(p);
if (problems.length) process.exit(1);
const count = Object.values(en).reduce((n, g) => n + Object.keys(g).length, 0);
console.log(`i18n: ${count} texts, uk and en complete`);
