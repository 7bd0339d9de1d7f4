// The port under the wall clock, told answers in whatever order they come: what it learns of the log, and what it says
// of a relay that is wrong.
import { beforeEach, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import type { PullRequest, PushRequest, RelayRequest } from '../../../models/relay/messages.ts';
import { LivePort } from '../../../relay-adapter/load/live-port.ts';
import { WireBodies } from '../../../relay-adapter/wire/bodies.ts';
import { hider } from '../../../relay-adapter/wire/hiding.ts';
import { plainSealer } from '../../../relay-adapter/wire/sealing.ts';
import type { WireAnswer } from '../../../relay-adapter/wire/wire.ts';
import { addChanges } from '../../models/changes.ts';

const NOW_MS = 1_767_225_600_000;
const SILENT: WireAnswer = { status: 0, body: '', retryAfterMs: 0, error: 'refused' };

let table: ChangeTable;
let bodies: WireBodies;
let port: LivePort;
/** What the wire that is waited for answers; it is asked at the end. */
let atTheEnd: () => WireAnswer;
/** For how many ms the port has slept, each time. */
let slept: number[];

beforeEach(() => {
  table = new ChangeTable(false, { keepsEntities: true });
  bodies = new WireBodies({ namespace: 7, sealer: plainSealer(), dialect: '1.1', table });
  atTheEnd = () => SILENT;
  slept = [];
  port = new LivePort({
    dialect: '1.1',
    table,
    bodies,
    wire: {
      target: { kind: 'spawn' },
      isDead: false,
      request: () => atTheEnd(),
      command: () => [],
      close: () => undefined,
    },
    tokenOf: (ledger) => `token-${ledger}`,
    giveBack: () => undefined,
    hide: hider(() => ['token-0', 'header-secret']),
    sleep: (ms) => void slept.push(ms),
    membersOf: () => [{ id: 0, index: 0 }] as never,
    nowUs: () => 5_000_000,
    nowMs: () => NOW_MS,
  });
});

const MESSAGE = { ledger: 0, origin: 0, cause: 0, attempt: 0, page: 0, serial: 1, bytes: 0, answers: 0 };
const push = (device: number, changes: readonly number[]): PushRequest => ({
  kind: 'push',
  device,
  changes,
  ...MESSAGE,
});
const pull = (device: number, since = 0): PullRequest => ({ kind: 'pull', device, since, ...MESSAGE });
const ok = (body: object): WireAnswer => ({ status: 200, body: JSON.stringify(body), retryAfterMs: 0 });

function accepted(changes: readonly number[]): WireAnswer {
  const ids = changes.map((change) => bodies.changeId(change));
  return ok({ protocol_version: '1.1.0', success: true, accepted: ids, rejected: [], timestamp: NOW_MS });
}

/** A page whose first change stands after a position. */
function page(changes: readonly number[], since = 0, hasMore = false): WireAnswer {
  const sent = JSON.parse(port.encoded(push(0, changes)).body) as { changes: object[] };
  const placed = sent.changes.map((change, at) => ({ ...change, cursor: `c${since + at + 1}` }));
  const cursor = `c${since + changes.length}`;
  return ok({ protocol_version: '1.1.0', changes: placed, cursor, has_more: hasMore, timestamp: NOW_MS });
}

const read = (request: RelayRequest, answer: WireAnswer) => port.read(request, answer);
const kinds = (): string[] => port.complaints.map(({ kind }) => kind);

test('learns the order of the log from pages, not from the order in which pushes are answered', () => {
  const [a, b] = [...addChanges(table, 0, 1), ...addChanges(table, 1, 1)] as [number, number];
  expect(read(push(0, [a]), accepted([a]))).toMatchObject({ kind: 'pushed', accepted: [a], rejected: [] });
  read(push(1, [b]), accepted([b]));
  expect(port.end(0)).toBe(2);
  expect([...port.log(0)]).toEqual([]);
  expect(read(pull(0), page([b, a]))).toMatchObject({ kind: 'page', cursor: 2, hasMore: false });
  expect([...port.log(0)]).toEqual([b, a]);
  expect([...port.acknowledged(0)]).toEqual([
    [a, 0],
    [b, 1],
  ]);
  expect(port.complaints).toEqual([]);
});

test("asks on with the relay's own cursor of a position, and with none from the beginning", () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  expect(JSON.parse(port.encoded(pull(1)).body)).not.toHaveProperty('cursor');
  read(pull(1), page([a, b]));
  expect(JSON.parse(port.encoded(pull(1, 1)).body)).toMatchObject({ cursor: 'c1' });
  const { path, headers } = port.encoded(pull(1, 2));
  expect(path).toBe('/sync/pull');
  expect(headers).toMatchObject({ authorization: 'Bearer token-0', 'content-type': 'application/json' });
});

