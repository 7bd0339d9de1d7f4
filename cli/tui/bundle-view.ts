// Part of the build: makes one file of the view's process and all that it imports, so that it starts in a third of the
// time, and puts the licences of what went into it beside it. `node dist/cli/tui/bundle-view.js`, after the compiler.

import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const PROGRAM = fileURLToPath(new URL('view-process.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What ink loads for its own developers alone, and does not come with it. */
const withoutDeveloperTools: Plugin = {
  name: 'without-developer-tools',
  setup(context) {
    context.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'nothing' }));
    context.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'export default {};' }));
  },
};

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/** The folders of the packages that files belong to, in the order of their paths. */
function packagesOf(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

/** A package's name, version and licence: its text, or where it comes without one what its manifest says. */
function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined && license === undefined) throw new Error(`${name} does not say how it may be handed on`);
  const text = file === undefined ? `License: ${license}` : readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version}\n\n${text}\n`;
}

const { outputFiles, metafile } = await build({
  entryPoints: [PROGRAM],
  outfile: PROGRAM,
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  write: false,
  metafile: true,
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
  // Some of what it imports is CommonJS, and asks for Node's modules by `require`.
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  plugins: [withoutDeveloperTools],
});
const licences = packagesOf(Object.keys(metafile.inputs)).map((folder) => licenceOf(join(ROOT, folder)));
writeFileSync(join(dirname(PROGRAM), 'view-process.LICENCES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
writeFileSync(`${PROGRAM}.part`, outputFiles[0]!.contents);
renameSync(`${PROGRAM}.part`, PROGRAM);
console.log(`${relative(ROOT, PROGRAM)}: ${licences.length} packages in one file`);
