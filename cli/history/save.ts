// Keeps a run's result in the history, and lets go of what is too old. It must not know the tables.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Result } from '../../scenarios/result.ts';
import { checkFolder, checkTarget, makeFolder } from '../files.ts';
import type { Arguments } from '../flags.ts';
import type { Io } from '../io.ts';
import { commitOf } from './commit.ts';
import { figuresOf } from './figures.ts';
import { HistoryStore } from './store.ts';

/** Where the history is unless `--history` says. */
export const HISTORY_FILE = 'results/history.db';

const DAY_MS = 86_400_000;
/** Runs are kept for so long, ms: a year. */
export const RETAINED_MS = 365 * DAY_MS;
/** And no more than so many; about 60 MB. */
export const RETAINED_RUNS = 10_000;

/**
 * Checks that a result can be kept, before there is one.
 * @throws InputError where the file is no history, or cannot be written
 */
export function checkHistory(parsed: Pick<Arguments, 'text'>, io: Pick<Io, 'cwd'>): void {
  const file = parsed.text('history') ?? HISTORY_FILE;
  const path = resolve(io.cwd, file);
  checkFolder('--history', dirname(path), io.cwd);
  if (!existsSync(dirname(path))) return;
  checkTarget('--history', file, io.cwd);
  if (existsSync(path)) new HistoryStore(path, file).close();
}

/**
 * Keeps a result; makes the history and its folder where they are not there.
 * @throws InputError where it cannot be kept
 */
export function saveResult(
  result: Result,
  parsed: Pick<Arguments, 'text'>,
  io: Pick<Io, 'cwd' | 'env'>,
  nowMs = Date.now(),
): void {
  const file = parsed.text('history') ?? HISTORY_FILE;
  const path = resolve(io.cwd, file);
  makeFolder('--history', dirname(path));
  const store = new HistoryStore(path, file);
  try {
    const { seed, scenario, profile, clock, side, verdict, traceHash, wallMs, events } = result;
    const run = {
      seed,
      scenario,
      profile,
      clock,
      side,
      verdict,
      traceHash,
      wallMs,
      events,
      savedAt: new Date(nowMs).toISOString(),
      toolVersion: result.tool.version,
      node: result.runtime.node,
      commit: commitOf(io.cwd, io.env),
      configHash: configHash(result.config),
    };
    store.add(run, figuresOf(result));
    retain(store, nowMs);
  } finally {
    store.close();
  }
}

/** Lets go of runs that are older than a year, and of all but the latest 10,000; gives how many. */
export function retain(store: HistoryStore, nowMs: number): number {
  const aged = store.remove({}, { before: new Date(nowMs - RETAINED_MS).toISOString() });
  return aged + store.removeAllBut(RETAINED_RUNS);
}

/** Sixteen hexadecimal digits that stand for a configuration without its seed. */
export function configHash(config: object): string {
  const { seed: _seed, ...rest } = config as Record<string, unknown>;
  return createHash('sha256')
    .update(JSON.stringify(sorted(rest)))
    .digest('hex')
    .slice(0, 16);
}

/** The same with keys in order at every depth. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
