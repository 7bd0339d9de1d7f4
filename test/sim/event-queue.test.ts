import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../sim/event-queue.ts';

interface Reference {
  timeUs: number;
  sequence: number;
  handler: number;
}

/** Drives the queue and a sorted array with the same operations and compares every pop. */
function drive(operations: readonly { push: boolean; aheadUs: number; limitUs: number }[]): void {
  const queue = new EventQueue(16);
  const reference: Reference[] = [];
  let nowUs = 0;
  let handler = 0;
  for (const { push, aheadUs, limitUs } of operations) {
    if (push) {
      const timeUs = nowUs + aheadUs;
      const sequence = queue.push(timeUs, ++handler, handler + 1, -handler, handler ^ 0x55);
      reference.push({ timeUs, sequence, handler });
      continue;
    }
    reference.sort((one, other) => one.timeUs - other.timeUs || one.sequence - other.sequence);
    const untilUs = nowUs + limitUs;
    const expected = reference[0] !== undefined && reference[0].timeUs <= untilUs ? reference.shift() : undefined;
    const popped = queue.popUntil(untilUs);
    expect(popped).toBe(expected !== undefined);
    if (expected === undefined) {
      nowUs = untilUs;
    } else {
      nowUs = expected.timeUs;
      expect({ timeUs: queue.timeUs, sequence: queue.sequence, handler: queue.handler }).toEqual(expected);
      expect([queue.a, queue.b, queue.c]).toEqual([expected.handler + 1, -expected.handler, expected.handler ^ 0x55]);
    }
    expect(queue.size).toBe(reference.length);
  }
  reference.sort((one, other) => one.timeUs - other.timeUs || one.sequence - other.sequence);
  for (const expected of reference) {
    expect(queue.popUntil(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(queue.sequence).toBe(expected.sequence);
  }
  expect(queue.popUntil(Number.MAX_SAFE_INTEGER)).toBe(false);
}

const ahead = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: 3_600_000_000 }),
  fc.integer({ min: 0, max: 2 ** 45 }),
  fc.constantFrom(255, 256, 65_535, 65_536, 2 ** 24, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 48),
);

describe('the event queue', () => {
  it('pops in the order of a sorted array of (time, sequence), whatever is pushed between pops', () => {
    const operation = fc.record({
      push: fc.boolean(),
      aheadUs: ahead,
      limitUs: fc.oneof(fc.constant(2 ** 50), fc.integer({ min: 0, max: 100_000 })),
    });
    fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), drive), { numRuns: 400, seed: 1 });
  });

  it('keeps the order of a hundred thousand events at one time', () => {
    const queue = new EventQueue();
    for (let i = 0; i < 100_000; i++) queue.push(77, i, 0, 0, 0);
    for (let i = 0; i < 100_000; i++) {
      queue.popUntil(77);
      expect(queue.handler).toBe(i);
    }
  });

  it('stays ordered when a burst falls into the range of the run that is being popped', () => {
    const queue = new EventQueue();
    queue.push(1_000_000, 0, 0, 0, 0);
    queue.push(1_050_000, 1, 0, 0, 0);
    expect(queue.popUntil(2 ** 50)).toBe(true);
    let state = 12345;
    for (let i = 0; i < 20_000; i++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      queue.push(1_000_000 + (state % 50_000), 2, 0, 0, 0);
    }
    let previousUs = 0;
    let previousSequence = -1;
    let popped = 0;
    while (queue.popUntil(2 ** 50)) {
      expect(queue.timeUs > previousUs || (queue.timeUs === previousUs && queue.sequence > previousSequence)).toBe(
        true,
      );
      previousUs = queue.timeUs;
      previousSequence = queue.sequence;
      popped++;
    }
    expect(popped).toBe(20_001);
  });

  it('takes an event before a pending one after it was asked for nothing earlier', () => {
    const queue = new EventQueue();
    queue.push(10_000_000, 1, 0, 0, 0);
    expect(queue.popUntil(5_000_000)).toBe(false);
    queue.push(5_000_001, 2, 0, 0, 0);
    expect(queue.popUntil(2 ** 50)).toBe(true);
    expect(queue.handler).toBe(2);
  });

  it('says when the next event is due, as popping it would, and moves on to nothing by that', () => {
    const operation = fc.record({ push: fc.boolean(), aheadUs: ahead, limitUs: fc.integer({ min: 0, max: 2 ** 33 }) });
    const asks = (operations: readonly { push: boolean; aheadUs: number; limitUs: number }[]): void => {
      const queue = new EventQueue(16);
      const times: number[] = [];
      let nowUs = 0;
      for (const { push, aheadUs, limitUs } of operations) {
        if (push) {
          queue.push(nowUs + aheadUs, 1, 0, 0, 0);
          times.push(nowUs + aheadUs);
        } else {
          const untilUs = nowUs + limitUs;
          if (queue.popUntil(untilUs)) {
            times.splice(times.indexOf(queue.timeUs), 1);
            nowUs = queue.timeUs;
          } else {
            nowUs = untilUs;
          }
        }
        expect(queue.nextTimeUs()).toBe(Math.min(Number.POSITIVE_INFINITY, ...times));
        expect(queue.size).toBe(times.length);
      }
    };
    fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), asks), { numRuns: 300, seed: 1 });
  });

  it('takes an event before the next one after it was asked when that is due', () => {
    const queue = new EventQueue();
    queue.push(10_000_000, 1, 0, 0, 0);
    expect(queue.nextTimeUs()).toBe(10_000_000);
    queue.push(3, 2, 0, 0, 0);
    expect(queue.nextTimeUs()).toBe(3);
    expect(queue.popUntil(2 ** 50)).toBe(true);
    expect(queue.handler).toBe(2);
  });
});
