// Frames of a hunt, from what a hunter says and a clock in the test's hand.
import { describe, expect, it } from 'vitest';
import type { Kept } from '../../../cli/finding-files.ts';
import type { FindingProgress, HuntProgress } from '../../../cli/hunter.ts';
import { HuntFrames, type HuntFramesOptions } from '../../../cli/tui/hunt-frames.ts';

const size = (tries: number, edits: number) => ({ tries, devices: 3, edits, faults: 1, fates: 0 });

const KEPT = {
  file: 'findings/one.json',
  what: 'new',
  held: {
    sizeAfter: { devices: 2, edits: 1, faults: 0, steps: 1, fates: 0 },
    finding: {
      oracle: 'intent',
      kind: 'safety',
      signature: 'intent:a',
      atUs: 1,
      event: 1,
      devices: [1],
      documents: [],
      detail: { place: 'account-1/name', expected: 'b', found: 'c' },
    },
  },
} as unknown as Kept;

function progressOf(change: Partial<HuntProgress> = {}): HuntProgress {
  const tally = { seeds: 0, failed: 0, found: [], dead: [], faults: {}, marks: {} };
  return { tally, findings: [], done: 0, isOver: false, isEnding: false, shrinking: 0, shrunk: undefined, ...change };
}

/** A hunt of 1,000 seeds. */
function framesOf(change: Partial<HuntFramesOptions> = {}) {
  const now = { ms: 5000, progress: progressOf() };
  const frames = new HuntFrames({
    seeds: 1000,
    forMs: undefined,
    progress: () => now.progress,
    keptOf: () => undefined,
    reachable: (marks) => marks,
    nowMs: () => now.ms,
    ...change,
  });
  /** The frame at so many ms after the beginning. */
  const at = (ms: number, progress: Partial<HuntProgress> = {}, verdict: Parameters<HuntFrames['frame']>[0] = null) => {
    now.ms = 5000 + ms;
    now.progress = progressOf(progress);
    return frames.frame(verdict);
  };
  return { at };
}

describe('how fast it goes', () => {
  it('is told by the last three seconds alone, and over all in the end', () => {
    const { at } = framesOf();
    for (let ms = 0; ms <= 5000; ms += 250) at(ms, { done: ms / 100 });
    for (let ms = 5250; ms <= 8000; ms += 250) at(ms, { done: 50 + (ms - 5000) / 10 });
    expect(at(8000, { done: 350 }).seedsPerSecond).toBeCloseTo(100, 6);
    expect(at(8000, { done: 350 }, 'clean')).toMatchObject({ seedsPerSecond: 43.75, share: 1, leftMs: null });
  });

  it('has a rate for each whole second, wherever frames fall', () => {
    const { at } = framesOf();
    at(700, { done: 7 });
    at(1500, { done: 15 });
    expect(at(1500, { done: 15 }).rates).toEqual([10]);
    const { rates } = at(4500, { done: 75 });
    expect(rates.length).toBe(4);
    expect(rates.map((rate) => Math.round(rate * 1000) / 1000)).toEqual([10, 15, 20, 20]);
  });

  it('keeps the rates of the last minutes, and no more', () => {
    const { at } = framesOf();
    const { rates } = at(3_600_000, { done: 3600 });
    expect(rates.length).toBe(240);
    expect(rates.every((rate) => Math.abs(rate - 1) < 1e-6)).toBe(true);
  });

  it('stands still once it has ended, however often and late it is asked', () => {
    const { at } = framesOf();
    const ended = at(2000, { done: 1000, isOver: true }, 'clean');
    expect(at(60_000, { done: 1000, isOver: true }, 'clean')).toEqual(ended);
    expect(ended.elapsedMs).toBe(2000);
  });
});

