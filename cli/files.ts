// Files that a person names: read with one clear line where something is wrong, written whole or not at all.
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InputError } from '../sim/errors.ts';

const MODULES = ['.ts', '.mts', '.js', '.mjs'];

/** Whether a text names a file rather than one of our own by name. */
export function isFileName(text: string): boolean {
  return /[/\\]/.test(text) || [...MODULES, '.json'].includes(extname(text));
}

/** The name of a file without folder and ending: `./profiles/mine.json` is `mine`. */
export function stemOf(file: string): string {
  return basename(file, extname(file));
}

/** An error of the system or of a module, short: its first line, without the system's code and path. */
export function reasonOf(error: unknown): string {
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error(String(error));
  if (code === 'EACCES' || code === 'EPERM') return 'no permission';
  if (code === 'EROFS') return 'a read-only file system';
  const line = message.split('\n')[0]!.replaceAll(resolve('.') + '/', '');
  return code !== undefined && line.startsWith(`${code}: `) ? line.slice(code.length + 2).split(',')[0]! : line;
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function notFound(field: string, file: string): InputError {
  return new InputError(field, file, 'a file that exists', 'ERR_FILE');
}

/** Refuses what is no readable regular file. */
function checkReadable(field: string, file: string, path: string): void {
  let stats: Stats | undefined;
  try {
    stats = statOf(path);
  } catch (error) {
    throw new InputError(field, file, `a readable file (${reasonOf(error)})`, 'ERR_FILE');
  }
  if (stats === undefined) throw notFound(field, file);
  if (stats.isDirectory()) throw new InputError(field, file, 'a file, not a directory', 'ERR_FILE');
}

/**
 * What a file says: parsed JSON, or the default export of a module (`.ts`, `.mts`, `.js`, `.mjs`).
 * @param field the flag or argument that named the file
 * @throws InputError where it is missing, a directory, unreadable, malformed, or has no default export
 */
export async function loadFile(field: string, file: string, cwd: string): Promise<unknown> {
  const path = resolve(cwd, file);
  checkReadable(field, file, path);
  const ending = extname(file);
  if (ending === '.json') {
    try {
      // Some editors begin a file with a byte order mark.
      return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')) as unknown;
    } catch (error) {
      throw new InputError(field, file, `a readable JSON file (${reasonOf(error)})`, 'ERR_FILE');
    }
  }
  if (!MODULES.includes(ending)) {
    throw new InputError(field, file, `a file that ends in ${['.json', ...MODULES].join(', ')}`, 'ERR_FILE');
  }
  let module: { default?: unknown };
  // Node's remarks on a file that fails to load would stand above the one line that says what to do.
  const before = setWarnings([]);
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    // What Node says of a .ts or .js file in a package that is not of type module.
    const isScript = error instanceof SyntaxError && error.message.startsWith('Cannot use import statement');
    const hint = isScript ? '; end its name in .mts or .mjs, or set "type": "module" in package.json' : '';
    throw new InputError(field, file, `a module that loads (${reasonOf(error)}${hint})`, 'ERR_FILE');
  } finally {
    setWarnings(before);
  }
  if (module.default === undefined) throw new InputError(field, file, 'a module with a default export', 'ERR_FILE');
  return module.default;
}

type WarningListener = (warning: Error) => void;

/** Sets who hears of the process's warnings, and gives who did before. */
function setWarnings(listeners: readonly WarningListener[]): WarningListener[] {
  const before = process.listeners('warning');
  process.removeAllListeners('warning');
  for (const listener of listeners) process.on('warning', listener);
  return before;
}

/** The configuration file of a folder, if it has one. */
export function findConfigFile(cwd: string): string | undefined {
  return ['squall.config.ts', 'squall.config.mts', 'squall.config.js', 'squall.config.mjs', 'squall.config.json'].find(
    (name) => statOf(join(cwd, name)) !== undefined,
  );
}

