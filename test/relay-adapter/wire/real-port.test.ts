// A real relay behind the port whose answers are tampered with on their way: each wrong answer is noted with what was
// asked, what the rules give and what came, and none is an exception. Behind the tampering is the relay itself.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import { changeId } from '../../../models/identity.ts';
import { judgeProtocol } from '../../../models/oracles/protocol.ts';
import type { RelayResponse } from '../../../models/relay/messages.ts';
import { inProcess } from '../../../relay-adapter/in-process.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { WireBodies } from '../../../relay-adapter/wire/bodies.ts';
import { hider } from '../../../relay-adapter/wire/hiding.ts';
import { realPort } from '../../../relay-adapter/wire/real-port.ts';
import { aesSealer } from '../../../relay-adapter/wire/sealing.ts';
import { openWire } from '../../../relay-adapter/wire/wire-thread.ts';
import type { Wire, WireAnswer, WireRequest } from '../../../relay-adapter/wire/wire.ts';
import { addChanges } from '../../models/changes.ts';

const NOW_MS = 1_767_225_600_000;
const SECRET = 'a secret of the tests';
/** The value of a header that each request has. */
const HEADER = 'Basic c2VjcmV0L2hlYWRlcg==';
let inject: Wire;
beforeAll(() => void (inject = openWire({ kind: 'inject' })));
afterAll(() => inject.close());

type Tamper = (answer: WireAnswer, request: WireRequest) => WireAnswer;
interface PageBody {
  changes: { id: string; encrypted_payload: string; cursor: string }[];
  cursor: string;
  has_more: boolean;
}

/** The same with one other letter. */
const altered = (text: string): string => `${text.slice(0, 20)}${text[20] === 'A' ? 'B' : 'A'}${text.slice(21)}`;

/** Changes a page of a pull; other answers stay as they are. */
function onPage(change: (page: PageBody) => void): Tamper {
  return (answer, { path }) => {
    if (path !== '/sync/pull' || answer.status !== 200) return answer;
    const page = JSON.parse(answer.body) as PageBody;
    change(page);
    return { ...answer, body: JSON.stringify(page) };
  };
}

/** Puts something else in the place of the answers to some path. */
function instead(path: string, other: Partial<WireAnswer>): Tamper {
  return (answer, request) => (request.path === path ? { ...answer, ...other } : answer);
}

/** A port whose answers are tampered with as soon as `begin` was called. */
function opened(tamper: Tamper, dropped: (request: WireRequest) => boolean = () => false) {
  const table = new ChangeTable(false, { keepsEntities: true });
  const options = { dialect: '1.1', pageSize: 10 } as const;
  const isMember = (): boolean => true;
  const membersOf = () => [{ id: 1 }, { id: 2 }];
  inject.command({ name: 'open', options: { tokenSecret: SECRET, pageSize: 10, store: 'sqlite' } });
  let isTampering = false;
  const slept: number[] = [];
  const wire: Wire = {
    target: inject.target,
    isDead: false,
    command: (command) => inject.command(command),
    close: () => undefined,
    request(request) {
      if (!isTampering) return inject.request(request);
      if (!dropped(request)) return tamper(inject.request(request), request);
      // The relay says what it would say, and forgets.
      const answer = inject.request(request);
      inject.command({ name: 'loseTail', count: 3 });
      return answer;
    },
  };
  const sealer = aesSealer('a key of the tests', 'salt');
  const bodies = new WireBodies({ namespace: 0, sealer, dialect: '1.1', table });
  const port = realPort({
    dialect: '1.1',
    pageSize: options.pageSize,
    reference: inProcess(table, options, { isMember, membersOf }),
    table,
    bodies,
    wire,
    tokenOf: (ledger) => signToken(SECRET, bodies.ledgerId(ledger)),
    hide: hider(() => [signToken(SECRET, bodies.ledgerId(0)), HEADER]),
    sleep: (ms) => void slept.push(ms),
    isMember,
    membersOf,
    nowUs: () => 77,
    nowMs: () => NOW_MS,
  });
  let serial = 0;
  const identity = () => ({ ledger: 0, cause: 1, attempt: 0, page: 0, serial: ++serial, bytes: 0 });
  return {
    port,
    table,
    slept,
    token: signToken(SECRET, bodies.ledgerId(0)),
    begin: () => void (isTampering = true),
    end: () => void (isTampering = false),
    push: (device: number, changes: readonly number[]): RelayResponse =>
      port.handle({ kind: 'push', device, changes, ...identity() }),
    pull: (device: number, since: number): RelayResponse => port.handle({ kind: 'pull', device, since, ...identity() }),
  };
}

