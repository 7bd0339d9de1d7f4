// The file of a finding: what is written is what is read, what is damaged or made up is refused in one clear line, and
// nothing in it is ever run.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../models/finding.ts';
import type { Plan } from '../../../models/plan.ts';
import { DRAW_VERSION } from '../../../scenarios/search/draw-version.ts';
import {
  FINDING_CHARS_MAX,
  FINDING_FORMAT_VERSION,
  findingFileName,
  type FindingFile,
  findingFileText,
  type Migration,
  parseFindingFile,
  signatureSlug,
} from '../../../scenarios/search/finding-file.ts';
import { sizeOf } from '../../../scenarios/search/plan-size.ts';
import { TOOL } from '../../../scenarios/version.ts';
import { InputError } from '../../../sim/errors.ts';
import { findingOf, plans, storm, stormConfig } from './plans.ts';

const config = stormConfig();

function fileOf(plan: Plan, changes: Partial<FindingFile> = {}): FindingFile {
  return {
    formatVersion: FINDING_FORMAT_VERSION,
    drawVersion: DRAW_VERSION,
    tool: { ...TOOL },
    command: 'squall replay findings/crdt-conflicts-views.json',
    seed: config.seed,
    scenario: config.scenario,
    config,
    documents: config.documents,
    versions: { node: '24.21.0', yjs: '13.6.33' },
    finding: findingOf('convergence/views', [0, 1]),
    sizeBefore: { devices: 8, edits: 100, faults: 3, steps: 150, fates: 900 },
    sizeAfter: sizeOf(plan),
    unexercised: ['the edit of device 1 at 3 s did nothing'],
    traceHash: '0123456789abcdef',
    checkpointEvery: 256,
    checkpoints: ['0123456789abcdef', 'fedcba9876543210'],
    lastEvents: ['#1 t=0.000001s push 0 1 2'],
    views: { 'device 0': { 'account-0-0': { fields: { name: 'a' } } }, 'device 1': {} },
    plan,
    ...changes,
  };
}

const small = fileOf(storm('small', 2, 3));
const smallText = findingFileText(small);

function errorOf(text: string, migrations?: ReadonlyMap<number, Migration>): InputError {
  try {
    parseFindingFile('f.json', text, migrations);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code: 'ERR_FINDING' });
    // One line, without anything that steers a terminal.
    expect((error as InputError).message).toMatch(/^[^\p{Cc}]+$/u);
    return error as InputError;
  }
  throw new Error('it was read');
}

/** The small file with something else at a place, such as `plan.users.0.device`. */
function changed(place: string, value: unknown): string {
  const copy = JSON.parse(smallText) as Record<string, unknown>;
  const keys = place.split('.');
  let holder: unknown = copy;
  for (const key of keys.slice(0, -1)) holder = Reflect.get(holder as object, key);
  if (value === undefined) Reflect.deleteProperty(holder as object, keys.at(-1)!);
  else Reflect.set(holder as object, keys.at(-1)!, value);
  return JSON.stringify(copy);
}

