import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import lww from '../../../models/documents/lww.ts';
import { CHART_OF_ACCOUNTS, drawEntity, drawUpdate, ENTITY_TYPES, entityName } from '../../../models/entities.ts';
import type { Act } from '../../../models/history.ts';
import { changeId, deviceId, ledgerId } from '../../../models/identity.ts';
import { judgeSecrecy, type Secrets, secretsOf, SECRETS_MAX } from '../../../models/oracles/secrecy.ts';
import { cursorText } from '../../../relay-adapter/cursor.ts';
import { WireBodies } from '../../../relay-adapter/wire/bodies.ts';
import { aesSealer, plainSealer, type Sealer } from '../../../relay-adapter/wire/sealing.ts';
import { Streams } from '../../../sim/random.ts';
import { addChange, DocumentDevice, ledgerOf } from './fakes.ts';

const NOW_MS = 1_767_225_600_000;
const MOMENT = { nowUs: 9_000_000, events: 42 };
const LEDGER = ledgerOf(0, 0, [{}, {}, {}]);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const noPayloads: Secrets['payloads'] = [];

function judge(secrets: Partial<Secrets>, held: readonly Uint8Array[], table = new ChangeTable(false)) {
  return judgeSecrecy(LEDGER, { texts: [], payloads: noPayloads, ...secrets }, held, table, MOMENT);
}
const signaturesOf = (...of: Parameters<typeof judge>): string[] => judge(...of).map(({ signature }) => signature);

/** A ledger of lww changes of the workload, with names, and the edits that they were made of. */
function workload(seed: string, count: number) {
  const table = new ChangeTable(false, { keepsEntities: true });
  const stream = new Streams(seed).stream('drafts');
  const device = new DocumentDevice(lww, table, 1);
  const acts: Act[] = [];
  const log: number[] = [];
  for (let n = 0; n < count; n++) {
    const entityType = ENTITY_TYPES[n % 3]!;
    const entity = entityName(entityType, 1, n);
    const draft =
      n % 4 === 3
        ? drawUpdate(stream, entityType, entity, `token-${n}`)
        : drawEntity(stream, entityType, entity, CHART_OF_ACCOUNTS, NOW_MS);
    const parts = draft.edits.flatMap((edit) => device.replica.edit(edit).changes.map((part) => part.slice()));
    const { operation } = draft;
    const change = table.add({
      device: 1,
      incarnation: 0,
      sequence: n + 1,
      ledger: 0,
      seen: n,
      editedAtUs: n,
      timestampMs: NOW_MS + n,
      entityType,
      operation,
      entityLength: entity.length,
      entity,
      parts,
      targets: [],
    });
    log.push(change);
    for (const [at, edit] of draft.edits.entries()) acts.push({ at, edit, target: entity } as Act);
  }
  return { table, log: Int32Array.from(log), history: { acts: () => acts } };
}

/** What a relay would hold of it: the bodies of pushes. */
function heldOf({ table, log }: ReturnType<typeof workload>, sealer: Sealer, dialect: '1.0' | '1.1'): Uint8Array[] {
  const bodies = new WireBodies({ namespace: 0, sealer, dialect, table });
  const message = { ledger: 0, device: 1, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < log.length; from += 10) {
    const changes = [...log.subarray(from, from + 10)];
    const text = bodies.push({ kind: 'push', changes, ...message }, NOW_MS, (_, position) => cursorText(position));
    chunks.push(bytesOf(text));
    for (const change of changes) chunks.push(Buffer.from(bodies.payloadOf(change), 'base64'));
  }
  return chunks;
}

describe.each(['1.1', '1.0'] as const)('what a relay of %s holds', (dialect) => {
  test('shows nothing where payloads and names are sealed, in many runs', () => {
    for (let seed = 0; seed < 20; seed++) {
      const run = workload(`seed ${seed}`, 100);
      const secrets = secretsOf(LEDGER, run.log, run.table, run.history);
      expect(judge(secrets, heldOf(run, aesSealer(`master ${seed}`, 'salt'), dialect), run.table)).toEqual([]);
    }
  });

  test('shows payloads and names where nothing is sealed, the first of each, and says whose', () => {
    const run = workload('plain', 60);
    const secrets = secretsOf(LEDGER, run.log, run.table, run.history);
    const findings = judge(secrets, heldOf(run, plainSealer(), dialect), run.table);
    expect(findings).toMatchObject([
      {
        oracle: 'secrecy',
        kind: 'safety',
        signature: 'secrecy:payload',
        atUs: 9_000_000,
        event: 42,
        devices: [1],
        documents: ['ledger-0'],
        detail: { author: 1, incarnation: 0, sequence: 1, as: 'raw' },
      },
      { signature: 'secrecy:text', devices: [], detail: { text: 'transaction-1-0', as: 'raw' } },
    ]);
    const [payload] = findings;
    expect(payload!.detail['found']).toBeGreaterThan(60);
    expect(payload!.detail['found']).toBe(payload!.detail['lookedFor']);
  });

  test('shows one payload that was not sealed among others that were', () => {
    const run = workload('one', 60);
    const secrets = secretsOf(LEDGER, run.log, run.table, run.history);
    const sealed = aesSealer('master', 'salt');
    const leaky: Sealer = {
      ...sealed,
      seal: (ledger, change, plain) => (change.sequence === 37 ? plain : sealed.seal(ledger, change, plain)),
    };
    const findings = judge(secrets, heldOf(run, leaky, dialect), run.table);
    expect(findings[0]).toMatchObject({ signature: 'secrecy:payload', detail: { sequence: 37 } });
  });
});

