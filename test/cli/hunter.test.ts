// What drives a hunt, with workers in the test's hand: what it says depends on the seeds alone, whoever answers when.
import { describe, expect, it } from 'vitest';
import type { BatchResult, FileResult, Workers } from '../../cli/hunt-pool.ts';
import { Hunter, type HunterOptions } from '../../cli/hunter.ts';
import type { Investigated } from '../../cli/hunt-tasks.ts';
import type { SeedOutcome } from '../../scenarios/search/trial.ts';
import { parseSeeds } from '../../scenarios/search/seeds.ts';
import type { ShrinkProgress } from '../../scenarios/search/shrink-search.ts';

const found = (signature: string, kind: 'safety' | 'liveness' = 'safety') => ({
  oracle: signature.split(':')[0]!,
  kind,
  signature,
  atUs: 1,
  event: 1,
  devices: [0],
  documents: [],
  detail: {},
});

/** Signatures by seed. */
type Script = Readonly<Record<string, readonly string[]>>;

function outcomeOf(script: Script, seed: string): SeedOutcome {
  return { findings: (script[seed] ?? []).map((each) => found(each)), faults: { crash: 1 }, marks: { rare: 0 } };
}

const investigated = (seed: string, signature: string) => ({ seed, signature }) as unknown as Investigated;

/** Workers that answer each batch after as many turns as `turns` says of its first seed. */
class FakeWorkers implements Workers {
  readonly count: number;
  readonly ran: string[] = [];
  readonly investigations: string[] = [];
  readonly limitsMs: number[] = [];
  isStopped = false;
  active = 0;
  readonly #script: Script;
  readonly #turns: (seed: string) => number;

  constructor(count: number, script: Script, turns: (seed: string) => number = () => 1) {
    this.count = count;
    this.#script = script;
    this.#turns = turns;
  }