describe('what is written', () => {
  test('is what is read, for any plan', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const file = fileOf(plan);
        const text = findingFileText(file);
        const read = parseFindingFile('f.json', text);
        expect(read).toEqual(file);
        expect(findingFileText(read)).toBe(text);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('is what is read, for whatever was observed', () => {
    const finding: Finding = {
      oracle: 'convergence',
      kind: 'liveness',
      signature: 'convergence/views',
      atUs: 1,
      event: 2,
      devices: [0],
      documents: ['ledger-0'],
      detail: { text: 'two\nlines\tand a tab', 'a key': [1, 2.5, null, true, { 10: 'x', 9: 'y' }] },
      parting: {
        target: 'account-0-0/name',
        author: 1,
        incarnation: 0,
        sequence: 3,
        atUs: 5,
        seenBy: [1],
        notSeenBy: [0],
      },
    };
    const file = fileOf(small.plan, { finding });
    expect(parseFindingFile('f.json', findingFileText(file))).toEqual(file);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (detail) => {
        const first = findingFileText(fileOf(small.plan, { finding: { ...finding, detail }, views: detail }));
        expect(findingFileText(parseFindingFile('f.json', first))).toBe(first);
      }),
      { seed: 2 },
    );
  });

  test('is the same text in whatever order keys came', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, item]) => [key, reversed(item)]),
      );
    };
    expect(findingFileText(reversed(small) as FindingFile)).toBe(smallText);
  });

  test('can be read by a person: what matters first, and one record a line', () => {
    const lines = smallText.split('\n');
    expect(lines.slice(0, 3)).toEqual(['{', '  "formatVersion": 1,', '  "drawVersion": 1,']);
    const fates = lines.indexOf('    "fates": [');
    expect(lines.slice(fates + 1, fates + 1 + small.plan.fates.length)).toEqual(
      small.plan.fates.map((fate, at, all) => `      ${JSON.stringify(fate)}${at === all.length - 1 ? '' : ','}`),
    );
    expect(lines.at(-1)).toBe('');
  });

  test('shows control characters of what was observed, and what is no data as text', () => {
    const circle: Record<string, unknown> = { map: new Map([['a', 1]]), set: new Set([2]), bytes: Uint8Array.of(3) };
    circle['circle'] = circle;
    const detail = {
      printed: 'red \u001b[31m\u009b\u007f',
      big: 5n,
      gone: undefined,
      nan: Number.NaN,
      call: () => 1,
      circle,
    };
    const text = findingFileText(
      fileOf(small.plan, { finding: { ...small.finding, detail }, lastEvents: ['#1 a\nb'], unexercised: ['\u0007'] }),
    );
    const read = parseFindingFile('f.json', text);
    expect(read.finding.detail).toEqual({
      printed: 'red \u241b[31m\uFFFD\u2421',
      big: '5',
      nan: 'NaN',
      call: 'a function',
      circle: { map: { a: 1 }, set: [2], bytes: [3], circle: '…' },
    });
    expect(read).toMatchObject({ lastEvents: ['#1 a␊b'], unexercised: ['␇'] });
  });

  test('is not written where it could not be read again', () => {
    const step = {
      do: 'edit' as const,
      draft: {
        ...small.plan.preloads[0]!.drafts[0]!,
        edits: [{ kind: 'text-insert' as const, entity: 'a', at: 0, text: 'a\u0000' }],
      },
    };
    const user = { ...small.plan.users[0]!, actions: [{ name: 'x', thinkUs: 0, steps: [step] }] };
    expect(() => findingFileText(fileOf({ ...small.plan, users: [user] }))).toThrow(
      /^ERR_FINDING plan\.users\[0\]\.actions\[0\]\.steps\[0\]\.draft\.edits\[0\]\.text: got "a␀", expected a text without control characters/,
    );
    expect(() => findingFileText(fileOf({ ...small.plan, devices: [] }))).toThrow(
      /^ERR_FINDING plan\.devices: got a list of 0/,
    );
  });
});

describe('what is damaged', () => {
  test('at any single byte is refused as bad input, or still a finding', () => {
    const bytes = new TextEncoder().encode(smallText);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.boolean(), (at, byte, isCut) => {
        const damaged = isCut ? bytes.slice(0, at) : bytes.with(at, byte);
        try {
          const read = parseFindingFile('f.json', new TextDecoder().decode(damaged));
          expect(findingFileText(read)).toEqual(expect.any(String));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).code).toBe('ERR_FINDING');
          expect((error as InputError).message).toMatch(/^[^\p{Cc}]+$/u);
        }
      }),
      { seed: 3, numRuns: 3000 },
    );
  });

  test('at any place of its values is refused as bad input, or still a finding', () => {
    const nonsense = fc.oneof(
      fc.constantFrom(-1, 1.5, 2 ** 53, 1e300, '', 'x', null, true, [], {}, [[]], { kind: 'set' }, '\u001b', -0),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const places: string[] = [];
    const walk = (value: unknown, place: string): void => {
      if (place !== '') places.push(place);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, item] of Object.entries(value))
        if (!key.includes('.')) walk(item, place === '' ? key : `${place}.${key}`);
    };
    walk(JSON.parse(smallText), '');
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.option(nonsense, { nil: undefined }), (place, value) => {
        const text = changed(place, value);
        try {
          parseFindingFile('f.json', text);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as InputError).message).toMatch(/^ERR_FINDING [^\p{Cc}]+$/u);
        }
      }),
      { seed: 4, numRuns: 3000 },
    );
  });

  test.each([
    ['', 'ERR_FINDING f.json: got "", expected whole JSON (it ends too soon, after 0 characters)'],
    [smallText.slice(0, 100), 'expected whole JSON (it ends too soon, after 100 characters)'],
    ['{"formatVersion": 1, x}', 'got "{\\"formatVersion\\": 1, x", expected JSON (it goes wrong at character 22)'],
    ['hello', 'ERR_FINDING f.json: got "hello", expected JSON'],
    [smallText.replace('{', '{{'), 'expected JSON (it goes wrong at character 2)'],
    ['\u0000\u001b[31m', 'expected JSON'],
    ['[]', 'got a list of 0, expected an object, as squall writes it'],
    ['null', 'got null, expected an object'],
    ['{}', 'ERR_FINDING formatVersion: got nothing, expected the version of a finding file: 1 (in f.json)'],
    ['['.repeat(100_000), 'got "lists and objects 100000 deep", expected at most 64'],
    [`[${'{},'.repeat(5_000_001)}{}]`, 'got "5000003 lists and objects", expected at most 5000000'],
    [
      ' '.repeat(FINDING_CHARS_MAX + 1),
      `got "${FINDING_CHARS_MAX + 1} characters", expected at most ${FINDING_CHARS_MAX}`,
    ],
  ])('as a whole is refused (case %#)', (text, message) => {
    expect(errorOf(text).message).toContain(message);
  });

  test('after a byte order mark it is read all the same', () => {
    expect(parseFindingFile('f.json', `\uFEFF${smallText}`)).toEqual(small);
  });
});