/** The findings of a port, as a run has them. */
function found({ port }: ReturnType<typeof opened>) {
  const ledger = { index: 0, id: 'a ledger', members: [] };
  return judgeProtocol(ledger, port.complaints!, { nowUs: 99, events: 5 });
}

const PULLED = '1.0.1 1.0.2 1.0.3 up to 3, no more';
const HTML = '<html><h1>Bad gateway</h1></html>';
const REQUESTED = 'pull of device 2, ledger 0, after 0';

describe('a page', () => {
  const cases: readonly [string, Tamper, kind: string, got: RegExp, answered: object][] = [
    [
      'without a change',
      onPage(({ changes }) => changes.splice(1, 1)),
      'differs',
      /^1\.0\.1 1\.0\.3 up to 3/,
      { changes: Int32Array.of(0, 2) },
    ],
    [
      'with two changes swapped',
      onPage((page) => page.changes.reverse()),
      'differs',
      /^1\.0\.3 1\.0\.2 1\.0\.1 up to/,
      { kind: 'page' },
    ],
    [
      'with a change twice',
      onPage(({ changes }) => changes.push(changes[0]!)),
      'differs',
      /^1\.0\.1 1\.0\.2 1\.0\.3 1\.0\.1 up to/,
      { kind: 'page' },
    ],
    [
      'that ends too early',
      onPage((page) => {
        page.has_more = true;
      }),
      'differs',
      /up to 3, and more$/,
      { hasMore: true },
    ],
    [
      'with a cursor of its middle',
      onPage((page) => {
        page.cursor = page.changes[0]!.cursor;
      }),
      'differs',
      /up to 1, no more$/,
      { cursor: 1 },
    ],
    [
      'with another payload',
      onPage(({ changes: [first] }) => {
        first!.encrypted_payload = altered(first!.encrypted_payload);
      }),
      'altered-payload',
      /^another payload of \S+ than was pushed$/,
      { changes: Int32Array.of(1, 2) },
    ],
    [
      'with an id that nobody has',
      onPage(({ changes: [first] }) => {
        first!.id = 'somebody-elses';
      }),
      'unknown-change',
      /^a change somebody-elses that nobody in this run has pushed$/,
      { changes: Int32Array.of(1, 2) },
    ],
    [
      'that is refused',
      instead('/sync/pull', {
        status: 429,
        body: '{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow"},"timestamp":1}',
        retryAfterMs: 5000,
      }),
      'differs',
      /^RATE_LIMIT_EXCEEDED$/,
      { kind: 'refusal', retryAfterMs: 5000 },
    ],
    [
      'with a status and no body',
      instead('/sync/pull', { status: 429, body: '' }),
      'unreadable',
      /^status 429, .*an empty body$/,
      { kind: 'refusal', code: 'RATE_LIMIT_EXCEEDED' },
    ],
    [
      'that is HTML',
      instead('/sync/pull', { status: 500, body: HTML }),
      'unreadable',
      /^status 500, error is not JSON: <html>/,
      { kind: 'refusal', code: 'INTERNAL_ERROR' },
    ],
    [
      'that a gateway gives in the place of a relay that is gone',
      instead('/sync/pull', { status: 502, body: HTML }),
      'unanswered',
      /^status 502 of a gateway$/,
      { kind: 'refusal', code: 'UNAVAILABLE' },
    ],
    [
      'that is empty',
      instead('/sync/pull', { body: '' }),
      'unreadable',
      /^status 200, .*an empty body$/,
      { kind: 'refusal' },
    ],
    [
      'that is null',
      instead('/sync/pull', { body: 'null' }),
      'unreadable',
      /^status 200, .*: null$/,
      { kind: 'refusal' },
    ],
    [
      'that is megabytes of garbage',
      instead('/sync/pull', { body: '\u0000x'.repeat(2 ** 20) }),
      'unreadable',
      /^status 200, /,
      { kind: 'refusal' },
    ],
    [
      'of a dialect that nobody asked for',
      instead('/sync/pull', { body: '{"protocol_version":"1.0.0","changes":[],"has_more":false,"timestamp":1}' }),
      'unreadable',
      /protocol_version|1\.0\.0/,
      { kind: 'refusal' },
    ],
    [
      'that never comes',
      instead('/sync/pull', { status: 0, body: '', error: 'timeout' }),
      'unanswered',
      /^no answer \(timeout\)$/,
      { kind: 'refusal', code: 'UNAVAILABLE' },
    ],
    [
      'with a teapot',
      instead('/sync/pull', { status: 418, body: '{"error":{"code":"TEAPOT","message":"short"},"timestamp":1}' }),
      'differs',
      /^INTERNAL_ERROR$/,
      { kind: 'refusal' },
    ],
  ];

  test.each(cases)('%s is noted', (_, tamper, kind, got, answered) => {
    const side = opened(tamper);
    side.push(1, addChanges(side.table, 1, 3));
    side.begin();
    const response = side.pull(2, 0);
    expect(response).toMatchObject(answered);
    side.pull(2, 0);
    side.end();
    const findings = found(side);
    expect(findings.map(({ signature }) => signature)).toEqual([`protocol:${kind}`]);
    const { detail } = findings[0]!;
    expect(detail).toMatchObject({ request: REQUESTED, expected: PULLED, atUs: 77, times: 2 });
    expect(detail['got']).toMatch(got);
    expect(String(detail['got']).length).toBeLessThan(500);
    // What the relay has is as it should be.
    side.port.audit!();
    expect(side.port.complaints).toMatchObject([{ times: 2 }]);
  });
});

