// What the README says, held against what the product does: the output that it shows, the flags, the exit codes, the
// profiles, the folders. `npx vitest run test/docs -u` puts the present output into it.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { formatDuration } from '../../cli/durations.ts';
import { grouped } from '../../cli/report/format.ts';
import { FAULT_PRESETS } from '../../scenarios/fault-presets.ts';
import { NETWORKS } from '../../scenarios/networks.ts';
import { PROFILES } from '../../scenarios/profiles/profiles.ts';
import { EXIT_PRECEDENCE } from '../../scenarios/result.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');

/** Runs the built command in the root folder and gives what it says. */
function squall(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/cli/main.js', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

/** The rows of the table whose first column has this head, as cells. */
function rowsOf(head: string): string[][] {
  const begin = readme.search(new RegExp(`^\\| ${head} +\\|`, 'm'));
  const lines = begin < 0 ? [] : readme.slice(begin).split('\n\n')[0]!.trimEnd().split('\n').slice(2);
  return lines.map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | +\|$/g, '').trim()));
}

describe('the output that is shown', () => {
  const [, command] = /npm ci && (npx squall run .+)/.exec(readme)!;
  const shown = /## What one sees\n\n```text\n([\s\S]+?)```/.exec(readme)![1]!;

  /** A line without its values: a dotted name, a key, or the whole. */
  const label = (line: string): string => line.split(/ \.{2,}:|(?<=\S) {2,}/)[0]!.trimEnd();
  /** Speed differs from run to run: where the virtual time stands, the line stays as it is. */
  const isSpeed = (line: string): boolean => line.includes(' of virtual time in ');

  test('is what the command prints, but for what is left out and for speed', async () => {
    const { status, out } = squall(...command!.split(' ').slice(2));
    expect(status).toBe(0);
    const printed = new Map(out.split('\n').map((line) => [label(line), line.replace(/ {2,}p99\.9=.*$/, '  …')]));
    const actual = shown
      .split('\n')
      .map((line) => (line === '…' || isSpeed(line) ? line : (printed.get(label(line)) ?? `not printed: ${line}`)))
      .join('\n');
    const virtual = (text: string): string | undefined => / {2}(\S+) of virtual time/.exec(text)?.[1];
    expect(virtual(shown)).toBe(virtual(out));
    await expect(readme.replace(shown, () => actual)).toMatchFileSnapshot('../../README.md');
  });

  test('ends with the words of a run that passed', () => {
    expect(shown.trimEnd()).toMatch(/✓ passed$/);
  });
});

test('npx can start the built command: it may be executed', () => {
  expect(() => accessSync(`${root}dist/cli/main.js`, constants.X_OK)).not.toThrow();
});

test('a failing run ends as shown', () => {
  const [shown, args] = /✗ failed: a threshold.+\n\nrepeat it with:\n {2}npx squall (run .+)\n/.exec(readme)!;
  const { status, out } = squall(...args!.split(' '));
  expect(status).toBe(99);
  expect(out.endsWith(shown)).toBe(true);
});

test('a hunt finds, shrinks and explains what is shown', { timeout: 60_000 }, () => {
  const args = /npx squall (hunt .+--documents .+)\n/.exec(readme)![1]!.split(' ');
  const shown = /✗ safety: causality[^]+?\n {2}kept in findings\/(\S+);/.exec(readme)!;
  const folder = mkdtempSync(join(tmpdir(), 'squall-readme-'));
  try {
    const { status, out } = squall(...args, '--findings', folder);
    expect(status).toBe(1);
    expect(out.replaceAll(folder, 'findings')).toContain(shown[0]);
    expect(squall('replay', join(folder, shown[1]!), '--exact').status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a misspelt key is refused as shown', () => {
  const shown = /ERR_CONFIG .+\n/.exec(readme)![0];
  const [, key, value] = /ERR_CONFIG (\S+): got (\S+),/.exec(shown)!;
  expect(squall('run', 'sync-relay', '--set', `${key}=${value}`)).toEqual({ status: 2, out: '', err: shown });
});

test('each flag stands in the table, and no other', () => {
  const flagsIn = (text: string): string[] => [...new Set(text.match(/--[a-z][a-z-]+/g))].toSorted();
  const flagsOf = (command: string): string[] => {
    return flagsIn(
      squall(command, '--help')
        .out.match(/^ {2}(?:-\w, )?--[a-z-]+/gm)!
        .join(),
    );
  };
  const inTable = (heading: string): string[] =>
    flagsIn(
      rowsOf(heading)
        .map(([cell]) => cell!)
        .join(),
    );
  expect(inTable('flag')).toEqual(flagsOf('run'));
  // Those of run hold for a hunt as well, but for a single seed and for what is only for one run.
  const own = flagsOf('hunt').filter(
    (flag) => !flagsOf('run').includes(flag) || ['--faults', '--profile'].includes(flag),
  );
  expect(inTable('flag of `hunt`')).toEqual(own);
});

test('each network and each preset of faults is named', () => {
  const named = rowsOf('flag').join();
  for (const name of [...Object.keys(NETWORKS), ...Object.keys(FAULT_PRESETS)]) expect(named).toContain(`\`${name}\``);
});

test('each profile is described as it is', () => {
  const minutes = (ms: number): string =>
    formatDuration(ms)
      .replace(/(\d+)m$/, '$1 min')
      .replace(/(\d+)s$/, '$1 s');
  const described = Object.values(PROFILES).map(
    ({ name, users, conflictUsers, durationMs, rampUpMs, band, editsInAll }) => [
      `\`${name}\``,
      grouped(users),
      grouped(conflictUsers),
      minutes(durationMs) + (editsInAll === undefined ? '' : `, about ${editsInAll} edits in all`),
      rampUpMs === 0 ? 'none' : minutes(rampUpMs),
      band === undefined ? '–' : `${grouped(band.requestsPerSecondMin)}–${grouped(band.requestsPerSecondMax)} req/s`,
    ],
  );
  expect(rowsOf('profile')).toEqual(described);
});

test('the exit codes of the help stand in the table, and the order is the one that holds', () => {
  const table = rowsOf('exit').map(([code]) => Number(code));
  const codes = ['run', 'hunt', 'replay', 'shrink', 'baseline', 'merge'].flatMap((command) =>
    squall(command, '--help')
      .out.split('exit codes:')[1]!
      .match(/\b\d+\b/g)!
      .map(Number),
  );
  expect(table).toEqual([...new Set(codes)].toSorted((one, other) => one - other));
  const [, order] = /the first of ([\d, ]+) is given/.exec(readme)!;
  expect(order!.split(', ').map(Number)).toEqual(EXIT_PRECEDENCE.filter((code) => code > 0 && table.includes(code)));
});

test('each folder of the map is there', () => {
  const folders = rowsOf('folder').flatMap(([cell]) => cell!.match(/[\w.-]+(?=\/`)/g)!);
  expect(folders.length).toBeGreaterThan(6);
  for (const folder of folders) expect(existsSync(root + folder), folder).toBe(true);
});
