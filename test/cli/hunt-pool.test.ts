// Real worker threads: what they give, and that one that dies or hangs costs its seed alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { huntPool, type PoolOptions, type Workers } from '../../cli/hunt-pool.ts';
import type { HuntSetup } from '../../cli/hunt-tasks.ts';
import { parseFindingFile, findingFileText } from '../../scenarios/search/finding-file.ts';
import { isLarger } from '../../scenarios/search/plan-size.ts';
import { documentsFile, misbehaving, PREFER_LOCAL } from './finding-fixtures.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-pool-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let pool: Workers | undefined;
const pools: Workers[] = [];
afterEach(async () => {
  for (const each of pools.splice(0)) await each.close();
});

function setupOf(documents: string): HuntSetup {
  return {
    cwd: folder,
    scenario: 'crdt-conflicts',
    documentsFile: documents,
    input: { config: { documents, faults: 'none' } },
    versions: { node: 'x' },
  };
}

function poolOf(documents: string, options: Partial<PoolOptions> = {}): Workers {
  pool = huntPool({ count: 1, setup: setupOf(documents), ...options });
  pools.push(pool);
  return pool;
}

const SEEDS = Array.from({ length: 16 }, (_, index) => String(index + 1));

describe('a seed that costs its worker', () => {
  const cases: [name: string, action: string, reason: RegExp, options?: Partial<PoolOptions>][] = [
    ['ends', 'process.exit(7);', /^it ended its process with code 7$/],
    ['hangs', 'for (;;) {}', /^it went on for more than 6 s of real time$/, { patienceMs: 6000 }],
    ['hoards', 'const all = []; for (;;) all.push([all.length]);', /^it ran out of memory$/, { memoryMb: 64 }],
    ['rejects', "Promise.reject(new Error('nobody waits'));", /^an error that nobody caught: nobody waits$/],
  ];
  it.each(cases)(
    'because it %s is said with the reason, and the others are done',
    async (name, action, reason, options) => {
      // Few seeds of those that hang: each of them takes its whole time.
      const seeds = name === 'hangs' ? SEEDS.slice(0, 8) : SEEDS;
      const { done, died, failed } = await poolOf(misbehaving(folder, name, action), options).runSeeds(seeds);
      expect(failed).toBeUndefined();
      expect(died.length).toBeGreaterThan(0);
      expect(died.length).toBeLessThan(seeds.length / 2);
      for (const each of died) expect(each.reason).toMatch(reason);
      const lost = new Set(died.map(({ seed }) => seed));
      expect(done.map(({ seed }) => seed)).toEqual(seeds.filter((seed) => !lost.has(seed)));
      // Which seeds that are does not hang on how they are run.
      if (name === 'ends') {
        const other = poolOf('./ends.ts');
        const alone: string[] = [];
        for (const seed of seeds) if ((await other.runSeeds([seed])).died.length > 0) alone.push(seed);
        expect(alone).toEqual([...lost]);
      }
    },
  );

  it('documents that no thread can load are bad input, not a death for each seed', async () => {
    const text =
      "import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) process.exit(1);\nexport default lww;";
    const workers = poolOf(documentsFile(folder, 'main-only', text));
    await expect(workers.runSeeds(SEEDS)).rejects.toMatchObject({
      name: 'InputError',
      message:
        'ERR_FILE --documents: got "./main-only.ts", expected what loads in a worker thread (it ended its process with code 1)',
    });
  });
});

describe('what goes wrong in a storm', () => {
  it('comes back with its seed, after the seeds before it', async () => {
    const workers = poolOf(misbehaving(folder, 'timer', 'setTimeout(() => undefined, 0);'));
    const { done, died, failed } = await workers.runSeeds(SEEDS);
    expect(died).toEqual([]);
    expect(failed?.error).toMatchObject({ name: 'AmbientAccessError' });
    expect(SEEDS[done.length]).toBe(failed?.seed);
  });

  it('a documents file that is wrong is bad input as on the main thread', async () => {
    const { failed } = await poolOf(documentsFile(folder, 'bare', 'export default { name: lww.name };')).runSeeds([
      '1',
    ]);
    expect(failed?.error.input).toMatchObject({ code: 'ERR_DOCUMENTS', field: '--documents', received: './bare.ts' });
  });
});

describe('a finding', () => {
  it('is recorded, shrunk and shrunk on by a worker, to the same file whoever does it', async () => {
    const { done } = await poolOf(PREFER_LOCAL).runSeeds(SEEDS.slice(0, 4));
    const [{ seed, outcome } = done[0]!] = done.filter((each) => each.outcome.findings.length > 0);
    const { signature } = outcome.findings[0]!;
    const { found } = await pool!.investigate(seed, signature, 60_000);
    expect(found!.outcome.findings.map((each) => each.signature)).toContain(signature);
    expect(found!.outcome.traceHash).toBe(found!.file.traceHash);
    const { sizeBefore, sizeAfter } = found!.file;
    expect(isLarger(sizeBefore, sizeAfter)).toBe(true);
    expect(found!.file.versions).toEqual({ node: 'x' });
    const file = { ...found!.file, command: 'none' };
    expect(parseFindingFile('f', findingFileText(file))).toEqual(file);

    const again = await poolOf(PREFER_LOCAL).investigate(seed, signature, 60_000);
    expect(again.found!.file).toEqual(found!.file);

    const unshrunk = await pool!.investigate(seed, signature, 0);
    expect(isLarger(unshrunk.found!.file.sizeAfter, sizeAfter)).toBe(true);
    const shrunkOn = await pool!.shrink(unshrunk.found!.file, 60_000);
    expect(shrunkOn.found!.file.plan).toEqual(found!.file.plan);
  });

  it('that does not come back gives none', async () => {
    const { found, died, failed } = await poolOf(PREFER_LOCAL).investigate('1', 'convergence:of nothing', 1000);
    expect([found, died, failed]).toEqual([undefined, undefined, undefined]);
  });
});

describe('stopping', () => {
  it('ends a batch after the seed that it is at', async () => {
    const workers = poolOf('lww');
    await workers.runSeeds(['1']);
    const many = Array.from({ length: 100_000 }, (_, index) => `many-${index}`);
    const batch = workers.runSeeds(many);
    workers.stop();
    const { done, died } = await batch;
    expect(done.length).toBeLessThan(1000);
    expect(died).toEqual([]);
  });

  it('closing ends threads whatever they are at', async () => {
    const workers = poolOf(misbehaving(folder, 'never', 'for (;;) {}'));
    const batch = workers.runSeeds(SEEDS).catch((error: unknown) => String(error));
    await workers.close();
    expect(await batch).toContain('the pool is closed');
  });
});
