// What is kept of a result in a real file, by one process and by several at once, and files that are no history.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitOf } from '../../../cli/history/commit.ts';
import { checkHistory, configHash, retain, RETAINED_RUNS, saveResult } from '../../../cli/history/save.ts';
import { HistoryStore } from '../../../cli/history/store.ts';
import { recordedResult } from '../recorded-result.ts';

const SAVING = fileURLToPath(new URL('saving-process.ts', import.meta.url));
const NOW = Date.parse('2026-11-23T10:00:00Z');
const DAY_MS = 86_400_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-history-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const at = (file?: string) => ({ text: (name: string) => (name === 'history' ? file : undefined) });
const io = () => ({ cwd: folder, env: {} });
const usual = (): string => join(folder, 'results/history.db');

function withStore<T>(path: string, use: (store: HistoryStore) => T): T {
  const store = new HistoryStore(path, path);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

describe('a saved result', () => {
  it('is a run with all its figures, in a folder that is made', () => {
    saveResult(recordedResult(), at(), io(), NOW);
    const [run, ...others] = withStore(usual(), (store) => store.runs({}, 10));
    expect(others).toEqual([]);
    expect(run).toEqual({
      id: 1,
      savedAt: '2026-11-23T10:00:00.000Z',
      seed: '42',
      scenario: 'sync-relay',
      profile: 'light',
      clock: 'virtual',
      side: 'model',
      verdict: 'passed',
      traceHash: '0123456789abcdef',
      toolVersion: '0.1.0',
      node: '24.0.0',
      commit: null,
      configHash: configHash(recordedResult().config),
      wallMs: 3100,
      events: 1_234_567,
    });
    const value = (name: string) =>
      withStore(usual(), (store) => store.values(name, {}, 10)).map((each) => [each.value, each.unit]);
    expect(value('requests.p95')).toEqual([[128.44, 'ms']]);
    expect(value('requests.count')).toEqual([[95_164, 'number']]);
    expect(value('requests_failed.rate')).toEqual([[0.00001, 'share']]);
    expect(value('requests_failed.total')).toEqual([[95_164, 'number']]);
    expect(value('changes_accepted.perSecond')).toEqual([[41.15, 'perSecond']]);
    expect(value('log_bytes.value')).toEqual([[7_406_000, 'number']]);
    expect(value('offered.achieved')).toEqual([[317.2, 'perSecond']]);
    // A time without a sample has none.
    expect(value('catch_up_time.count')).toEqual([[0, 'number']]);
    expect(value('catch_up_time.p95')).toEqual([]);
  });

  it('has one hash of its configuration whatever its seed and the order of its keys', () => {
    const hash = configHash({ seed: 'a', users: 5, relay: { workers: 2, name: 'x' } });
    expect(configHash({ relay: { name: 'x', workers: 2 }, users: 5, seed: 'b' })).toBe(hash);
    expect(configHash({ relay: { name: 'x', workers: 3 }, users: 5, seed: 'b' })).not.toBe(hash);
  });

  it('is kept whole by processes that save at the same time, from the making of the file on', async () => {
    const processes = ['a', 'b', 'c'].map((prefix) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SAVING, folder, prefix, '15']);
      let said = '';
      child.stderr.on('data', (text: Buffer) => (said += text.toString()));
      return new Promise<string>((resolve) => child.on('close', (code) => resolve(`${code} ${said}`)));
    });
    expect(await Promise.all(processes)).toEqual(['0 ', '0 ', '0 ']);
    withStore(usual(), (store) => {
      const runs = store.runs({}, 100);
      expect(runs.length).toBe(45);
      expect(new Set(runs.map(({ seed }) => seed)).size).toBe(45);
      expect(store.values('requests.p95', {}, 100).length).toBe(45);
    });
  });

  it('lets go of runs of more than a year, and of none that is younger', () => {
    for (const days of [400, 366, 364, 0]) {
      saveResult(recordedResult({ seed: `${days}` }), at(), io(), NOW - days * DAY_MS);
    }
    const runs = withStore(usual(), (store) => store.runs({}, 10));
    expect(runs.map(({ seed }) => seed)).toEqual(['364', '0']);
    expect(runs.map(({ id }) => id)).toEqual([3, 4]);
  });

  it('lets go of all but the latest 10,000', () => {
    saveResult(recordedResult(), at(), io(), NOW);
    const db = new DatabaseSync(usual());
    db.exec('BEGIN');
    const columns =
      'saved_at, seed, scenario, profile, clock, side, verdict, trace_hash, tool_version, node, config_hash';
    for (let index = 0; index < RETAINED_RUNS + 4; index++) {
      db.exec(
        `INSERT INTO runs (${columns}, wall_ms, events) SELECT ${columns}, wall_ms, events FROM runs WHERE id = 1`,
      );
    }
    db.exec('COMMIT');
    db.close();
    withStore(usual(), (store) => {
      expect(retain(store, NOW)).toBe(5);
      const runs = store.runs({}, 20_000);
      expect(runs.length).toBe(RETAINED_RUNS);
      expect(runs[0]!.id).toBe(6);
      // The figures of a run that is gone are gone too.
      expect(store.values('requests.p95', {}, 10)).toEqual([]);
      expect(retain(store, NOW)).toBe(0);
    });
  });
});

