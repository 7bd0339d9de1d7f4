// Writes baselines: the file of each run that may be one, and the page made from all files of the folder. It must not
// know how arguments are read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Baseline, baselineOf, baselineText } from '../../scenarios/baseline/baseline-file.ts';
import { changesBetween } from '../../scenarios/baseline/changes.ts';
import type { Change } from '../../scenarios/baseline/comparison.ts';
import { workloadHash } from '../../scenarios/baseline/workload-hash.ts';
import { makeFolder, writeWhole } from '../files.ts';
import type { Runs } from './launch.ts';
import { traceVersions } from './library-versions.ts';
import { baselineMarkdown } from './markdown.ts';
import { readBaseline, type Task } from './tasks.ts';

/** The page beside the files. */
export const PAGE = 'BASELINE.md';

/** What came of a run that was to be a baseline. */
export interface Updated {
  readonly task: Task;
  /** Left out where the run may be none. */
  readonly made?: Baseline;
  readonly changes: readonly Change[];
  readonly exitCode: number;
  readonly said: string;
}

/** Runs a task. What has findings, or is no whole run, is no baseline; a crossed threshold is told in it. */
export async function makeBaseline(task: Task, runs: Runs, cwd: string): Promise<Updated> {
  const { result, exitCode, said } = await runs.run(task.args);
  const refused = { task, changes: [], exitCode, said };
  if (result === undefined || (exitCode !== 0 && exitCode !== 99)) return refused;
  const hash = await workloadHash(task.input);
  const made = baselineOf(result, hash, traceVersions(task.config.documents, cwd));
  const changes = task.baseline === undefined ? [] : changesBetween(task.baseline, made);
  return { task, made, changes, exitCode: 0, said };
}

/** Writes the files that differ, and the page. @returns those that were written */
export function writeBaselines(updated: readonly Updated[], folder: string, cwd: string): Set<Updated> {
  const written = new Set<Updated>();
  makeFolder('--baselines', resolve(cwd, folder));
  for (const each of updated) {
    if (each.made === undefined) continue;
    const text = baselineText(each.made);
    const path = resolve(cwd, each.task.file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    makeFolder('--baselines', dirname(path));
    writeWhole('--baselines', each.task.file, text, cwd);
    written.add(each);
  }
  const page = join(folder, PAGE);
  const text = baselineMarkdown(readBaselines(folder, cwd));
  const path = resolve(cwd, page);
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeWhole('--baselines', page, text, cwd);
  return written;
}

/** All baselines of a folder, by name. @throws InputError for one that is none */
export function readBaselines(folder: string, cwd: string): Baseline[] {
  const names = readdirSync(resolve(cwd, folder)).filter((name) => name.endsWith('.json') && !name.startsWith('.'));
  return names.sort().flatMap((name) => readBaseline(join(folder, name), cwd) ?? []);
}