describe('a file of another version', () => {
  test('that is newer says who wrote it', () => {
    const newer = JSON.stringify({
      ...(JSON.parse(smallText) as object),
      formatVersion: 2,
      tool: { name: 'squall', version: '7.1.0-beta' },
    });
    expect(errorOf(newer).message).toBe(
      `ERR_FINDING formatVersion: got 2, expected 1, which squall ${TOOL.version} reads; squall 7.1.0-beta wrote it (in f.json)`,
    );
    expect(errorOf('{"formatVersion": 9, "tool": {"version": "\\u001b[2J"}}').message).toContain(
      'a later squall wrote it',
    );
  });

  test.each([0, -1, 1.5, '1', null, true])('that is none is refused (%j)', (version) => {
    expect(errorOf(changed('formatVersion', version)).field).toBe('formatVersion');
  });

  const migrations = new Map<number, Migration>([
    [-1, (file) => ({ ...file, seeds: undefined, seed: (file['seeds'] as string[])[0] })],
    [0, ({ story, ...file }) => ({ ...file, plan: story })],
  ]);

  test('that is older goes through every migration', () => {
    const { plan, seed, ...rest } = JSON.parse(smallText) as Record<string, unknown>;
    const older = JSON.stringify({ ...rest, formatVersion: 0, story: plan, seed });
    expect(parseFindingFile('f.json', older, migrations)).toEqual(small);
    const oldest = JSON.stringify({ ...rest, formatVersion: -1, story: plan, seeds: [seed] });
    expect(errorOf(oldest).message).toContain('formatVersion: got -1, expected 1');
    const dropping = new Map(migrations).set(-1, ({ seeds, ...file }) => ({ ...file, seed: (seeds as string[])[0] }));
    expect(parseFindingFile('f.json', oldest, dropping)).toEqual(small);
  });

  test('that is older is checked after its migration, and refused where it is not of its version', () => {
    const { plan, ...rest } = JSON.parse(smallText) as Record<string, unknown>;
    const broken = JSON.stringify({ ...rest, formatVersion: 0, story: { ...(plan as object), users: 3 } });
    expect(errorOf(broken, migrations).message).toContain('plan.users: got 3, expected a list');
    const throwing = new Map<number, Migration>([[0, () => JSON.parse('') as never]]);
    expect(errorOf(broken, throwing).message).toContain('expected a finding file of version 0');
    expect(errorOf(changed('formatVersion', -7), migrations).message).toContain('got -7, expected -1 to 1');
  });
});