const FORMS: readonly (readonly [as: string, write: (bytes: Uint8Array, before: number) => string | Uint8Array])[] = [
  ['raw', (bytes) => bytes],
  ['hex', (bytes) => Buffer.from(bytes).toString('hex')],
  ['base64', (bytes, before) => Buffer.concat([Buffer.alloc(before, 77), bytes]).toString('base64')],
];
/** Amid other bytes. */
function buried(written: string | Uint8Array): Uint8Array[] {
  const bytes = typeof written === 'string' ? bytesOf(written) : written;
  return [new Uint8Array(5000), Buffer.concat([Buffer.alloc(300, 'x'), bytes, Buffer.alloc(300, 'y')])];
}

describe('a payload', () => {
  // No two of its bytes are equal, and base64 has no + or /.
  const many = Uint8Array.from({ length: 60 }, (_, index) => (index * 4 + 1) & 255);
  const table = new ChangeTable(false);
  addChange(table, { device: 0, parts: [many] });
  const change = addChange(table, { device: 2, incarnation: 3, parts: [many] });
  const secrets = { payloads: [{ change, bytes: many }] };

  test.each(FORMS)('is found as it is written down in %s, wherever it stands', (as, write) => {
    for (let before = 0; before < 6; before++) {
      const [finding, ...others] = judge(secrets, buried(write(many, before)), table);
      expect(others).toEqual([]);
      expect(finding).toMatchObject({
        signature: 'secrecy:payload',
        devices: [2],
        detail: { author: 2, incarnation: 3, sequence: 2, as, found: 1, lookedFor: 1 },
      });
      const { excerpt } = finding!.detail as { excerpt: string };
      expect(excerpt.length).toBeLessThanOrEqual(24);
      expect(excerpt).toMatch(/^[ -~]+$/);
    }
  });

  test('is found by some stretch of 24 bytes, or as a whole where it is shorter', () => {
    const distinct = fc.uniqueArray(fc.nat({ max: 255 }), { minLength: 12, maxLength: 200 });
    fc.assert(
      fc.property(distinct, fc.constantFrom(...FORMS), fc.nat({ max: 2 }), (list, [as, write], before) => {
        const bytes = Uint8Array.from(list);
        const secret = { payloads: [{ change, bytes }] };
        expect(judge(secret, buried(write(bytes, before)), table)).toMatchObject([{ detail: { as } }]);
        expect(judge(secret, buried(write(bytes.subarray(0, 11), before)), table)).toEqual([]);
      }),
      { seed: 1 },
    );
  });

  test('is not found in other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2000, maxLength: 4000 }), (bytes) => {
        expect(judge(secrets, [bytes], table)).toEqual([]);
      }),
      { seed: 2 },
    );
  });

  test('of zeros and few bytes is not looked for: any file has them', () => {
    const dull = [new Uint8Array(100), Uint8Array.from({ length: 100 }, (_, index) => index % 5), many.slice(0, 11)];
    for (const bytes of dull) expect(judge({ payloads: [{ change, bytes }] }, [bytes, bytes], table)).toEqual([]);
  });

  test('that is readable is not found by the words that it shares with the protocol', () => {
    const bytes = bytesOf('{"entity_type":"transaction","entity_id":"nnnnnnnnnnnnnn"}');
    const body = bytesOf('{"entity_type":"transaction","entity_id":"09af","operation":"UPDATE"}');
    expect(judge({ payloads: [{ change, bytes }] }, [body], table)).toEqual([]);
    expect(signaturesOf({ payloads: [{ change, bytes }] }, [bytes], table)).toEqual(['secrecy:payload']);
  });
});

