// ShiViz's log: read with its default expression, and clocks that tell who knew of what.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shivizLog } from '../../../cli/report/shiviz.ts';
import type { SpaceTime } from '../../../cli/report/space-time.ts';
import { harmful, pictured } from './pictures.ts';

const all = await pictured();

interface Entry {
  readonly host: string;
  readonly clock: Readonly<Record<string, number>>;
  readonly event: string;
}

/** Reads a log as ShiViz does. */
function read(log: string): Entry[] {
  const entries = [...log.matchAll(/(?<host>\S*) (?<clock>{.*})\n(?<event>.*)/g)];
  return entries.map(({ groups }) => ({
    host: groups!['host']!,
    clock: JSON.parse(groups!['clock']!) as Record<string, number>,
    event: groups!['event']!,
  }));
}

function knows(one: Entry, other: Entry): boolean {
  return (one.clock[other.host] ?? 0) >= other.clock[other.host]!;
}

/** Which events each event follows from, by messages and lanes. */
function causesOf({ events, messages }: SpaceTime): Set<number>[] {
  const causes = events.map(() => new Set<number>());
  for (const { order, lane } of events) {
    const before = events.slice(0, order).findLast((each) => each.lane === lane);
    const sends = messages.filter(({ receiveOrder }) => receiveOrder === order).map(({ sendOrder }) => sendOrder!);
    for (const cause of [...(before === undefined ? [] : [before.order]), ...sends]) {
      causes[order]!.add(cause);
      for (const earlier of causes[cause]!) causes[order]!.add(earlier);
    }
  }
  return causes;
}

describe.each(all)('the log of $name', ({ picture }) => {
  const entries = read(shivizLog(picture));

  test('has each event once, on its host', () => {
    expect(entries.map(({ host }) => host)).toEqual(picture.events.map(({ lane }) => picture.lanes[lane]!.name));
    for (const [at, { event }] of entries.entries()) expect(event.endsWith(picture.events[at]!.text)).toBe(true);
  });

  test('counts each host on by one, and forgets nothing', () => {
    for (const { name } of picture.lanes) {
      const own = entries.filter(({ host }) => host === name);
      expect(own.map(({ clock }) => clock[name])).toEqual(own.map((_, at) => at + 1));
      for (const [at, { clock }] of own.entries()) {
        for (const [host, count] of Object.entries(own[at - 1]?.clock ?? {})) {
          expect(clock[host]).toBeGreaterThanOrEqual(count);
        }
      }
    }
  });

  test('lets who takes a message know what its sender did, and nothing else', () => {
    for (const { sendOrder, receiveOrder } of picture.messages) {
      if (sendOrder === null || receiveOrder === null) continue;
      for (const [host, count] of Object.entries(entries[sendOrder]!.clock)) {
        expect(entries[receiveOrder]!.clock[host]).toBeGreaterThanOrEqual(count);
      }
    }
    const causes = causesOf(picture);
    const any = fc.integer({ min: 0, max: entries.length - 1 });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const isCause = one === other || causes[one]!.has(other);
        expect(knows(entries[one]!, entries[other]!)).toBe(isCause);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

test('harmful texts are one line each, and hosts keep apart', () => {
  const { picture } = all[0]!;
  const log = shivizLog(harmful(picture));
  const entries = read(log);
  expect(entries).toHaveLength(picture.events.length);
  expect(log.split('\n')).toHaveLength(2 * picture.events.length + 1);
  expect(log.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(new Set(entries.map(({ host }) => host)).size).toBe(new Set(picture.events.map(({ lane }) => lane)).size);
});