test('a change acknowledged twice, as by a retry, counts once', () => {
  const [a] = addChanges(table, 0, 1) as [number];
  read(push(0, [a]), accepted([a]));
  read(push(0, [a]), accepted([a]));
  expect(port.end(0)).toBe(1);
});

test('pages that overlap what is known, in the same order, are fine', () => {
  const changes = addChanges(table, 0, 5);
  read(pull(0), page(changes.slice(0, 3), 0, true));
  read(pull(1), page(changes.slice(0, 2), 0, true));
  read(pull(1, 2), page(changes.slice(2), 2));
  read(pull(0, 3), page(changes.slice(3), 3));
  expect([...port.log(0)]).toEqual(changes);
  expect(port.complaints).toEqual([]);
});

test.each<[string, (changes: readonly number[]) => void]>([
  ['another order for another reader', ([a, b]) => read(pull(1), page([b!, a!]))],
  ['a change that stood earlier once more', ([a]) => read(pull(1, 2), page([a!], 2))],
  ['a page with a gap before it', ([, b]) => read(pull(1), page([b!]))],
])('%s is a complaint', (_what, wrong) => {
  const changes = addChanges(table, 0, 2);
  read(pull(0), page(changes));
  wrong(changes);
  expect(kinds()).toEqual(['differs']);
  expect(port.complaints[0]).toMatchObject({ ledger: 0, device: 1, atUs: 5_000_000 });
  expect([...port.log(0)]).toEqual(changes);
});

test('no answer is a request to send again, and no complaint; one that is none of the protocol is one', () => {
  const [a] = addChanges(table, 0, 1) as [number];
  expect(read(push(0, [a]), SILENT)).toMatchObject({ kind: 'refusal', code: 'UNAVAILABLE' });
  expect(kinds()).toEqual([]);
  expect(read(pull(0), { status: 200, body: '<html>', retryAfterMs: 0 })).toMatchObject({ kind: 'refusal' });
  expect(kinds()).toEqual(['unreadable']);
  expect(port.end(0)).toBe(0);
});

test('in the end the whole log is read: what was acknowledged and is not there is not in the log', () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  read(push(0, [a, b]), accepted([a, b]));
  atTheEnd = () => page([a]);
  port.audit();
  expect(kinds()).toEqual(['other-log']);
  expect([...port.log(0)]).toEqual([a]);
});

test('in the end a log with all that was acknowledged, pulled or not, is right in any order of what nobody pulled', () => {
  const [a, b, c] = addChanges(table, 0, 3) as [number, number, number];
  read(push(0, [a, b, c]), accepted([a, b, c]));
  read(pull(1), page([b], 0, true));
  atTheEnd = () => page([b, c, a]);
  port.audit();
  expect(port.complaints).toEqual([]);
  expect([...port.log(0)]).toEqual([b, c, a]);
});

test('of a relay that is silent in the end only that is said, and not that it lost anything', () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  read(push(0, [a, b]), accepted([a, b]));
  port.audit();
  expect(kinds()).toEqual(['unanswered']);
  expect([...port.log(0)]).toEqual([a, b]);
});

/** A push of what the run begins with. */
const preload = (changes: readonly number[]): PushRequest => ({ ...push(0, changes), serial: 0 });
const refused = (status: number, code: string, retryAfterMs = 0): WireAnswer => ({
  status,
  body: JSON.stringify({ error: { code, message: 'no' }, timestamp: NOW_MS }),
  retryAfterMs,
});

test.each<[string, () => WireAnswer, string, string]>([
  ['401', () => refused(401, 'UNAUTHORIZED'), 'differs', 'UNAUTHORIZED'],
  ['429', () => refused(429, 'RATE_LIMIT_EXCEEDED', 1000), 'differs', 'RATE_LIMIT_EXCEEDED'],
  ['503', () => refused(503, 'UNAVAILABLE'), 'differs', 'UNAVAILABLE'],
  [
    '500 and HTML',
    () => ({ status: 500, body: '<p>', retryAfterMs: 0 }),
    'unreadable',
    'status 500, error is not JSON: <p>',
  ],
  ['no answer', () => SILENT, 'unanswered', 'no answer (refused)'],
  ['nothing accepted', () => accepted([]), 'differs', 'no change accepted'],
])('what a run begins with and is answered by %s counts as accepted, and that is noted', (_, answer, kind, got) => {
  const [a] = addChanges(table, 0, 1) as [number];
  atTheEnd = answer;
  expect(port.handle(preload([a]))).toMatchObject({ kind: 'pushed', accepted: [a], rejected: [] });
  expect([...port.log(0)]).toEqual([a]);
  expect(port.complaints).toMatchObject([{ kind, got, expected: '0.0.1 accepted', times: 1 }]);
  expect(port.acknowledged(0).size).toBe(0);
});

