// node build.mjs: makes dist/. Hashed files go to dist/assets/ and may be cached for ever;
// index.html, sw.js and the manifest keep their names and must be asked for anew each time.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// JS and CSS in the wordier language, gzipped: of a first visit; with what is fetched later, by few
const VISIT_BYTES = 50 * 1024;
const ALL_BYTES = 74 * 1024;
const root = fileURLToPath(new URL('.', import.meta.url));
const dist = `${root}dist`;

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  charset: 'utf8',
  target: ['chrome92', 'firefox91', 'safari15'],
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
await mkdir(`${dist}/assets`, { recursive: true });
await cp(`${root}public`, dist, { recursive: true });

/** Builds one entry into dist/assets and gives what esbuild says of each result, by URL. */
async function assets(entry, options = {}) {
  const { metafile } = await build({
    ...common,
    entryPoints: [entry],
    outdir: 'dist/assets',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    ...options,
  });
  return Object.fromEntries(Object.entries(metafile.outputs).map(([path, output]) => [urlOf(path), output]));
}
const urlOf = (path) => '/' + path.replace(/^dist\//, '');
const of = (outputs, entry) => Object.keys(outputs).find((url) => outputs[url].entryPoint === entry);

const scripts = await assets('src/main.tsx', { format: 'esm', splitting: true });
const js = of(scripts, 'src/main.tsx');
// what the entry cannot start without; the rest is fetched when it is asked for
const chunks = scripts[js].imports.filter((i) => i.kind === 'import-statement').map((i) => urlOf(i.path));
const boot = of(await assets('src/boot.ts', { format: 'iife' }), 'src/boot.ts');
const css = of(await assets('src/styles/index.css'), 'src/styles/index.css');

const html = (await readFile(`${root}src/index.html`, 'utf8'))
  .replace('%BOOT%', boot)
  .replace('%JS%', js)
  .replace('%CHUNKS%', chunks.map((url) => `<link rel="modulepreload" href="${url}">`).join('\n'))
  .replace('%CSS%', css);
await writeFile(`${dist}/index.html`, html);

const files = (await readdir(dist, { recursive: true, withFileTypes: true }))
  .filter((f) => f.isFile())
  .map((f) => `${f.parentPath ?? f.path}/${f.name}`.slice(dist.length))
  .sort();
const hash = createHash('sha256');
for (const f of files) hash.update(f).update(await readFile(dist + f));

await build({
  ...common,
  entryPoints: ['src/sw.ts'],
  outfile: 'dist/sw.js',
  format: 'iife',
  define: {
    VERSION: JSON.stringify(hash.digest('hex').slice(0, 12)),
    SHELL: JSON.stringify(files),
  },
});

const gzipped = {};
for (const f of [...Object.keys(scripts), boot, css, '/sw.js']) {
  gzipped[f] = gzipSync(await readFile(dist + f), { level: 9 }).length;
  console.log(`${String(gzipped[f]).padStart(7)}  ${f}`);
}
const sum = (urls) => urls.reduce((bytes, url) => bytes + gzipped[url], 0);
const wordiest = (ending) => Math.max(...['uk', 'en'].map((l) => gzipped[of(scripts, `src/i18n/${l}${ending}`)]));
const visit = sum([js, ...chunks, boot, css, '/sw.js']) + wordiest('.ts');
const all = visit + gzipped[of(scripts, 'src/views/more.ts')] + wordiest('-more.ts');
console.log(`${String(visit).padStart(7)}  JS + CSS of a first visit gzipped, of ${VISIT_BYTES}`);
console.log(`${String(all).padStart(7)}  with what is fetched later, of ${ALL_BYTES}`);
if (visit > VISIT_BYTES || all > ALL_BYTES) {
  console.error('over budget');
  process.exit(1);
}