describe('what was edited by hand into nonsense', () => {
  const step = small.plan.users[0]!.actions[0]!.steps.findIndex((one) => one.do === 'edit');
  const draft = `plan.users.0.actions.0.steps.${step}.draft`;
  test.each([
    ['plan.users.0.device', 9, 'plan.users[0].device: got 9, expected a device of the plan: 0, 1'],
    ['plan.users.1.device', 0, 'plan.users[1].device: got 0, expected a device that no other user has'],
    ['plan.devices.0.ledger', 1e9, 'plan.devices[0].ledger: got 1000000000, expected ≤ 100000'],
    ['plan.devices.1.index', 1_000_000, 'plan.devices[1].index: got 1000000, expected ≤ 262144'],
    ['plan.faults.0', { ...crash(9) }, 'plan.faults[0].device: got 9, expected a device of the plan: 0, 1'],
    ['plan.faults.0', { ...crash(-1) }, 'plan.faults[0].device: got -1, expected the index of a device'],
    [
      'plan.faults.0',
      { ...crash(0), kind: 'relay-crash' },
      'plan.faults[0].device: got 0, expected -1 for a fault of the relay',
    ],
    ['plan.faults.0', { ...crash(0), kind: 'crush' }, 'plan.faults[0].kind: got "crush", expected one of partition'],
    ['plan.faults.0', { ...crash(0), atUs: -5 }, 'plan.faults[0].atUs: got -5, expected a number ≥ 0'],
    ['plan.faults.0', { ...crash(0), lengthUs: 0.5 }, 'plan.faults[0].lengthUs: got 0.5, expected a whole number'],
    [
      'plan.faults.0',
      { ...crash(0), kind: 'brown-out', device: -1, amount: 10_000 },
      'plan.faults[0].amount: got 10000, expected whole, 1 to',
    ],
    ['plan.faults.0', { ...crash(0), code: 404 }, 'plan.faults[0].code: got 404, expected one of 500, 503'],
    [
      'plan.users.0.actions.0.atUs',
      4e14,
      'plan.users[0].actions[0].atUs: got 400000000000000, expected a number ≤ 315360000000000',
    ],
    [
      'plan.faults.0',
      { ...crash(0), way: 'sideways' },
      'plan.faults[0].way: got "sideways", expected one of both, up, down',
    ],
    ['plan.preloads.0.device', 5, 'plan.preloads[0].device: got 5, expected a device of the plan: 0, 1'],
    ['plan.devices.1.index', 0, 'plan.devices[1].index: got 0, expected a device once'],
    ['plan.devices', [], 'plan.devices: got a list of 0, expected a list of ≥ 1'],
    ['plan.devices.0.autoSyncUs', -1, 'plan.devices[0].autoSyncUs: got -1, expected a number ≥ 0'],
    ['plan.users.1.user', 0, 'plan.users[1].user: got 0, expected a user once'],
    ['plan.users.0.endUs', 0, 'plan.users[0].endUs: got 0, expected ≥ users[0].stopUs'],
    [
      'plan.users.0.actions.0.thinkUs',
      2 ** 53,
      `plan.users[0].actions[0].thinkUs: got ${2 ** 53}, expected a number ≤ ${2 ** 53 - 1}`,
    ],
    ['plan.users.0.actions.0.atUs', 1.25, 'plan.users[0].actions[0].atUs: got 1.25, expected a whole number'],
    ['plan.users.0.actions.0.atUs', '5', 'plan.users[0].actions[0].atUs: got "5", expected a number'],
    [
      'plan.users.0.actions.0.ordinal',
      1,
      'plan.users[0].actions[1].ordinal: got 1, expected a number that no earlier action has',
    ],
    ['plan.users.0.actions.0.name', 'a\nb', 'expected a text of one line'],
    [
      'plan.users.0.actions.0.steps.0',
      { do: 'pish' },
      'steps[0].do: got "pish", expected one of edit, push, push-soon, pull, pause (did you mean push?)',
    ],
    [
      'plan.users.0.actions.0.steps.0',
      { do: 'push', n: 1 },
      'steps[1].n: got 1, expected a number that no earlier step has',
    ],
    [
      'plan.users.0.actions.0.steps.0',
      { do: 'push-soon', device: 7 },
      'steps[0].device: got 7, expected a device of the plan',
    ],
    ['plan.users.0.actions.0.steps.0', { do: 'pause' }, 'steps[0].pauseUs: got nothing, expected a number'],
    ['plan.users.0.actions.0.steps.0', { do: 'pull', sinceMs: 0 }, 'steps[0].sinceMs: got 0, expected a number > 0'],
    ['plan.users.0.actions.0.steps.0', { do: 'push', who: 1 }, 'steps[0].who: got 1, expected no such key'],
    [`${draft}.entity`, 'Account 1', 'entity: got "Account 1", expected a name of a-z, 0-9 and -'],
    [
      `${draft}.edits.0`,
      { kind: 'text-insert', entity: 'a', at: -1, text: 'x' },
      'edits[0].at: got -1, expected a number ≥ 0',
    ],
    [
      `${draft}.edits.0`,
      { kind: 'set', entity: 'a', field: 'b', value: null },
      'edits[0].value: got null, expected a text, a number, true or false',
    ],
    [`${draft}.edits.0`, { kind: 'tag-add', entity: 'a', tag: 'a/b' }, 'edits[0].tag: got "a/b", expected a name'],
    ['plan.fates.0', [0, 0, 1, 0, 0, 0, -2, 0], 'plan.fates[0][6]: got -2, expected a number ≥ -1'],
    ['plan.fates.0', [0, 2, 1, 0, 0, 0, 5, 0], 'plan.fates[0][1]: got 2, expected one of 0, 1'],
    ['plan.fates.0', [0, 0, 1], 'plan.fates[0]: got a list of 3, expected a list of ≥ 8'],
    ['plan.draws.0', [99, 0, 0, 0, 0, 0.5], 'plan.draws[0][0]: got 99, expected a number ≤'],
    ['plan.draws.0', [0, 0, 0, 0, 0, 1.5], 'plan.draws[0][5]: got 1.5, expected a number ≤ 1'],
    ['plan', undefined, 'plan: got nothing, expected an object'],
    ['plan.extra', 1, 'plan.extra: got 1, expected no such key'],
    ['extra key', 1, '"extra key": got 1, expected no such key'],
    ['seed', 'other', 'seed: got "other", expected the same as config.seed ("search")'],
    ['documents', './mine.ts', `documents: got "./mine.ts", expected the same as config.documents ("lww")`],
    [
      'command',
      'squall replay\u001b]0;x',
      'command: got "squall replay␛]0;x", expected a text without control characters',
    ],
    ['command', '', 'command: got "", expected a text that is not empty'],
    ['config.users', -3, 'config.users: got -3, expected a number ≥ 1'],
    ['config.colour', 'red', 'config.colour: got "red", expected no such key'],
    ['traceHash', 'xyz', 'traceHash: got "xyz", expected a hash'],
    ['finding.kind', 'safe', 'finding.kind: got "safe", expected one of safety, liveness (did you mean safety?)'],
    ['drawVersion', 0, 'drawVersion: got 0, expected a number ≥ 1'],
    ['versions', { 'a\u0007': '1' }, 'expected a key without control characters'],
  ])('%s (case %#)', (place, value, message) => {
    const error = errorOf(changed(place, value));
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^ERR_FINDING .*\(in f\.json\)$/);
  });

  function crash(device: number) {
    return { kind: 'crash', atUs: 1, device, lengthUs: 1, amount: 0, way: 'both' };
  }

  test('a key that means something to JavaScript is refused wherever it stands', () => {
    for (const text of [
      smallText.replace('"views": {', '"views": {"__proto__": {"a": 1},'),
      smallText.replace('{', '{"__proto__": null,'),
    ]) {
      expect(errorOf(text).message).toContain('__proto__');
    }
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('a path as documents is only data', () => {
    const file = fileOf(small.plan, { documents: './mine.ts', config: { ...config, documents: './mine.ts' } });
    expect(parseFindingFile('f.json', findingFileText(file)).documents).toBe('./mine.ts');
  });
});

describe('the name of a file', () => {
  test.each([
    ['convergence-views', 'convergence-views'],
    ['convergence/views', /^convergence-views-[0-9a-f]{8}$/],
    ['Convergence-views', /^convergence-views-[0-9a-f]{8}$/],
    ['', /^[0-9a-f]{8}$/],
    ['…', /^[0-9a-f]{8}$/],
    ['../../etc/passwd', /^etc-passwd-[0-9a-f]{8}$/],
    ['a'.repeat(300), /^a{60}-[0-9a-f]{8}$/],
    ['x-0123abcd', /^x-0123abcd-[0-9a-f]{8}$/],
  ])('of %j', (signature, slug) => {
    expect(signatureSlug(signature)).toMatch(slug);
  });

  test('is safe on all file systems, and another for another signature', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-zA-Z/-]{0,6}$/));
    fc.assert(
      fc.property(text, text, (one, other) => {
        expect(signatureSlug(one)).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
        expect(signatureSlug(one).length).toBeLessThan(80);
        expect(signatureSlug(one) === signatureSlug(other)).toBe(one === other);
        // Also once it is a slug itself.
        expect(signatureSlug(signatureSlug(one)) === signatureSlug(one)).toBe(signatureSlug(one) === one);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });

  test('begins with the scenario', () => {
    expect(findingFileName('crdt-conflicts', 'intent-lost')).toBe('crdt-conflicts-intent-lost.json');
  });
});