describe('an answer to a push', () => {
  const body = (accepted: readonly string[], rejected: readonly object[] = []): string =>
    JSON.stringify({ protocol_version: '1.1.0', success: true, accepted, rejected, timestamp: 1 });

  test.each([
    ['that accepts nothing', { body: body([]) }, 'differs', 'no change accepted'],
    [
      'that accepts what nobody pushed',
      { body: body(['x']) },
      'unknown-change',
      'a change x that nobody in this run has pushed',
    ],
    [
      'that is refused',
      { status: 503, body: '{"error":{"code":"UNAVAILABLE","message":"later"},"timestamp":1}' },
      'differs',
      'UNAVAILABLE',
    ],
    ['that is garbage', { body: '[' }, 'unreadable', 'status 200, push response is not JSON: ['],
    ['that never comes', { status: 0, body: '', error: 'reset' }, 'unanswered', 'no answer (reset)'],
  ])('%s is noted', (_, other, kind, got) => {
    const side = opened(instead('/sync/push', other));
    side.begin();
    side.push(1, addChanges(side.table, 1, 1));
    side.end();
    const findings = found(side);
    expect(findings.map(({ signature }) => signature)).toEqual([`protocol:${kind}`]);
    const request = 'push of device 1, ledger 0, with 1.0.1';
    expect(findings[0]!.detail).toMatchObject({ request, expected: '1.0.1 accepted', got, times: 1 });
  });

  test('to what a run begins with is noted, and the run begins all the same', () => {
    const side = opened(instead('/sync/push', { status: 401, body: '' }));
    side.begin();
    const changes = addChanges(side.table, 1, 1);
    const first = { ledger: 0, device: 1, cause: 0, attempt: 0, page: 0, serial: 0, bytes: 0 };
    expect(side.port.handle({ kind: 'push', changes, ...first })).toMatchObject({ kind: 'pushed', accepted: changes });
    expect(found(side).map(({ signature }) => signature)).toEqual(['protocol:unreadable']);
  });
});

