// Finding files on disk: found, read, and kept, whole or not at all. It must not know what stands in one beyond its
// signature, documents and size.
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  FINDING_CHARS_MAX,
  type FindingFile,
  findingFileName,
  findingFileText,
  parseFindingFile,
} from '../scenarios/search/finding-file.ts';
import { isLarger } from '../scenarios/search/plan-size.ts';
import { InputError } from '../sim/errors.ts';
import { makeFolder, reasonOf, stemOf, writeWhole } from './files.ts';
import { repeatCommand } from './report/failure.ts';

/** Files with one name in a folder are told apart by a number up to this. */
const NUMBER_MAX = 1000;

/** The command that replays a finding's file. */
export function replayCommandOf(file: string): string {
  return repeatCommand('replay', [file], []);
}

/**
 * The files that a person names, each folder's finding files sorted by name in its place.
 *
 * @param field how the argument is called in messages
 * @throws InputError for what does not exist, and for a folder without finding files
 */
export function findingFilesOf(field: string, named: readonly string[], cwd: string): string[] {
  return named.flatMap((name) => {
    if (statOf(field, name, cwd)?.isDirectory() !== true) return [name];
    let entries: string[];
    try {
      entries = readdirSync(resolve(cwd, name));
    } catch (error) {
      throw new InputError(field, name, `a folder that can be read (${reasonOf(error)})`, 'ERR_FILE');
    }
    const files = entries.filter((entry) => entry.endsWith('.json') && !entry.startsWith('.')).sort();
    if (files.length === 0) throw new InputError(field, name, 'a folder with finding files (.json)', 'ERR_FILE');
    return files.map((file) => join(name, file));
  });
}

/**
 * A finding file, read and checked. One that is too large is refused before it is read.
 * @throws InputError that says what is wrong with it
 */
export function readFindingFile(field: string, name: string, cwd: string): FindingFile {
  const stats = statOf(field, name, cwd);
  if (stats === undefined) throw new InputError(field, name, 'a file that exists', 'ERR_FILE');
  if (stats.isDirectory()) throw new InputError(field, name, 'a file, not a directory', 'ERR_FILE');
  if (!stats.isFile()) throw new InputError(field, name, 'a regular file', 'ERR_FILE');
  if (stats.size > FINDING_CHARS_MAX) {
    const expected = `a finding file of at most ${FINDING_CHARS_MAX} bytes, not ${stats.size}`;
    throw new InputError(field, name, expected, 'ERR_FILE');
  }
  let text: string;
  try {
    text = readFileSync(resolve(cwd, name), 'utf8');
  } catch (error) {
    throw new InputError(field, name, `a file that can be read (${reasonOf(error)})`, 'ERR_FILE');
  }
  checkNoResult(field, name, text);
  return parseFindingFile(name, text);
}

/** @throws InputError for a file that --json has written */
function checkNoResult(field: string, name: string, text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What is wrong with it is said when it is parsed as a finding.
    return;
  }
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value) || 'formatVersion' in value) return;
  const what =
    'seedsDone' in value
      ? 'this is the result of a hunt; the finding files are those that it names'
      : 'files' in value
        ? 'this is the result of a replay'
        : 'this is the result of a run; hunt makes finding files';
  throw new InputError(field, name, `a finding file (${what})`, 'ERR_FINDING');
}

/** What became of a finding that was to be kept. */
export interface Kept {
  /** Where it lies, as a command names it. */
  readonly file: string;
  /** What holds now: the one that was to be kept, or a smaller one that was there before. */
  readonly held: FindingFile;
  readonly what: 'new' | 'replaced' | 'older stays';
}

/**
 * Keeps a finding in a folder, which is made if it is not there. A file with the same finding, of the same documents,
 * gives way unless it is smaller and still holds.
 *
 * @param stillHolds whether a file's plan still shows its finding
 * @throws InputError naming the flag where nothing can be written
 */
export async function keepFinding(
  folder: string,
  finding: FindingFile,
  cwd: string,
  stillHolds: (older: FindingFile) => Promise<boolean>,
): Promise<Kept> {
  makeFolder('--findings', resolve(cwd, folder));
  const stem = stemOf(findingFileName(finding.scenario, finding.finding.signature));
  for (let number = 1; number <= NUMBER_MAX; number++) {
    const file = join(folder, number === 1 ? `${stem}.json` : `${stem}-${number}.json`);
    if (statOf('--findings', file, cwd) !== undefined) {
      const older = readable(file, cwd);
      if (older === undefined || !isSameFinding(older, finding)) continue;
      if (isLarger(finding.sizeAfter, older.sizeAfter) && (await stillHolds(older))) {
        return { file, held: older, what: 'older stays' };
      }
      return { file, held: writeFinding('--findings', file, finding, cwd), what: 'replaced' };
    }
    return { file, held: writeFinding('--findings', file, finding, cwd), what: 'new' };
  }
  throw new InputError('--findings', folder, `fewer than ${NUMBER_MAX} files that begin with ${stem}`, 'ERR_FILE');
}

/** Writes a finding file, with the command that replays it from there; gives what was written. */
export function writeFinding(field: string, file: string, finding: FindingFile, cwd: string): FindingFile {
  const written = { ...finding, command: replayCommandOf(file) };
  writeWhole(field, file, findingFileText(written), cwd);
  return written;
}

function isSameFinding(one: FindingFile, other: FindingFile): boolean {
  return one.finding.signature === other.finding.signature && one.documents === other.documents;
}

/** What stands at a name: undefined where it is something else, or of a version that is not understood. */
function readable(file: string, cwd: string): FindingFile | undefined {
  try {
    return readFindingFile('--findings', file, cwd);
  } catch {
    return undefined;
  }
}

function statOf(field: string, name: string, cwd: string): Stats | undefined {
  try {
    return statSync(resolve(cwd, name), { throwIfNoEntry: false });
  } catch (error) {
    throw new InputError(field, name, `a readable file (${reasonOf(error)})`, 'ERR_FILE');
  }
}
