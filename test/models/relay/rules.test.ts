// The rules: what is accepted, what a page holds, how many requests a minute a device has.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChangeFacts,
  judgeChange,
  pageAfter,
  pageFromSnapshot,
  pageSince,
  RateLimit,
  removableTo,
} from '../../../models/relay/rules.ts';

const sound: ChangeFacts = { isByPusher: true, isOfLedger: true, sequence: 1, payloadBytes: 1, storedAt: 0 };

describe('a change', () => {
  test('is stored when it is new, and accepted without being stored again when it is there', () => {
    expect(judgeChange(sound)).toBe('store');
    expect(judgeChange({ ...sound, sequence: 2 ** 40, payloadBytes: 1_000_000 })).toBe('store');
    expect(judgeChange({ ...sound, storedAt: 1 })).toBe('stored');
  });

  test.each([
    ['FOREIGN_LEDGER', { isOfLedger: false }],
    ['FOREIGN_ACTOR', { isByPusher: false }],
    ['EMPTY_PAYLOAD', { payloadBytes: 0 }],
    ['BAD_SEQUENCE', { sequence: 0 }],
    ['BAD_SEQUENCE', { sequence: -1 }],
    ['BAD_SEQUENCE', { sequence: 1.5 }],
    ['BAD_SEQUENCE', { sequence: 2 ** 53 }],
    ['BAD_SEQUENCE', { sequence: Number.NaN }],
  ])('is refused as %s for %o, stored before or not', (reason, wrong) => {
    expect(judgeChange({ ...sound, ...wrong })).toBe(reason);
    expect(judgeChange({ ...sound, ...wrong, storedAt: 5 })).toBe(reason);
  });

  test('that is a SNAPSHOT of more than the log holds is refused, unless it was stored when the log held it', () => {
    expect(judgeChange({ ...sound, coversAhead: true })).toBe('COVERS_AHEAD');
    expect(judgeChange({ ...sound, coversAhead: true, storedAt: 4 })).toBe('stored');
    expect(judgeChange({ ...sound, coversAhead: false })).toBe('store');
    expect(judgeChange({ ...sound, coversAhead: true, isByPusher: false })).toBe('FOREIGN_ACTOR');
  });

  test('of another ledger or actor tells nothing more about itself', () => {
    expect(judgeChange({ ...sound, isOfLedger: false, isByPusher: false, payloadBytes: 0 })).toBe('FOREIGN_LEDGER');
    expect(judgeChange({ ...sound, isByPusher: false, sequence: 0, storedAt: 3 })).toBe('FOREIGN_ACTOR');
  });
});

describe('a page after a cursor', () => {
  test('holds at most a page, and says whether there is more', () => {
    expect(pageAfter(0, 250, 100)).toEqual({ from: 0, to: 100, hasMore: true });
    expect(pageAfter(100, 250, 100)).toEqual({ from: 100, to: 200, hasMore: true });
    expect(pageAfter(200, 250, 100)).toEqual({ from: 200, to: 250, hasMore: false });
    expect(pageAfter(150, 250, 100)).toEqual({ from: 150, to: 250, hasMore: false });
  });

  test('is empty at the end of the log, and of an empty log', () => {
    expect(pageAfter(250, 250, 100)).toEqual({ from: 250, to: 250, hasMore: false });
    expect(pageAfter(0, 0, 100)).toEqual({ from: 0, to: 0, hasMore: false });
  });

  test('beyond the end of the log is ahead, never empty', () => {
    expect(pageAfter(1, 0, 100)).toBe('ahead');
    expect(pageAfter(251, 250, 100)).toBe('ahead');
  });

  test('leads through every position once, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.integer({ min: 1, max: 50 }), (end, pageSize) => {
        const seen: number[] = [];
        let cursor = 0;
        for (let pages = 0; pages <= end + 1; pages++) {
          const page = pageAfter(cursor, end, pageSize);
          if (page === 'ahead') throw new Error('ahead of a log that has not changed');
          expect(page.to - page.from).toBeLessThanOrEqual(pageSize);
          expect(page.hasMore).toBe(page.to < end);
          for (let position = page.from + 1; position <= page.to; position++) seen.push(position);
          cursor = page.to;
          if (!page.hasMore) break;
        }
        expect(seen).toEqual(Array.from({ length: end }, (_, index) => index + 1));
      }),
      { seed: 1 },
    );
  });
});

describe('a page that begins with a SNAPSHOT', () => {
  test('counts it as one of the page, and goes on after what it covers', () => {
    expect(pageFromSnapshot(40, 250, 100)).toEqual({ from: 40, to: 139, hasMore: true });
    expect(pageFromSnapshot(40, 139, 100)).toEqual({ from: 40, to: 139, hasMore: false });
    expect(pageFromSnapshot(40, 140, 100)).toEqual({ from: 40, to: 139, hasMore: true });
    expect(pageFromSnapshot(40, 41, 100)).toEqual({ from: 40, to: 41, hasMore: false });
  });

  test('holds nothing else where a page is of one', () => {
    expect(pageFromSnapshot(40, 50, 1)).toEqual({ from: 40, to: 40, hasMore: true });
  });
});

