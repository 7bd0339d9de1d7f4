// `squall history` on a real file: lists, trends, exports and pruning.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { historyCommand } from '../../../cli/commands/history.ts';
import { csvText } from '../../../cli/history/csv.ts';
import { saveResult } from '../../../cli/history/save.ts';
import type { Result } from '../../../scenarios/result.ts';
import { squall } from '../command.ts';
import { recordedResult, recordingIo } from '../recorded-result.ts';

const NOW = Date.now();
const DAY_MS = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-history-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Keeps a run whose requests have a p95 of so many ms. */
function keep(p95: number, change: Partial<Result> = {}, daysAgo = 0, env: Record<string, string> = {}): void {
  const result = recordedResult(change);
  const metrics = result.metrics.map((metric) =>
    metric.name === 'requests' && metric.type === 'trend' ? { ...metric, values: { ...metric.values, p95 } } : metric,
  );
  saveResult({ ...result, metrics }, { text: () => undefined }, { cwd: folder, env }, NOW - daysAgo * DAY_MS);
}

async function history(args: string[], columns = 100): Promise<string> {
  const io = recordingIo({ cwd: folder, outColumns: () => columns });
  expect(await historyCommand(args, io)).toBe(0);
  return io.stdout;
}

const refusal = async (...args: string[]): Promise<string> =>
  historyCommand(args, recordingIo({ cwd: folder })).then(
    () => 'none',
    (error: Error) => error.message,
  );

describe('the list of runs', () => {
  it('has the newest last, and tells which are equal', async () => {
    keep(100, { seed: 'a' });
    keep(100, { seed: 'b', traceHash: 'ffff000011112222', verdict: 'threshold' });
    keep(100, { seed: 'a' });
    const text = await history([]);
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^run +saved +scenario +profile .*verdict$/);
    expect(lines.slice(1, 4).map((line) => line.trim().split(/ +/)[0])).toEqual(['1', '2', '3']);
    expect(lines[2]).toMatch(/ffff0000 +threshold$/);
    expect(text).toContain('2× sync-relay, light, seed a: runs 1, 3\n');
  });

  it('fits the terminal, and keeps what tells runs apart longest', async () => {
    keep(100);
    for (const columns of [40, 60, 80, 120]) {
      const text = await history([], columns);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      expect(text).toContain('sync-relay');
      expect(text).toContain('passed');
    }
    expect(await history([], 40)).not.toContain('trace');
    expect(await history([], 120)).toContain('trace');
  });

  it('has only what was asked for', async () => {
    keep(1, { scenario: 'one', profile: 'light', side: 'model', clock: 'virtual', seed: 's1' });
    keep(1, { scenario: 'two', profile: 'light', side: 'spawn', clock: 'virtual', seed: 's2' });
    keep(1, { scenario: 'one', profile: 'medium', side: 'spawn', clock: 'wall', seed: 's3' });
    const ids = async (...args: string[]): Promise<number[]> =>
      (await history([...args, '--csv', '-']))
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => Number(line.split(',')[0]));
    expect(await ids()).toEqual([1, 2, 3]);
    expect(await ids('--scenario', 'one')).toEqual([1, 3]);
    expect(await ids('--profile', 'light')).toEqual([1, 2]);
    expect(await ids('--side', 'spawn')).toEqual([2, 3]);
    expect(await ids('--clock', 'wall')).toEqual([3]);
    expect(await ids('--last', '2')).toEqual([2, 3]);
    expect(await ids('--scenario', 'one', '--last', '1')).toEqual([3]);
    expect(await history(['--scenario', 'none'])).toBe('no run that was kept matches\n');
    expect(await refusal('--clock', 'sun')).toContain('one of virtual, wall');
  });

  it('makes names from elsewhere harmless', async () => {
    keep(100, { scenario: '\u001b[31m::error::\n<script>', seed: '=cmd|"x"' });
    const text = await history([], 200);
    expect(text).toContain('\\x1b[31m::error::\\x0a<script>');
    // oxlint-disable-next-line no-control-regex -- that there is none is what is tested
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('is empty without a history, and refuses a named one that is not there', async () => {
    expect(await history([])).toContain('--save');
    expect(existsSync(join(folder, 'results'))).toBe(false);
    expect(await refusal('--history', 'gone.db')).toContain('--history: got "gone.db", expected a file that exists');
    writeFileSync(join(folder, 'text.db'), 'a text'.repeat(500));
    expect(await refusal('--history', 'text.db')).toContain('expected a history');
  });
});