describe('how far it is', () => {
  it('by its seeds', () => {
    const { at } = framesOf();
    expect(at(0)).toMatchObject({ share: 0, leftMs: null });
    expect(at(1000, { done: 250 })).toMatchObject({ done: 250, of: 1000, share: 0.25, leftMs: 3000 });
  });

  it('by its time, where that is over first', () => {
    const { at } = framesOf({ forMs: 2000 });
    expect(at(1000, { done: 10 })).toMatchObject({ share: 0.5, leftMs: 1000 });
    expect(at(1000, { done: 900 }).share).toBe(0.9);
    expect(at(3000, { done: 30, isEnding: true })).toMatchObject({ share: 1, leftMs: null, isEnding: true });
  });

  it('all of it where no further seed counts', () => {
    expect(framesOf().at(1000, { done: 17, isOver: true })).toMatchObject({ share: 1, leftMs: null, isOver: true });
  });
});

describe('what it has found', () => {
  const FOUND = { signature: 'intent:a', oracle: 'intent', kind: 'safety' as const, index: 3, seed: '4', seeds: 2 };
  const withState = (finding: Omit<FindingProgress, 'signature'>): Partial<HuntProgress> => ({
    tally: { ...progressOf().tally, found: [FOUND], failed: 2 },
    findings: [{ signature: 'intent:a', ...finding }],
  });
  const quiet = { lost: undefined, shrink: undefined };

  it('is told with its oracle before it is shrunk, and then with its story and file', () => {
    const { at } = framesOf({ keptOf: (signature) => (signature === 'intent:a' ? KEPT : undefined) });
    const common = { signature: 'intent:a', oracle: 'intent', kind: 'safety', seed: '4', seeds: 2 };
    expect(at(1, withState({ state: 'found', ...quiet })).findings).toEqual([
      { ...common, state: 'found', story: 'found by the oracle intent', file: null },
    ]);
    expect(at(1, withState({ state: 'shrinking', ...quiet })).findings[0]!.state).toBe('shrinking');
    expect(at(2, withState({ state: 'recorded', ...quiet })).findings).toEqual([
      {
        ...common,
        state: 'kept',
        story:
          '1 edit on 2 devices: an accepted edit has not the effect that it must have at account-1/name ' +
          "(expected: 'b'; device 1: 'c')",
        file: 'findings/one.json',
      },
    ]);
  });

  it('says why it is lost', () => {
    const { at } = framesOf();
    const lost = { state: 'lost', lost: 'it ran out of memory', shrink: undefined } as const;
    expect(at(1, withState(lost)).findings[0]).toMatchObject({
      state: 'lost',
      story: 'not kept: it ran out of memory',
    });
    const unwritten = at(1, withState({ state: 'recorded', ...quiet })).findings[0];
    expect(unwritten).toMatchObject({ state: 'lost', story: 'its file could not be written', file: null });
    const ended = at(2, withState({ state: 'shrinking', ...quiet }), 'interrupted').findings[0];
    expect(ended).toMatchObject({ state: 'lost', story: 'not kept: the hunt was ended before it was recorded' });
  });

  it('a text that throws takes no hunt with it', () => {
    const held = { ...KEPT.held, finding: { ...KEPT.held.finding, detail: null } };
    const { at } = framesOf({ keptOf: () => ({ ...KEPT, held }) as unknown as Kept });
    expect(at(1, withState({ state: 'recorded', ...quiet })).findings[0]!.story).toBe(
      '1 edit on 2 devices: found by the oracle intent',
    );
  });

  it('what is being shrunk is told with its first size and its size by now', () => {
    const shrink = { first: size(1, 23), now: size(41, 9) };
    const { shrinking } = framesOf().at(1, withState({ state: 'shrinking', lost: undefined, shrink }));
    expect(shrinking).toEqual([{ signature: 'intent:a', tries: 41, from: '23 edits', size: '9 edits, 3 devices' }]);
  });
});

it('marks that were not reached come first, without those that cannot be', () => {
  const { at } = framesOf({
    reachable: (marks) => Object.fromEntries(Object.entries(marks).filter(([name]) => name !== 'never')),
  });
  const tally = { ...progressOf().tally, marks: { a: 3, b: 0, c: 1, d: 0, never: 0 } };
  expect(Object.entries(at(1, { tally }).marks)).toEqual([
    ['b', 0],
    ['d', 0],
    ['a', 3],
    ['c', 1],
  ]);
});
