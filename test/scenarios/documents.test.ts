// Document types by name and by file: what is refused, and how it is said.

import { describe, expect, test } from 'vitest';
import lww from '../../models/documents/lww.ts';
import type { DocumentType, Replica } from '../../models/documents/port.ts';
import { checkedDocuments, loadDocuments } from '../../scenarios/documents.ts';
import { prepare, run, scenarioOf } from '../../scenarios/run.ts';
import { shapeOf } from '../../scenarios/search/hunt.ts';
import { huntConfig } from '../../scenarios/search/investigate.ts';
import { stormOf } from '../../scenarios/search/trial.ts';
import { installGuard } from '../../sim/guard.ts';

const supports = new Map([['set', 'one-wins']]);
const replica = { edit() {}, receive() {}, view() {}, version() {}, pending() {}, save() {}, load() {} };
const whole = { name: 'mine', supports, create: () => replica };

const methodOf = (made: Replica, name: string): ((...args: unknown[]) => unknown) => {
  const method = Reflect.get(made, name) as (...args: unknown[]) => unknown;
  return (...args) => Reflect.apply(method, made, args);
};

describe('a file of documents', () => {
  test('is taken as it is where it is whole, and made ready', async () => {
    let isReady = false;
    const mine = { ...whole, init: async () => void (isReady = true) };
    expect(await checkedDocuments(mine, './mine.ts')).toBe(mine);
    expect(isReady).toBe(true);
  });

  test.each([
    ['nothing', undefined, 'a file whose default export is a document type with name, supports'],
    ['a text', 'lww', 'a file whose default export is a document type'],
    ['no name', { ...whole, name: '' }, 'with a name (a text)'],
    ['supports as an object', { ...whole, supports: { set: 'one-wins' } }, 'supports, a Map from edit kinds'],
    ['no edit kind', { ...whole, supports: new Map() }, 'at least one edit kind in supports'],
    ['an unknown edit kind', { ...whole, supports: new Map([['merge', 'one-wins']]) }, 'in supports, not "merge"'],
    ['an unknown outcome', { ...whole, supports: new Map([['set', 'mine-wins']]) }, 'for set in supports'],
    ['no create', { ...whole, create: undefined }, 'with create, a function that makes a replica'],
    [
      'a create that throws',
      {
        ...whole,
        create: () => {
          throw new Error('no WASM');
        },
      },
      'does not throw (no WASM)',
    ],
    ['a create that gives nothing', { ...whole, create: () => undefined }, 'a create that gives a replica'],
    ['no view', { ...whole, create: () => ({ ...replica, view: undefined }) }, 'a replica with view, a function'],
    [
      'an init that fails',
      { ...whole, init: () => Promise.reject(new Error('gone')) },
      'an init that does not throw (gone)',
    ],
    ['merge as a text', { ...whole, merge: 'yes' }, 'merge to be a function, or left out'],
    ['an unknown delivery', { ...whole, delivery: 'fifo' }, "delivery to be 'any' or 'causal'"],
  ])('with %s is refused in one line', async (_, exported, expected) => {
    const refusal = checkedDocuments(exported, './mine.ts');
    await expect(refusal).rejects.toMatchObject({ name: 'InputError' });
    await expect(refusal).rejects.toThrow(/^ERR_DOCUMENTS --documents: got "\.\/mine\.ts", expected /);
    await expect(refusal).rejects.toThrow(expected);
    await expect(refusal).rejects.not.toThrow(/\n/);
  });
});

test('a misspelt name is refused with the nearest right one', async () => {
  await expect(loadDocuments('yjz')).rejects.toThrow(
    'documents: got "yjz", expected one of lww, yjs (did you mean yjs?)',
  );
});

describe('sync by state', () => {
  const input = { scenario: 'crdt-conflicts', profile: 'storm', seed: '7' };

  test('is refused for documents that have no since, and in dialect 1.0', async () => {
    await expect(prepare({ ...input, config: { sync: 'state' } })).rejects.toThrow(
      'sync: got "state", expected log: lww has no since, to sync by state',
    );
    const layer = { sync: 'state', dialect: '1.0', documents: 'yjs' } as const;
    await expect(prepare({ ...input, config: layer })).rejects.toThrow(
      'sync: got "state", expected log in dialect 1.0',
    );
  });

  test.each(['none', 'chaos', 'swarm'])('brings everybody together, with faults %s', async (faults) => {
    const { result } = await run({ ...input, config: { documents: 'yjs', sync: 'state', faults } });
    expect(result.findings).toEqual([]);
    expect(result.metrics.find(({ name }) => name === 'changes_accepted')?.values).toMatchObject({
      count: expect.any(Number),
    });
  });

  test('hands over states: with a peer that gives out an empty one, members do not agree', async () => {
    const loaded = await loadDocuments('yjs');
    const deaf: DocumentType = {
      ...loaded,
      create: (init) => {
        const made = loaded.create(init);
        const nothing = made.since!(made.version());
        // The peer's own replica has an actor that no device has.
        if (init.actor < 2 ** 31) return made;
        return Object.assign(made, { since: () => nothing });
      },
    };
    const { result } = await run({ ...input, documents: deaf, config: { documents: 'yjs', sync: 'state' } });
    expect(result.findings.map(({ oracle }) => oracle)).toContain('convergence');
  });
});

test('a document that throws is a finding with what it had printed, whenever it throws', async () => {
  for (const method of ['edit', 'receive', 'view', 'save', 'pending'] as const) {
    let calls = 0;
    const broken: DocumentType = {
      ...lww,
      create: (init) => {
        const made = lww.create(init);
        const original = methodOf(made, method);
        const thrower = (...args: unknown[]): unknown => {
          if (++calls > 3) {
            console.warn('about to fail', calls);
            throw new TypeError(`broken in ${method}, call ${calls}`);
          }
          return original(...args);
        };
        const bound = Object.fromEntries(Object.keys(replica).map((name) => [name, methodOf(made, name)]));
        return { ...(bound as unknown as Replica), [method]: thrower };
      },
    };
    const layer = { documents: 'broken' };
    const { result } = await run({
      scenario: 'crdt-conflicts',
      profile: 'storm',
      seed: '1',
      documents: broken,
      config: layer,
    });
    expect(result.verdict).toBe('safety');
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]).toMatchObject({
      oracle: 'document',
      signature: `document:TypeError: broken in ${method}, call #`,
    });
    expect(result.findings[0]!.detail['printed']).toContain('about to fail');
  }
});

describe('replicas', () => {
  test.each([
    ['lww', 'log'],
    ['yjs', 'log'],
    ['yjs', 'state'],
  ] as const)('of a storm are each disposed of once: %s by %s', async (name, sync) => {
    installGuard();
    const loaded = await loadDocuments(name);
    const disposals = new Map<Replica, number>();
    const counted: DocumentType = {
      ...loaded,
      create: (init) => {
        const made = loaded.create(init);
        const dispose = made.dispose?.bind(made);
        disposals.set(made, 0);
        return Object.assign(made, {
          dispose: () => {
            disposals.set(made, disposals.get(made)! + 1);
            dispose?.();
          },
        });
      },
    };
    const scenario = scenarioOf('crdt-conflicts');
    for (let seed = 1; seed <= 15; seed++) {
      const config = huntConfig({ scenario, config: { faults: 'swarm', sync } }, `${seed}`, shapeOf(`${seed}`));
      stormOf(scenario, config, counted);
    }
    expect(disposals.size).toBeGreaterThan(100);
    const wrong = [...disposals.values()].filter((times) => times !== 1);
    expect(wrong).toEqual([]);
  });
});