  async runSeeds(seeds: readonly string[]): Promise<BatchResult> {
    this.#enter();
    this.ran.push(...seeds);
    for (let turn = this.#turns(seeds[0]!); turn > 0; turn--) await Promise.resolve();
    this.active--;
    return { done: seeds.map((seed) => ({ seed, outcome: outcomeOf(this.#script, seed) })), died: [] };
  }

  async investigate(seed: string, signature: string, limitMs: number): Promise<FileResult> {
    this.#enter();
    this.investigations.push(`${seed} ${signature}`);
    this.limitsMs.push(limitMs);
    await Promise.resolve();
    this.active--;
    return { found: investigated(seed, signature) };
  }

  shrink(): Promise<FileResult> {
    return Promise.reject(new Error('not asked for'));
  }

  stop(): void {
    this.isStopped = true;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #enter(): void {
    this.active++;
    expect(this.active).toBeLessThanOrEqual(this.count);
  }
}

function hunterOf(workers: Workers, change: Partial<HunterOptions> = {}) {
  let nowMs = 0;
  const timers: { ms: number; call: () => void }[] = [];
  const hunter = new Hunter(
    {
      seeds: parseSeeds('1..40'),
      findingsMax: 3,
      shrinkMs: 60_000,
      nowMs: () => (nowMs += 1),
      after: (ms, call) => {
        timers.push({ ms, call });
        return () => undefined;
      },
      ...change,
    },
    workers,
  );
  return { hunter, timers };
}

const SCRIPT: Script = {
  3: ['convergence:b'],
  5: ['convergence:a', 'convergence:b'],
  9: ['convergence:a'],
  17: ['intent:c'],
  18: ['intent:late'],
  30: ['convergence:b'],
};

describe('what a hunt says', () => {
  const orders: [string, number, (seed: string) => number][] = [
    ['one worker', 1, () => 1],
    ['four workers in step', 4, () => 1],
    ['four workers, the first seeds slowest', 4, (seed) => 60 - Number(seed)],
    ['three workers out of step', 3, (seed) => (Number(seed) * 7919) % 23],
  ];
  it.each(orders)('is the same with %s', async (_name, count, turns) => {
    const { hunter } = hunterOf(new FakeWorkers(count, SCRIPT, turns));
    const outcome = await hunter.run();
    expect(
      outcome.findings.map(({ signature, seed, seedCount, seeds }) => ({ signature, seed, seedCount, seeds })),
    ).toEqual([
      { signature: 'convergence:b', seed: '3', seedCount: 2, seeds: ['3', '5'] },
      { signature: 'convergence:a', seed: '5', seedCount: 2, seeds: ['5', '9'] },
      { signature: 'intent:c', seed: '17', seedCount: 1, seeds: ['17'] },
    ]);
    expect(outcome.tally.seeds).toBe(17);
    expect(outcome).toMatchObject({ isInterrupted: false, isOutOfTime: false, failure: undefined });
  });

  it.each(orders)('each finding is recorded once, with its lowest seed, with %s', async (_name, count, turns) => {
    const workers = new FakeWorkers(count, SCRIPT, turns);
    const { hunter } = hunterOf(workers);
    const outcome = await hunter.run();
    expect(workers.investigations.toSorted()).toEqual(['17 intent:c', '3 convergence:b', '5 convergence:a']);
    expect(outcome.findings.map((each) => each.found)).toEqual([
      investigated('3', 'convergence:b'),
      investigated('5', 'convergence:a'),
      investigated('17', 'intent:c'),
    ]);
  });

  it('is of all seeds where there are fewer findings than would end it', async () => {
    const workers = new FakeWorkers(2, { 40: ['intent:c'] });
    const { tally, findings } = await hunterOf(workers).hunter.run();
    expect(tally).toMatchObject({ seeds: 40, failed: 1, faults: { crash: 40 }, marks: { rare: 0 } });
    expect(findings.map(({ seed }) => seed)).toEqual(['40']);
    expect(workers.ran.length).toBe(40);
  });

  it('keeps findings while seeds are still to come', async () => {
    const workers = new FakeWorkers(1, { 1: ['intent:c'] });
    let ranWhenKept = 0;
    const { hunter } = hunterOf(workers, { keep: async () => void (ranWhenKept = workers.ran.length) });
    await hunter.run();
    expect(ranWhenKept).toBe(1);
    expect(workers.ran.length).toBe(40);
  });
});

describe('what ends a hunt early', () => {
  it('seeds that do not count any more are not waited for', async () => {
    const never = new Promise<BatchResult>(() => undefined);
    class Stuck extends FakeWorkers {
      override runSeeds(seeds: readonly string[]): Promise<BatchResult> {
        return seeds.includes('2') ? never : super.runSeeds(seeds);
      }
    }
    const workers = new Stuck(2, { 1: ['a:1', 'b:1', 'c:1'] });
    const { findings } = await hunterOf(workers).hunter.run();
    expect(findings.map((each) => each.found !== undefined)).toEqual([true, true, true]);
  });

  it('an interrupt: no further seed, findings recorded without shrinking', async () => {
    const workers = new FakeWorkers(1, { 1: ['intent:c'] });
    const { hunter } = hunterOf(workers);
    const run = hunter.run();
    hunter.interrupt();
    const outcome = await run;
    expect(workers.isStopped).toBe(true);
    expect(workers.ran).toEqual(['1']);
    expect(workers.limitsMs).toEqual([0]);
    expect(outcome).toMatchObject({ isInterrupted: true, findings: [{ signature: 'intent:c' }] });
    expect(outcome.findings[0]!.found).toBeDefined();
  });

  it('after an interrupt, workers that do not end are left behind in the end', async () => {
    class Deaf extends FakeWorkers {
      override runSeeds(): Promise<BatchResult> {
        return new Promise(() => undefined);
      }
    }
    const { hunter, timers } = hunterOf(new Deaf(2, {}));
    const run = hunter.run();
    hunter.interrupt();
    expect(timers.map(({ ms }) => ms)).toEqual([5000]);
    timers[0]!.call();
    expect(await run).toMatchObject({ isInterrupted: true, tally: { seeds: 0 } });
  });

  it('its time: no further seed, and it says so; what was found is shrunk for a while', async () => {
    const workers = new FakeWorkers(1, { 1: ['intent:c'] });
    const { hunter, timers } = hunterOf(workers, { forMs: 1000 });
    const run = hunter.run();
    timers[0]!.call();
    const outcome = await run;
    expect(timers[0]!.ms).toBe(1000);
    expect(workers.ran).toEqual(['1']);
    expect(outcome).toMatchObject({ isOutOfTime: true, isInterrupted: false, findings: [{ signature: 'intent:c' }] });
    expect(workers.limitsMs[0]).toBeGreaterThan(500);
    expect(workers.limitsMs[0]).toBeLessThanOrEqual(1000);
  });

  it('a bug that a seed meets: the lowest seed that met one is named', async () => {
    class Buggy extends FakeWorkers {
      override async runSeeds(seeds: readonly string[]): Promise<BatchResult> {
        const answer = await super.runSeeds(seeds);
        const at = seeds.findIndex((seed) => Number(seed) >= 6);
        if (at < 0) return answer;
        const error = { name: 'AssertionError', message: `seed ${seeds[at]}` };
        return { done: answer.done.slice(0, at), died: [], failed: { seed: seeds[at]!, error } };
      }
    }
    const workers = new Buggy(3, {}, (seed) => 50 - Number(seed));
    const { failure } = await hunterOf(workers).hunter.run();
    expect(failure).toMatchObject({ seed: '6', error: { name: 'AssertionError', message: 'seed 6' } });
    expect(workers.ran.length).toBeLessThan(40);
  });

  it('what no seed can be blamed for is thrown', async () => {
    class Broken extends FakeWorkers {
      override runSeeds(): Promise<BatchResult> {
        return Promise.reject(new Error('no worker'));
      }
    }
    await expect(hunterOf(new Broken(2, {})).hunter.run()).rejects.toThrow('no worker');
  });
});

describe('what is lost', () => {
  it('a seed that died is in the books with its reason, and the hunt goes on', async () => {
    class Mortal extends FakeWorkers {
      override async runSeeds(seeds: readonly string[]): Promise<BatchResult> {
        const { done } = await super.runSeeds(seeds);
        return {
          done: done.filter(({ seed }) => seed !== '7'),
          died: seeds.includes('7') ? [{ seed: '7', reason: 'gone' }] : [],
        };
      }
    }
    const { tally } = await hunterOf(new Mortal(2, {})).hunter.run();
    expect(tally).toMatchObject({ seeds: 39, dead: [{ seed: '7', reason: 'gone' }] });
  });

  it('a finding whose recording cost its worker is reported all the same', async () => {
    class Mortal extends FakeWorkers {
      override investigate(): Promise<FileResult> {
        return Promise.resolve({ found: undefined, died: 'it ran out of memory' });
      }
    }
    const { findings } = await hunterOf(new Mortal(1, { 4: ['intent:c'] })).hunter.run();
    expect(findings).toMatchObject([{ signature: 'intent:c', found: undefined, lost: 'it ran out of memory' }]);
  });
});

describe('how far a hunt is', () => {
  type Report = (progress: ShrinkProgress) => void;

  /** A worker that shrinks until the test lets it go. */
  class Slow extends FakeWorkers {
    report: Report = () => undefined;
    finish: (result: FileResult) => void = () => undefined;

    override investigate(
      _seed: string,
      _signature: string,
      _limitMs: number,
      onProgress?: Report,
    ): Promise<FileResult> {
      this.report = onProgress!;
      return new Promise((resolve) => {
        this.finish = resolve;
      });
    }
  }

  const size = (tries: number, edits: number): ShrinkProgress => ({ tries, devices: 3, edits, faults: 1, fates: 0 });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };

  it('tells what is made of each finding, and of one that is shrunk its first size and its last', async () => {
    const workers = new Slow(1, { 1: ['intent:c'] });
    const { hunter } = hunterOf(workers);
    expect(hunter.progress()).toMatchObject({ done: 0, findings: [], isOver: false, isEnding: false });
    const run = hunter.run();
    await turns();
    const state = { signature: 'intent:c', state: 'shrinking', lost: undefined };
    expect(hunter.progress()).toMatchObject({ done: 1, shrinking: 0, findings: [{ ...state, shrink: undefined }] });
    workers.report({ tries: 0, devices: 0, edits: 0, faults: 0, fates: 0 });
    expect(hunter.progress().findings[0]!.shrink).toBeUndefined();
    workers.report(size(2, 23));
    workers.report(size(9, 12));
    workers.report(size(41, 9));
    expect(hunter.progress()).toMatchObject({ shrinking: 1, shrunk: size(41, 9) });
    expect(hunter.progress().findings).toEqual([{ ...state, shrink: { first: size(2, 23), now: size(41, 9) } }]);
    workers.finish({ found: investigated('1', 'intent:c') });
    await run;
    expect(hunter.progress()).toMatchObject({ isOver: true, isEnding: false, shrinking: 0 });
    expect(hunter.progress().findings).toEqual([{ ...state, state: 'recorded', shrink: undefined }]);
  });

  it('tells which findings wait for a worker, which are lost and why, and that it is ending', async () => {
    const workers = new Slow(1, { 1: ['intent:c', 'intent:d'] });
    const { hunter } = hunterOf(workers);
    const run = hunter.run();
    await turns();
    const states = () => hunter.progress().findings.map(({ state, lost }) => [state, lost]);
    expect(states()).toEqual([
      ['shrinking', undefined],
      ['found', undefined],
    ]);
    workers.finish({ found: undefined, died: 'it ran out of memory' });
    await turns();
    expect(states()).toEqual([
      ['lost', 'it ran out of memory'],
      ['shrinking', undefined],
    ]);
    hunter.interrupt();
    expect(hunter.progress().isEnding).toBe(true);
    workers.finish({ found: investigated('1', 'intent:d') });
    await run;
  });
});
