// A document type's code in one text: what it imports by path is put in, packages stay imports. It must not know what is
// done with it.
import { isBuiltin } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { isFileName } from '../files.ts';

export interface Bundle {
  readonly text: string;
  /** Packages that it imports, sorted. */
  readonly packages: readonly Package[];
}

export interface Package {
  readonly name: string;
  /** The files that import it: from there it is found. */
  readonly importers: readonly string[];
}

const HERE = fileURLToPath(import.meta.url);
/** `.ts` from source, `.js` from the build. */
const ENDING = extname(HERE);

/** A module of our own, from the project's root and without its ending. */
function ownModule(path: string): string {
  return resolve(dirname(HERE), '../..', `${path}${ENDING}`);
}

/** The file of a document type: of ours by its name, or a person's own. */
export function documentsModule(documents: string, cwd: string): string {
  return isFileName(documents) ? resolve(cwd, documents) : ownModule(`models/documents/${documents}`);
}

/**
 * Bundles a document type.
 *
 * @param module its file
 * @param call code that is run at the end, with the type as `documents`; names that it uses freely stay free
 * @param needsBooks whether that calls the accounting rules
 * @throws Error where the code cannot be bundled
 */
export async function bundleDocuments(module: string, call: string, needsBooks: boolean): Promise<Bundle> {
  const books = `import { trialBalance, unbalancedTransactions } from ${JSON.stringify(ownModule('models/ledger'))};\n`;
  const contents = `import documents from ${JSON.stringify(module)};\n${needsBooks ? books : ''}${call}\n`;
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: dirname(module), sourcefile: 'reproduction.js', loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    charset: 'utf8',
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: dirname(module),
  });
  const folder = dirname(module);
  const left = Object.values(metafile.outputs).flatMap((output) => output.imports);
  const names = new Set(left.filter(isOfPackage).map(({ path }) => packageOf(path)));
  const importers = new Map([...names].sort().map((name) => [name, new Set<string>()]));
  for (const [file, { imports }] of Object.entries(metafile.inputs)) {
    for (const each of imports.filter(isOfPackage)) importers.get(packageOf(each.path))?.add(resolve(folder, file));
  }
  const packages = [...importers].map(([name, files]) => ({ name, importers: [...files].sort() }));
  return { text: outputFiles[0]!.text, packages };
}

function isOfPackage({ external, path }: { readonly external?: boolean; readonly path: string }): boolean {
  return external === true && !isBuiltin(path);
}

/** The module that serves chance and time to the process's own functions, as a data URL. */
export async function ambientModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [ownModule('cli/emit/ambient-module')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    write: false,
    logLevel: 'silent',
  });
  return `data:text/javascript,${encodeURIComponent(outputFiles[0]!.text.trim()).replaceAll("'", '%27')}`;
}

/** `@scope/name/deep` is of the package `@scope/name`. */
function packageOf(path: string): string {
  return path.split('/', path.startsWith('@') ? 2 : 1).join('/');
}