test('what a run begins with is the beginning of the log, and nothing is noted where it was accepted', () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  for (const change of [a, b]) {
    atTheEnd = () => accepted([change]);
    expect(port.handle(preload([change]))).toMatchObject({ accepted: [change], stored: 1 });
  }
  expect([...port.log(0)]).toEqual([a, b]);
  expect(port.complaints).toEqual([]);
});

test.each([
  ['has it all the same', true],
  ['does not have it', false],
])('a relay that never took what the run began with, and %s, has no other log', (_, isStored) => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  port.handle(preload([a]));
  expect(kinds()).toEqual(['unanswered']);
  read(push(0, [b]), accepted([b]));
  atTheEnd = () => page(isStored ? [a, b] : [b]);
  port.audit();
  expect(kinds()).toEqual(['unanswered']);
  expect([...port.log(0)]).toEqual(isStored ? [a, b] : [b]);
});

test('a change twice on one page is a complaint, and the page goes on without it', () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  expect(read(pull(1), page([a, a, b]))).toMatchObject({ changes: Int32Array.of(a, b), cursor: 2 });
  expect(port.complaints).toMatchObject([{ kind: 'differs', got: `${bodies.changeId(a)} twice` }]);
  expect([...port.log(0)]).toEqual([a, b]);
  expect(JSON.parse(port.encoded(pull(1, 2)).body)).toMatchObject({ cursor: 'c3' });
});

test('a change of another ledger on a page is a complaint, and stays in its own log', () => {
  const [a] = addChanges(table, 0, 1) as [number];
  const [foreign] = addChanges(table, 1, 1, { ledger: 4 }) as [number];
  expect(read(pull(1), page([a, foreign]))).toMatchObject({ changes: Int32Array.of(a) });
  expect(port.complaints).toMatchObject([{ kind: 'differs', got: `${bodies.changeId(foreign)} of another ledger` }]);
  expect([...port.log(0)]).toEqual([a]);
  expect(read({ ...pull(1), ledger: 4 }, page([foreign]))).toMatchObject({ changes: Int32Array.of(foreign) });
  expect([...port.log(4)]).toEqual([foreign]);
  expect(port.complaints).toHaveLength(1);
});

test('an acknowledgement of what was not pushed is a complaint, and acknowledges nothing', () => {
  const [a, other] = addChanges(table, 0, 2) as [number, number];
  expect(read(push(0, [a]), accepted([a, other]))).toMatchObject({ accepted: [a] });
  expect(kinds()).toEqual(['differs']);
  expect([...port.acknowledged(0).keys()]).toEqual([a]);
});

test('in the end a relay that throttles is waited for, and one that does so for ever has lost nothing', () => {
  const [a, b] = addChanges(table, 0, 2) as [number, number];
  read(push(0, [a, b]), accepted([a, b]));
  let times = 0;
  atTheEnd = () => (times++ < 2 ? refused(429, 'RATE_LIMIT_EXCEEDED', 1000) : page([a, b]));
  port.audit();
  expect(slept).toEqual([1000, 1000]);
  expect(port.complaints).toEqual([]);
  times = Number.NEGATIVE_INFINITY;
  port.audit();
  expect(kinds()).toEqual(['unanswered']);
  expect(port.complaints[0]!.got).toBe('the log could not be read back because of RATE_LIMIT_EXCEEDED');
  expect([...port.log(0)]).toEqual([a, b]);
});

test('a relay that echoes what it was sent shows no secret', () => {
  const [a] = addChanges(table, 0, 1) as [number];
  const body = 'bad auth: Bearer token-0, key header-secret';
  read(push(0, [a]), { status: 400, body, retryAfterMs: 0 });
  expect(port.complaints).toMatchObject([{ got: 'status 400, error is not JSON: bad auth: Bearer …, key …' }]);
});
