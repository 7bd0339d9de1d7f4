// The finding files of a sharded hunt: found where its shards' results have been brought, and copied to one folder. It must
// not know how results are merged. What is read is data and is never run.
import { statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { FindingFile } from '../scenarios/search/finding-file.ts';
import { type Kept, keepFinding, readFindingFile } from './finding-files.ts';
import type { MergedFinding } from './merge-shards.ts';

/** A finding's file that was found. */
export interface Located {
  /** As a command names it. */
  readonly name: string;
  readonly file: FindingFile;
  /** Whether it is of the lowest seed; shards that wrote to one folder may have left another one's. */
  readonly isOfSeed: boolean;
}

/**
 * The file of a finding: that of its lowest seed, otherwise any with its signature; undefined where there is none that can
 * be read.
 */
export function locate({ finding, holders }: MergedFinding, cwd: string): Located | undefined {
  let other: Located | undefined;
  for (const holder of holders) {
    for (const name of placesOf(holder.finding.file!, holder.shard.name)) {
      const file = readable(name, cwd);
      if (file === undefined || file.finding.signature !== finding.signature) continue;
      const isOfSeed = file.seed === finding.seed;
      if (isOfSeed) return { name, file, isOfSeed };
      other ??= { name, file, isOfSeed };
    }
  }
  return other;
}

/** Copies a finding's file to a folder. One of the same finding that was there before gives way. */
export function copyFinding(folder: string, { file }: Located, cwd: string): Promise<Kept> {
  return keepFinding(folder, file, cwd, async () => false);
}

/**
 * Where a file may lie that a result names: beside the result, with all of its path or with its end alone, as results that
 * were carried from one machine to another lose the folders above; or as it is named.
 */
function placesOf(file: string, result: string): string[] {
  const folder = dirname(result);
  const parts = file.split(/[/\\]/).filter((part) => part !== '' && part !== '.' && part !== '..');
  const tails = isAbsolute(file) ? [] : parts.map((_, at) => join(folder, ...parts.slice(at)));
  const bySelf = isAbsolute(file) ? [join(folder, ...parts.slice(-2)), join(folder, ...parts.slice(-1))] : tails;
  return [...bySelf, file];
}

function readable(name: string, cwd: string): FindingFile | undefined {
  if (statSync(resolve(cwd, name), { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  try {
    return readFindingFile('file of a shard', name, cwd);
  } catch {
    return undefined;
  }
}
