// Random orders and groups of changes: what they hold, and that they stay where changes are taken away.

import { describe, expect, test } from 'vitest';
import { ChangeShuffle, type Group, type ShuffledChange } from '../../../models/oracles/change-shuffle.ts';
import { Streams } from '../../../sim/random.ts';

const USES = [0, 1, 2, 3, 4, 5, 6, 7];

interface Named extends ShuffledChange {
  readonly name: string;
}

/** Changes of four devices, each of which has seen all but the last few; without those that are left out. */
function changesOf(count: number, isLeftOut: (at: number) => boolean = () => false): Named[] {
  const changes: Named[] = [];
  const lastOf = new Map<number, number>();
  const countUpTo = [0];
  for (let at = 0; at < count; at++) {
    const device = (at * 7) % 4;
    if (!isLeftOut(at)) {
      const index = changes.length;
      const needs = countUpTo[Math.max(0, at - 5)]!;
      const previous = lastOf.get(device) ?? -1;
      changes.push({ device, editedAtUs: at * 1000, again: 0, index, needs, previous, name: `c${at}` });
      lastOf.set(device, index);
    }
    countUpTo.push(changes.length);
  }
  return changes;
}

function shuffleOf(changes: readonly Named[], isCausal: boolean, seed = '1'): ChangeShuffle<Named> {
  return new ChangeShuffle(new Streams(seed).key('shuffle'), changes, isCausal);
}

function namesOf(groups: readonly Group<Named>[]): string[][] {
  return groups.map(({ members }) => members.map(({ name }) => name));
}

/** Each level of a tree, with the names that each of its nodes holds. */
function treeOf(shuffle: ChangeShuffle<Named>, use: number): [number, string[]][][] {
  let nodes: readonly Group<string>[] = shuffle
    .groups(use)
    .map(({ place, members }) => ({ place, members: members.map(({ name }) => name) }));
  const levels: [number, string[]][][] = [];
  for (let level = 1; nodes.length > 1; level++) {
    nodes = shuffle
      .joined(nodes, use, level)
      .map(({ place, members }) => ({ place, members: members.flatMap((child) => child.members) }));
    levels.push(nodes.map(({ place, members }) => [place, [...members]]));
  }
  return levels;
}

describe('a shuffle in any order', () => {
  test('taking away a change leaves the groups of the others as they were', () => {
    const whole = shuffleOf(changesOf(60), false);
    for (let gone = 0; gone < 60; gone++) {
      const less = shuffleOf(
        changesOf(60, (at) => at === gone),
        false,
      );
      const without = (names: readonly string[]): string[] => names.filter((name) => name !== `c${gone}`);
      for (const use of USES) {
        const expected = namesOf(whole.groups(use)).map(without);
        expect(namesOf(less.groups(use))).toEqual(expected.filter((names) => names.length > 0));
        const share = whole.share(use);
        expect(less.share(use)).toBe(share);
        const beginning = namesOf(whole.groups(use, share)).map(without);
        expect(namesOf(less.groups(use, share))).toEqual(beginning.filter((names) => names.length > 0));
      }
    }
  });

  test('taking away half of the changes leaves what is merged with what as it was', () => {
    const isGone = (at: number): boolean => at % 2 === 0;
    const left = new Set(changesOf(60, isGone).map(({ name }) => name));
    for (const use of USES) {
      const less = treeOf(shuffleOf(changesOf(60, isGone), false), use);
      const whole = treeOf(shuffleOf(changesOf(60), false), use).slice(0, less.length);
      const kept = whole.map((nodes) =>
        nodes.map(([place, names]) => [place, names.filter((name) => left.has(name))] as const),
      );
      expect(less).toEqual(kept.map((nodes) => nodes.filter(([, names]) => names.length > 0)));
    }
  });

  test('holds every change, some of them twice, in other orders and groups for each use and key', () => {
    const changes = changesOf(100);
    const texts = new Set<string>();
    let twice = 0;
    const sizes: number[] = [];
    for (const seed of ['1', '2', '3', '4']) {
      for (const use of USES) {
        const groups = namesOf(shuffleOf(changes, false, seed).groups(use));
        const names = groups.flat();
        expect(new Set(names).size).toBe(100);
        twice += names.length - 100;
        sizes.push(names.length / groups.length);
        texts.add(JSON.stringify(groups));
      }
    }
    expect(texts.size).toBe(32);
    expect(twice / 32).toBeGreaterThan(5);
    expect(twice / 32).toBeLessThan(15);
    expect(Math.min(...sizes)).toBeLessThan(2);
    expect(Math.max(...sizes)).toBeGreaterThan(8);
  });

  test('keeps its groups small where there are many changes', () => {
    const changes = changesOf(5000);
    for (const use of USES) expect(shuffleOf(changes, false).groups(use).length).toBeGreaterThan(150);
  });
});

describe('a shuffle in causal order', () => {
  test('hands over nothing before what it needs, and mixes all the same', () => {
    const changes = changesOf(100);
    const orders = new Set<string>();
    for (const use of USES) {
      const groups = shuffleOf(changes, true).groups(use);
      const had = new Set<number>();
      let isFirstAgain = 0;
      for (const { index, needs, previous } of groups.flatMap(({ members }) => members)) {
        if (had.has(index)) isFirstAgain++;
        for (let before = 0; before < needs; before++) expect(had.has(before)).toBe(true);
        if (previous >= 0) expect(had.has(previous)).toBe(true);
        had.add(index);
      }
      expect(had.size).toBe(100);
      expect(isFirstAgain).toBeGreaterThan(0);
      orders.add(JSON.stringify(namesOf(groups)));
      const names = namesOf(groups).flat();
      expect(names).not.toEqual(changes.map(({ name }) => name));
    }
    expect(orders.size).toBe(USES.length);
  });

  test('merges neighbours alone', () => {
    const shuffle = shuffleOf(changesOf(50), true);
    for (const use of USES) {
      const order = namesOf(shuffle.groups(use)).flat();
      for (const nodes of treeOf(shuffle, use)) expect(nodes.flatMap(([, names]) => names)).toEqual(order);
    }
  });

  test('taking away a change that nothing needs leaves the others’ order as it was', () => {
    const whole = shuffleOf(changesOf(60), true);
    const less = shuffleOf(
      changesOf(60, (at) => at === 59),
      true,
    );
    const firsts = (groups: readonly Group<Named>[]): string[] => [...new Set(namesOf(groups).flat())];
    for (const use of USES) {
      expect(firsts(less.groups(use))).toEqual(firsts(whole.groups(use)).filter((name) => name !== 'c59'));
    }
  });
});