/**
 * Checks that a result can be written to a file, before there is a result: its folder exists and takes a new file, and
 * what stands at its place, if anything, is a regular file. Leaves nothing behind.
 * @throws InputError naming the flag
 */
export function checkTarget(field: string, file: string, cwd: string): void {
  if (file === '') throw new InputError(field, file, 'a file to write', 'ERR_FILE');
  const path = resolve(cwd, file);
  try {
    const folder = statOf(dirname(path));
    if (folder === undefined) throw new InputError(field, file, 'a file in a folder that exists', 'ERR_FILE');
    if (!folder.isDirectory()) throw new InputError(field, file, 'a file in a folder', 'ERR_FILE');
    const stats = statOf(path);
    if (stats?.isDirectory() === true || file.endsWith('/')) {
      throw new InputError(field, file, 'a file, not a directory', 'ERR_FILE');
    }
    if (stats !== undefined && !stats.isFile()) throw new InputError(field, file, 'a regular file', 'ERR_FILE');
    const probe = temporaryName(targetOf(path));
    closeSync(openSync(probe, 'wx'));
    rmSync(probe);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(field, file, `a file that can be written (${reasonOf(error)})`, 'ERR_FILE');
  }
}

/**
 * Writes a file whole or not at all: under another name in its folder first, then renamed.
 * @throws InputError naming the flag, with nothing left behind
 */
export function writeWhole(field: string, file: string, text: string, cwd: string): void {
  const path = targetOf(resolve(cwd, file));
  const temporary = temporaryName(path);
  try {
    const descriptor = openSync(temporary, 'wx');
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new InputError(field, file, `a file that can be written (${reasonOf(error)})`, 'ERR_FILE');
  }
}

/**
 * Checks that files can be written to a folder, before there are any: it is one, or can be made. It is tried, as what a
 * file system allows cannot be told from permissions alone; nothing is left behind.
 * @throws InputError naming the flag
 */
export function checkFolder(field: string, folder: string, cwd: string): void {
  if (folder === '') throw new InputError(field, folder, 'a folder to write to', 'ERR_FILE');
  const whole = resolve(cwd, folder);
  let path = whole;
  try {
    while (statOf(path) === undefined) path = dirname(path);
    if (!statSync(path).isDirectory()) throw new InputError(field, folder, 'a folder', 'ERR_FILE');
    accessSync(path, constants.W_OK);
    const made: string[] = [];
    try {
      makeFolders(whole, made);
      const probe = temporaryName(join(whole, 'probe'));
      closeSync(openSync(probe, 'wx'));
      rmSync(probe);
    } finally {
      removeEmpty(made);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(field, folder, `a folder that can be written (${reasonOf(error)})`, 'ERR_FILE');
  }
}

/**
 * Makes a folder and those above it that are not there, one by one: where none can be made, as in `/proc`, Node's own
 * recursion never ends.
 * @param made takes those that were made
 */
function makeFolders(path: string, made: string[] = []): void {
  if (statOf(path)?.isDirectory() === true) return;
  makeFolders(dirname(path), made);
  try {
    mkdirSync(path);
    made.push(path);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (statOf(path)?.isDirectory() !== true) throw error;
  }
}

/** Removes folders, the last first. Where somebody has put something, they stay. */
function removeEmpty(folders: readonly string[]): void {
  try {
    for (const folder of folders.toReversed()) rmdirSync(folder);
  } catch {
    // Not empty any more: it is in use.
  }
}

/**
 * Makes a folder, if it is not there.
 * @throws InputError naming what the folder is for
 */
export function makeFolder(field: string, folder: string): void {
  try {
    makeFolders(folder);
  } catch (error) {
    throw new InputError(field, folder, `a folder that can be written (${reasonOf(error)})`, 'ERR_FILE');
  }
}

/** Where a link points, so that the link stays one. */
function targetOf(path: string): string {
  return statOf(path) === undefined ? path : realpathSync(path);
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}
