import { existsSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DOCUMENT_SPECIMENS } from '../../../../models/documents/specimens/specimens.ts';
import { aScript, Exchange, play, type Script } from '../../../contract/exchange.ts';

const ROOT = new URL('../../../../', import.meta.url);
/** What specimens are made of. */
const BASE = ['overlay', 'record-changes', 'record-entity', 'records', 'specimens'];

describe('the list of specimens', () => {
  test('names every file in the folder, in their order', () => {
    const files = readdirSync(new URL('models/documents/specimens/', ROOT)).map((file) => file.replace(/\.ts$/, ''));
    const expected = files.filter((name) => !BASE.includes(name)).sort();
    expect(DOCUMENT_SPECIMENS.map(({ name }) => name)).toEqual(expected);
  });

  test.each(DOCUMENT_SPECIMENS)('$name is a type of that name, with a sibling', async ({ name, file, bug, load }) => {
    expect(existsSync(new URL(file, ROOT))).toBe(true);
    const module = await load();
    expect(module.default.name).toBe(name);
    expect(module.sibling.name).not.toBe(name);
    // The same edits can be drawn for both.
    expect([...module.sibling.supports]).toEqual([...module.default.supports]);
    expect(module).toBe(await import(new URL(file, ROOT).href));
    expect(bug).toMatch(/^[A-Z].*\.$/);
  });
});

describe.each(DOCUMENT_SPECIMENS)('$name', ({ name, load }) => {
  test('does the same on the same calls, and throws nowhere but where it is meant to', async () => {
    const { default: type } = await load();
    const run = (script: Script): unknown => {
      const exchange = new Exchange(type, script.replicas, script);
      try {
        play(exchange, script);
        exchange.restart(0);
        exchange.settleAtRandom(script.draws);
      } catch (error) {
        if (name !== 'throws-on-gap' || !(error instanceof RangeError)) throw error;
      }
      return exchange.replicas.map((replica) => [JSON.stringify(replica.view()), replica.version(), replica.save()]);
    };
    fc.assert(
      fc.property(aScript(type), (script) => {
        expect(run(script)).toEqual(run(script));
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