describe('the trend of a figure', () => {
  const commit = 'abc1234'.padEnd(40, '0');

  it('is drawn with its axis, and says since when the level is another one', async () => {
    for (let run = 1; run <= 22; run++) {
      const isLater = run >= 12;
      keep(isLater ? 123 + (run % 3) : 100 + (run % 3), { seed: `${run}` }, 0, isLater ? { GITHUB_SHA: commit } : {});
    }
    const text = await history(['--metric', 'sync-relay.requests.p95'], 70);
    expect(text).toContain('since run 12 (commit abc1234): +23%, 101ms → 124ms');
    expect(text.match(/since run/g)).toHaveLength(1);
    const lines = text.split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(70);
    const rows = lines.filter((line) => /[│┤]/.test(line));
    expect(rows[0]).toMatch(/^125ms ┤/);
    expect(rows.at(-1)).toMatch(/^100ms ┤/);
    // The low level is drawn at the lower left, the high one at the upper right.
    const [top, bottom] = [rows[0]!.slice(8), rows.at(-1)!.slice(8)];
    const drawn = (line: string): boolean => /[\u2801-\u28ff]/.test(line);
    expect([drawn(top.slice(0, 20)), drawn(top.slice(30))]).toEqual([false, true]);
    expect([drawn(bottom.slice(0, 20)), drawn(bottom.slice(30))]).toEqual([true, false]);
    const axis = lines.find((line) => line.includes('└'))!;
    expect(axis.indexOf('▲') - axis.indexOf('─')).toBeGreaterThan(20);
    expect(text).toContain('run 1, ');
    expect(text).toContain('run 22, ');
    expect(text).not.toContain('\u001b');
    expect(await history(['--metric', 'requests.p95'], 70)).toBe(text);
  });

  it('is one for each profile, clock and side', async () => {
    keep(100);
    keep(900, { profile: 'heavy' });
    keep(500, { side: 'spawn', clock: 'wall' });
    const text = await history(['--metric', 'requests.p95']);
    expect(text.match(/· 1 run$/gm)).toHaveLength(3);
    expect(text).toContain('sync-relay · heavy · virtual clock · model · 1 run');
    expect(await history(['--metric', 'requests.p95', '--profile', 'heavy'])).not.toContain('light');
  });

  it('names the nearest where nobody has it', async () => {
    keep(100);
    expect(await refusal('--metric', 'sync-relay.request.p95')).toMatch(/did you mean sync-relay.requests.p95\?\)$/);
    expect(await refusal('--metric', 'request.p95')).toMatch(/did you mean requests.p95\?\)$/);
    expect(await refusal('--metric', 'nothing-like-it-anywhere')).toContain('such as sync-relay.');
    expect(await history(['--metric', 'requests.p95', '--profile', 'heavy'])).toBe('no run that was kept matches\n');
  });

  it('can be exported with its changes', async () => {
    for (let run = 1; run <= 16; run++) keep(run > 8 ? 200 : 100, { seed: `${run}` });
    await history(['--metric', 'requests.p95', '--csv', 'trend.csv', '--json', 'trend.json']);
    const rows = readFileSync(join(folder, 'trend.csv'), 'utf8').trimEnd().split('\n');
    expect(rows[0]).toMatch(/,metric,value,changeSince$/);
    expect(rows.slice(1).map((row) => row.split(',').slice(-2).join())).toEqual([
      ...Array<string>(8).fill('100,'),
      '200,1',
      ...Array<string>(7).fill('200,'),
    ]);
    const { trends } = JSON.parse(readFileSync(join(folder, 'trend.json'), 'utf8')) as {
      trends: { points: object[]; changes: object[] }[];
    };
    expect(trends[0]!.points).toHaveLength(16);
    expect(trends[0]!.changes).toEqual([{ run: 9, before: 100, after: 200, change: 1, pValue: 0 }]);
  });
});

describe('pruning', () => {
  it('removes what is older, or beyond the latest of each scenario and profile, and says how many', async () => {
    for (const days of [200, 100, 50, 2, 1]) keep(100, { seed: `${days}` }, days);
    keep(100, { profile: 'heavy' });
    expect(await history(['--prune', '--older', '90d'])).toBe('removed 2 runs\n');
    expect(await history(['--prune', '--keep', '2'])).toBe('removed 1 run\n');
    expect(await history(['--prune', '--keep', '2'])).toBe('removed 0 runs\n');
    expect(await history(['--prune', '--keep', '1', '--profile', 'light'])).toBe('removed 1 run\n');
    const csv = await history(['--csv', '-']);
    expect(
      csv
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    ).toEqual(['5', '6']);
    expect(await history(['--metric', 'requests.p95'])).toContain('heavy');
  });

  it('asks what is old, and flags that belong to it ask for it', async () => {
    keep(100);
    expect(await refusal('--prune')).toContain('--older <time> or --keep <n>');
    expect(await refusal('--older', '90d')).toContain('--prune with it');
    expect(await refusal('--keep', '3')).toContain('--prune with it');
    expect(await refusal('--prune', '--keep', '3', '--csv', 'x.csv')).toContain('--csv');
    expect(await refusal('--prune', '--keep', '0')).toContain('≥ 1');
  });
});

describe('a table as CSV', () => {
  it('holds no formula, and quotes what would break a row', () => {
    const rows = [['=1+1', '+x', '-x', '@x', ' =x', 'a"b', 'a,b', 'a\nb', '\t=x', -5, null, 'plain']];
    expect(csvText(['h'], rows)).toBe(`h\n'=1+1,'+x,'-x,'@x,' =x,"a""b","a,b",a\\x0ab,'\\x09=x,-5,,plain\n`);
  });
});

describe('the command', () => {
  it('keeps runs and shows them, without a word on standard error', () => {
    const first = squall(folder, 'run', 'sync-relay', '--profile', 'storm', '--seed', '7', '--save', '--quiet');
    expect([first.status, first.stderr]).toEqual([0, '']);
    const { status, stdout, stderr } = squall(folder, 'history', '--metric', 'sync-relay.push_response_time.p95');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('sync-relay · storm · virtual clock · model · 1 run');
    const help = squall(folder, 'history', '--help');
    expect(help.stdout).toContain('365 days');
  });
});