describe('a log may be removed', () => {
  test('up to what the SNAPSHOT covers where all members have passed that', () => {
    expect(removableTo(10, [10, 11, 99])).toBe(10);
  });

  test('no further than the member that is furthest behind, and not at all where one has never pulled', () => {
    expect(removableTo(10, [12, 7, 9])).toBe(7);
    expect(removableTo(10, [12, 0, 9])).toBe(0);
  });

  test('never without a SNAPSHOT', () => {
    expect(removableTo(0, [12, 7])).toBe(0);
  });
});

describe('a page of 1.0 after a timestamp', () => {
  const times = [10, 20, 20, 20, 30, 40];

  test('holds what is later than the timestamp, in order', () => {
    expect(pageSince(0, times, 6, 100)).toEqual({ from: 0, to: 6, hasMore: false });
    expect(pageSince(10, times, 6, 100)).toEqual({ from: 1, to: 6, hasMore: false });
    expect(pageSince(15, times, 6, 2)).toEqual({ from: 1, to: 3, hasMore: true });
    expect(pageSince(40, times, 6, 100)).toEqual({ from: 6, to: 6, hasMore: false });
    expect(pageSince(99, times, 6, 100)).toEqual({ from: 6, to: 6, hasMore: false });
  });

  test('passes over those that share the timestamp at which the page before it ended', () => {
    const first = pageSince(0, times, 6, 2);
    expect(first).toEqual({ from: 0, to: 2, hasMore: true });
    // The next page is asked for by the timestamp of the last row, 20: two more rows of 20 are never seen.
    expect(pageSince(times[first.to - 1]!, times, 6, 2)).toEqual({ from: 4, to: 6, hasMore: false });
  });

  test('agrees with looking through all of them', () => {
    const ascending = fc.array(fc.nat({ max: 20 }), { maxLength: 40 }).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(ascending, fc.integer({ min: -1, max: 21 }), fc.integer({ min: 1, max: 10 }), (list, since, size) => {
        const later = list.findIndex((time) => time > since);
        const from = later < 0 ? list.length : later;
        const to = Math.min(list.length, from + size);
        expect(pageSince(since, list, list.length, size)).toEqual({ from, to, hasMore: to < list.length });
      }),
      { seed: 2 },
    );
  });
});

describe('the rate limit', () => {
  const MINUTE = 60_000;
  /** A whole minute since 1970. */
  const startMs = 29_453_760 * MINUTE;

  test('lets a device have so many requests in each minute of the clock, and tells how long it has to wait', () => {
    const limit = new RateLimit(3);
    expect([0, 1, 2].map((each) => limit.take(7, startMs + each))).toEqual([0, 0, 0]);
    expect(limit.take(7, startMs + 10)).toBe(MINUTE - 10);
    expect(limit.take(7, startMs + MINUTE - 1)).toBe(1);
    expect(limit.take(7, startMs + MINUTE)).toBe(0);
  });

  test('counts windows that begin with the minute, not with the first request', () => {
    const limit = new RateLimit(2);
    expect([limit.take(0, startMs + 59_000), limit.take(0, startMs + 59_001)]).toEqual([0, 0]);
    expect(limit.take(0, startMs + 59_002)).toBe(998);
    // Two more a second later: at the edge of windows, twice the limit goes through.
    expect([limit.take(0, startMs + 60_000), limit.take(0, startMs + 60_001)]).toEqual([0, 0]);
    expect(limit.take(0, startMs + 60_002)).toBe(59_998);
  });

  test('a refused request does not count', () => {
    const limit = new RateLimit(1);
    limit.take(0, startMs);
    for (let again = 0; again < 10; again++) expect(limit.take(0, startMs + 5)).toBeGreaterThan(0);
    expect(limit.take(0, startMs + MINUTE)).toBe(0);
    expect(limit.take(0, startMs + MINUTE + 1)).toBeGreaterThan(0);
  });

  test('counts each device by itself, also many that come later', () => {
    const limit = new RateLimit(1);
    for (const device of [0, 63, 64, 65, 126, 127, 128, 1000, 5]) expect(limit.take(device, startMs)).toBe(0);
    for (const device of [0, 63, 64, 65, 126, 127, 128, 1000, 5]) expect(limit.take(device, startMs)).toBe(MINUTE);
    expect(limit.take(999, startMs)).toBe(0);
  });

  test('of 0 is none', () => {
    const limit = new RateLimit(0);
    for (let request = 0; request < 1000; request++) expect(limit.take(request % 2, startMs)).toBe(0);
  });

  test('never lets more through in a minute than it says', () => {
    const gaps = fc.array(fc.nat({ max: 15_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 9 }), (gapsMs, perMinute) => {
        const limit = new RateLimit(perMinute);
        const passed = new Map<number, number>();
        let nowMs = startMs;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const minute = Math.floor(nowMs / MINUTE);
          const before = passed.get(minute) ?? 0;
          const waitMs = limit.take(0, nowMs);
          expect(waitMs).toBe(before < perMinute ? 0 : (minute + 1) * MINUTE - nowMs);
          if (waitMs === 0) passed.set(minute, before + 1);
        }
      }),
      { seed: 3 },
    );
  });
});
