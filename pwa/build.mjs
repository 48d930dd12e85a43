// node build.mjs: makes dist/. Hashed files go to dist/assets/ and may be cached for ever;
// index.html, sw.js and the manifest keep their names and must be asked for anew each time.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 48 * 1024; // JS and CSS of a visit in the wordier language, gzipped
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

/** Builds one entry into dist/assets and gives the URLs of the results, the entry's own first. */
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
  const own = (o) => (o.entryPoint === entry ? 0 : 1);
  return Object.entries(metafile.outputs)
    .sort(([, a], [, b]) => own(a) - own(b))
    .map(([path]) => '/' + path.replace(/^dist\//, ''));
}

const [js, ...languages] = await assets('src/main.tsx', { format: 'esm', splitting: true });
const [boot] = await assets('src/boot.ts', { format: 'iife' });
const [css] = await assets('src/styles/index.css');

const html = (await readFile(`${root}src/index.html`, 'utf8'))
  .replace('%BOOT%', boot)
  .replace('%JS%', js)
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
for (const f of [js, boot, css, '/sw.js', ...languages]) {
  gzipped[f] = gzipSync(await readFile(dist + f), { level: 9 }).length;
  console.log(`${String(gzipped[f]).padStart(7)}  ${f}`);
}
const visit = [js, boot, css, '/sw.js'].reduce((sum, f) => sum + gzipped[f], 0);
const total = visit + Math.max(...languages.map((f) => gzipped[f]));
console.log(`${String(total).padStart(7)}  JS + CSS of a visit gzipped, of ${BUDGET_BYTES}`);
if (total > BUDGET_BYTES) {
  console.error('over budget');
  process.exit(1);
}