describe('a text', () => {
  test.each([FORMS[0]!, FORMS[2]!])('of eight characters and more is found in %s', (as, write) => {
    for (const text of [
      'two word',
      'Bakery 1x4z',
      'account-1',
      'unbroken26',
      'ein Text mit ä ö ü ß',
      '你好你好你好你好',
    ]) {
      for (let before = 0; before < 3; before++) {
        expect(judge({ texts: [text] }, buried(write(bytesOf(text), before)))).toMatchObject([
          { signature: 'secrecy:text', devices: [], detail: { text, as, found: 1, lookedFor: 1 } },
        ]);
      }
    }
  });

  test('is shown cut where it is long', () => {
    const text = 'a very long text, of which a finding shows the beginning alone';
    const [finding] = judge({ texts: [text] }, buried(bytesOf(text)));
    expect(finding!.detail).toMatchObject({ text: text.slice(0, 24), excerpt: text.slice(0, 24) });
  });

  test.each([
    ['short', 'a word '],
    ['a number', '1767225600000'],
    ['a date', '2026-01-01'],
    ['a time', '2026-01-01T00:00:00.000Z'],
    ['a type', 'transaction'],
    ['an operation', 'SNAPSHOT'],
    ['the id of a change', changeId(10, 2, 171)],
    ['the id of a device', deviceId(10)],
    ['the id of a ledger', ledgerId(10)],
    ['of few hexadecimal digits', '0a1b2c3d4e'],
    ['of few characters of base64', 'x8Qd/9aB7'],
  ])('that is %s is not looked for', (_, text) => {
    expect(judge({ texts: [text] }, [bytesOf(` ${text} `)])).toEqual([]);
  });

  test('is not found where only a part of it, or another one, stands', () => {
    expect(judge({ texts: ['transaction-1-17', 'account-1'] }, [bytesOf('transaction-1-1 account-2')])).toEqual([]);
  });
});

describe('where there are more secrets than are looked for', () => {
  const texts = Array.from({ length: SECRETS_MAX * 5 + 123 }, (_, index) => `secret text ${index}.`);

  test('every stretch of them is looked for, and one that is told in full is found', () => {
    const findings = judge({ texts }, [bytesOf(texts.join('\n'))]);
    expect(findings).toMatchObject([{ detail: { text: texts[0], found: SECRETS_MAX, lookedFor: SECRETS_MAX } }]);
    for (let from = 0; from + 20 < texts.length; from += 500) {
      expect(signaturesOf({ texts }, [bytesOf(texts.slice(from, from + 20).join('\n'))])).toEqual(['secrecy:text']);
    }
  });
});

describe('the secrets of a ledger', () => {
  test('are the parts of its log, the names that the table keeps and what was written in edits', () => {
    const table = new ChangeTable(false, { keepsEntities: true });
    const about = { incarnation: 0, ledger: 0, seen: 0, editedAtUs: 0, timestampMs: 0, targets: [] } as const;
    const entity = { entityType: 'account', operation: 'UPDATE', entityLength: 1, entity: 'named' } as const;
    const parts = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const first = table.add({ device: 1, sequence: 1, ...about, ...entity, parts });
    table.add({ device: 1, sequence: 2, ...about, ...entity, parts: [Uint8Array.of(9)] });
    const edits = [
      { kind: 'set', entity: 'set-one', field: 'field', value: 'value' },
      { kind: 'set', entity: 'set-one', field: 'field', value: 7 },
      { kind: 'text-insert', entity: 'text-one', at: 0, text: 'inserted' },
      { kind: 'list-insert', entity: 'list-one', at: 0, value: 'item' },
      { kind: 'tag-add', entity: 'tag-one', tag: 'tag' },
      { kind: 'count', entity: 'count-one', field: 'visits', by: 2 },
      { kind: 'remove', entity: 'gone' },
    ] as const;
    const acts = edits.map((edit, at) => ({ at, edit, target: '' }) as unknown as Act);
    const asked: number[] = [];
    const history = { acts: (ledger: number) => (asked.push(ledger), acts) };
    const secrets = secretsOf({ index: 5 }, Int32Array.of(first), table, history);
    for (let time = 0; time < 2; time++) {
      expect([...secrets.payloads].map(({ change, bytes }) => [change, ...bytes])).toEqual([
        [first, 1, 2],
        [first, 3],
      ]);
      expect([...secrets.texts]).toEqual([
        'named',
        'set-one',
        'value',
        'text-one',
        'inserted',
        'list-one',
        'item',
        'tag-one',
        'tag',
        'count-one',
        'gone',
      ]);
    }
    expect(asked).toEqual([5, 5]);
  });

  test('are the parts alone where nobody keeps the rest', () => {
    const table = new ChangeTable(false);
    const change = addChange(table, {});
    const secrets = secretsOf(LEDGER, Int32Array.of(change), table);
    expect([...secrets.texts]).toEqual([]);
    expect([...secrets.payloads]).toHaveLength(1);
  });
});