describe('at the end', () => {
  test('a change that was acknowledged and is gone is told, and is no longer in the log', () => {
    const side = opened(
      (answer) => answer,
      ({ path }) => path === '/sync/push',
    );
    const kept = addChanges(side.table, 1, 2);
    side.push(1, kept);
    side.begin();
    const lost = addChanges(side.table, 2, 3);
    expect(side.push(2, lost)).toMatchObject({ accepted: lost });
    side.end();
    expect([...side.port.log(0)]).toEqual([...kept, ...lost]);
    expect(side.port.complaints).toEqual([]);
    side.port.audit!();
    expect([...side.port.log(0)]).toEqual(kept);
    expect(lost.map((change) => side.table.positionOf(change))).toEqual([0, 0, 0]);
    const [finding, ...others] = found(side);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ signature: 'protocol:other-log', kind: 'safety' });
    expect(finding!.detail).toMatchObject({
      request: 'the whole log of ledger 0 at the end',
      expected: expect.stringMatching(/^5 changes, 00000002\S+ at 3$/) as unknown,
      got: '2 changes, none at 3',
    });
  });

  test('one refusal is asked again; a relay that refuses for good has lost nothing', () => {
    let refusals = 2;
    const html = { status: 500, body: HTML };
    const side = opened((answer) => (refusals-- > 0 ? { ...answer, ...html } : answer));
    const changes = addChanges(side.table, 1, 3);
    side.push(1, changes);
    side.begin();
    side.port.audit!();
    expect(side.port.complaints).toEqual([]);
    refusals = Number.POSITIVE_INFINITY;
    side.port.audit!();
    expect([...side.port.log(0)]).toEqual(changes);
    expect(side.port.complaints).toMatchObject([
      { kind: 'unreadable', request: 'the whole log of ledger 0 at the end', expected: '3 changes', device: -1 },
    ]);
  });

  test('a relay that hands out pages without end is left', () => {
    const side = opened(onPage((page) => void (page.has_more = true)));
    side.push(1, addChanges(side.table, 1, 3));
    side.begin();
    side.port.audit!();
    expect(side.port.complaints).toMatchObject([{ kind: 'differs', got: 'pages without end' }]);
  });

  test('an altered payload is told, and what comes after it is read all the same', () => {
    const side = opened(
      onPage(({ changes: [first] }) => {
        if (first !== undefined) first.encrypted_payload = 'AAAA';
      }),
    );
    const changes = addChanges(side.table, 1, 3);
    side.push(1, changes);
    side.begin();
    side.port.audit!();
    expect(side.port.complaints).toMatchObject([{ kind: 'altered-payload' }]);
    expect([...side.port.log(0)]).toEqual(changes.slice(1));
  });
});

test('the first of several wrong answers is the one that is named', () => {
  const side = opened(instead('/sync/pull', { status: 500, body: HTML }));
  side.push(1, addChanges(side.table, 1, 3));
  side.begin();
  for (const [device, since] of [
    [2, 1],
    [1, 0],
    [2, 0],
  ] as const)
    side.pull(device, since);
  expect(found(side)).toHaveLength(1);
  expect(found(side)[0]!.detail).toMatchObject({ request: 'pull of device 2, ledger 0, after 1', times: 3 });
});