describe('a file that is no history', () => {
  const refused = (file: string, expected: RegExp): void => {
    const before = readFileSync(join(folder, file));
    expect(() => checkHistory(at(file), io())).toThrow(expected);
    expect(() => saveResult(recordedResult(), at(file), io(), NOW)).toThrow(expected);
    expect(readFileSync(join(folder, file))).toEqual(before);
  };

  it('is refused and left as it is: a text, another database, a later version', () => {
    writeFileSync(join(folder, 'text.db'), 'no database at all, but long enough to be looked at'.repeat(50));
    refused('text.db', /^ERR_FILE --history: got "text.db", expected a history, which is a SQLite database$/);
    const other = new DatabaseSync(join(folder, 'other.db'));
    other.exec('CREATE TABLE mine (x)');
    other.close();
    refused('other.db', /^ERR_FILE --history: got "other.db", expected a history that Squall has made$/);
    saveResult(recordedResult(), at('later.db'), io(), NOW);
    const later = new DatabaseSync(join(folder, 'later.db'));
    later.exec('PRAGMA user_version = 7; PRAGMA journal_mode = DELETE');
    later.close();
    refused('later.db', /expected a history of version 1 \(another Squall made this one: version 7\)$/);
  });

  it('is refused where it is damaged', () => {
    saveResult(recordedResult(), at('torn.db'), io(), NOW);
    const bytes = readFileSync(join(folder, 'torn.db'));
    bytes.fill(0xaa, 100);
    writeFileSync(join(folder, 'torn.db'), bytes);
    expect(() => checkHistory(at('torn.db'), io())).toThrow(/--history: got "torn.db", expected a sound history/);
  });

  it('is refused where it is a folder, or below a file', () => {
    mkdirSync(join(folder, 'a-folder'));
    writeFileSync(join(folder, 'a-file'), '');
    expect(() => checkHistory(at('a-folder'), io())).toThrow(/--history: .*a file, not a directory/);
    expect(() => checkHistory(at('a-file/history.db'), io())).toThrow(/--history/);
  });

  it('is not made by a check', () => {
    checkHistory(at(), io());
    expect(existsSync(join(folder, 'results'))).toBe(false);
  });
});

describe('the commit', () => {
  const hash = '0123456789abcdef0123456789abcdef01234567';
  const other = 'f'.repeat(40);
  const git = (name: string, text: string): void => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };

  it('is that of the branch, loose or packed, or of the detached head', () => {
    git('.git/HEAD', `${hash}\n`);
    mkdirSync(join(folder, 'below'));
    expect(commitOf(join(folder, 'below'), {})).toBe(hash);
    git('.git/HEAD', 'ref: refs/heads/main\n');
    git('.git/packed-refs', `# pack-refs with: peeled\n${other} refs/heads/else\n${hash} refs/heads/main\n^${other}\n`);
    expect(commitOf(folder, {})).toBe(hash);
    git('.git/refs/heads/main', `${other}\n`);
    expect(commitOf(folder, { GITHUB_SHA: hash })).toBe(other);
  });

  it('is found from a worktree', () => {
    git('whole/.git/refs/heads/side', `${hash}\n`);
    git('whole/.git/worktrees/tree/HEAD', 'ref: refs/heads/side\n');
    git('whole/.git/worktrees/tree/commondir', '../..\n');
    git('tree/.git', `gitdir: ${join(folder, 'whole/.git/worktrees/tree')}\n`);
    expect(commitOf(join(folder, 'tree'), {})).toBe(hash);
  });

  it('is what GitHub says where there is no checkout, and none where that is no hash', () => {
    expect(commitOf(folder, { GITHUB_SHA: hash })).toBe(hash);
    expect(commitOf(folder, { GITHUB_SHA: '::error::' })).toBeNull();
    expect(commitOf(folder, {})).toBeNull();
  });
});
