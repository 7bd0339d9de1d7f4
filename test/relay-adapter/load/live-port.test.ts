// The port under the wall clock, told answers in whatever order they come: what it learns of the log, and what it says
// of a relay that is wrong.
import { beforeEach, expect, test } from 'vitest';
import { ChangeTable } from '../../../models/change-table.ts';
import type { PullRequest, PushRequest, RelayRequest } from '../../../models/relay/messages.ts';
import { LivePort } from '../../../relay-adapter/load/live-port.ts';
import { WireBodies } from '../../../relay-adapter/wire/bodies.ts';
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

beforeEach(() => {
  table = new ChangeTable(false, { keepsEntities: true });
  bodies = new WireBodies({ namespace: 7, sealer: plainSealer(), dialect: '1.1', table });
  atTheEnd = () => SILENT;
  port = new LivePort({
    dialect: '1.1',
    table,
    bodies,
    wire: {
      target: { kind: 'spawn' },
      request: () => atTheEnd(),
      command: () => [],
      close: () => undefined,
    },
    tokenOf: (ledger) => `token-${ledger}`,
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