describe('a relay that echoes what it was sent', () => {
  const rejecting = (reason: string, id: string): string =>
    JSON.stringify({
      protocol_version: '1.1.0',
      success: false,
      accepted: [],
      rejected: [{ id, reason }],
      timestamp: 1,
    });
  const pageWith = (id: string): string =>
    JSON.stringify({
      protocol_version: '1.1.0',
      changes: [
        {
          id,
          entity_type: 'account',
          entity_id: 'e',
          operation: 'UPDATE',
          encrypted_payload: 'AAAA',
          timestamp: 1,
          actor: 'a',
          sequence: 1,
          cursor: 'c1',
        },
      ],
      cursor: 'c1',
      has_more: false,
      timestamp: 1,
    });
  type Echo = (token: string, id: string) => Partial<WireAnswer>;
  const ECHOES: readonly [string, Echo, RegExp][] = [
    [
      'as text',
      (token) => ({ status: 400, body: `bad auth: Bearer ${token} key ${HEADER}` }),
      /bad auth: Bearer … key …$/,
    ],
    ['at the end of what is shown', (token) => ({ status: 400, body: `${'x'.repeat(150)}${token}` }), /x…$/],
    ['as HTML with status 200', (token) => ({ body: `<p>${HEADER.slice(6)} ${token}</p>` }), /<p>… …<\/p>$/],
    ['as the id of a change', (token) => ({ body: pageWith(`id-${token}`) }), /change id-… that nobody|status 200/],
    [
      'as the reason of a rejection',
      (token, id) => ({ body: rejecting(`no ${token}`, id) }),
      /rejected \(no …\)$|status 200/,
    ],
    ['as an id that it rejects', (token) => ({ body: rejecting('no', token) }), /a change … that nobody|status 200/],
    ['in the words for no answer', (token) => ({ status: 0, body: '', error: `no ${token}` }), /no answer \(no …\)$/],
  ];

  test.each(ECHOES)('%s shows no secret', (_, echo, got) => {
    let id = '';
    const side: ReturnType<typeof opened> = opened((answer) => ({ ...answer, ...echo(side.token, id) }));
    side.begin();
    const changes = addChanges(side.table, 1, 1);
    id = changeId(1, 0, 1, 0);
    side.push(1, changes);
    side.pull(2, 0);
    side.port.audit!();
    const findings = found(side);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.some(({ detail }) => got.test(String(detail['got'])))).toBe(true);
    for (const secret of [side.token, side.token.slice(0, 8), HEADER, HEADER.slice(6, 14)]) {
      expect(JSON.stringify([findings, side.port.complaints])).not.toContain(secret);
    }
  });
});

test('a thousand wrong answers of a kind take the room of one', () => {
  const side = opened(instead('/sync/pull', { status: 500, body: HTML }));
  side.begin();
  for (let time = 0; time < 1000; time++) side.pull(1, 0);
  expect(side.port.complaints).toMatchObject([{ kind: 'unreadable', times: 1000 }]);
});

describe('a relay that throttles whoever reads its log back', () => {
  const throttled = (retryAfterMs: number, status: 429 | 503 = 429): Partial<WireAnswer> => ({
    status,
    body: JSON.stringify({
      error: { code: status === 429 ? 'RATE_LIMIT_EXCEEDED' : 'UNAVAILABLE', message: 'slow' },
      timestamp: 1,
    }),
    retryAfterMs,
  });
  /** The side of three changes, and what it is answered when its log is read back. */
  function audited(answers: (time: number) => Partial<WireAnswer> | undefined) {
    let time = 0;
    const side = opened((answer) => ({ ...answer, ...answers(time++) }));
    const changes = addChanges(side.table, 1, 3);
    side.push(1, changes);
    side.begin();
    side.port.audit!();
    return { ...side, changes, requests: time };
  }

  test.each([429, 503] as const)('with %d and a time is asked again then', (status) => {
    const { port, slept, changes } = audited((time) => (time < 4 ? throttled(2000, status) : undefined));
    expect(slept).toEqual([2000, 2000, 2000, 2000]);
    expect(port.complaints).toEqual([]);
    expect([...port.log(0)]).toEqual(changes);
  });

  test.each([
    ['for ever', 4000, [4000, 4000, 4000]],
    ['for ever, a little each time', 100, [100, 100, 100, 100, 100]],
    ['for longer than anybody waits', 5001, []],
    ['and does not say for how long', 0, []],
  ])('%s is said not to be read, and has lost nothing', (_, retryAfterMs, waits) => {
    const { port, slept, changes, requests } = audited(() => throttled(retryAfterMs));
    expect(slept).toEqual(waits);
    expect(requests).toBe(waits.length + 3);
    expect([...port.log(0)]).toEqual(changes);
    expect(port.complaints).toMatchObject([
      { kind: 'unanswered', got: 'the log could not be read back because of RATE_LIMIT_EXCEEDED', device: -1 },
    ]);
  });

  test('without a body of the protocol is no other relay', () => {
    const { port } = audited(() => ({ status: 429, body: HTML, retryAfterMs: 0 }));
    expect(port.complaints).toMatchObject([
      { kind: 'unanswered', got: expect.stringContaining('RATE_LIMIT') as unknown },
    ]);
  });
});
