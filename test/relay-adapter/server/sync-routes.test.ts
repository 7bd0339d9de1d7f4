import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { actorId, changeId, deviceId } from '../../../models/identity.ts';
import { cursorText } from '../../../relay-adapter/cursor.ts';
import {
  decodeErrorBody,
  decodePullResponse,
  decodePushResponse,
  encodeChange,
} from '../../../relay-adapter/protocol-codec.ts';
import { type RelayAppOptions, relayApp } from '../../../relay-adapter/server/app.ts';
import { accountLedger } from '../../../relay-adapter/server/account.ts';
import { isActorOf } from '../../../relay-adapter/server/incoming.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { push11 as anyPush } from '../bodies.ts';
import {
  DEVICE,
  LEDGER,
  OTHER_DEVICE,
  SECRET,
  bearer,
  change10,
  change11,
  openRelay,
  post,
  pull10,
  pull11,
  push10,
  push11,
} from './requests.ts';

const opened: { close(): Promise<void> }[] = [];

async function open(options: Partial<RelayAppOptions> = {}) {
  const relay = await openRelay(options);
  opened.push(relay.app);
  return relay;
}

afterEach(async () => {
  for (const app of opened.splice(0)) await app.close();
});

/** The code of an error, which is decoded as a client would. */
function codeOf(response: { body: string }): string {
  const decoded = decodeErrorBody(response.body);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value.error.code;
}

describe('protocol 1.1', () => {
  test('what is pushed is pulled, in the order of acceptance, each change with its cursor', async () => {
    const { app } = await open();
    const changes = [change11(1), change11(2), change11(3)];
    const pushed = await post(app, 'push', push11(changes));
    expect(pushed.statusCode).toBe(200);
    expect(pushed.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(pushed.json()).toEqual({
      protocol_version: '1.1.0',
      success: true,
      accepted: changes.map(({ id }) => id),
      rejected: [],
      timestamp: 1_767_225_600_000,
    });
    expect(decodePushResponse(pushed.body, '1.1').ok).toBe(true);
    const pulled = await post(app, 'pull', pull11({ cursor: cursorText(1) }));
    expect(pulled.json()).toEqual({
      protocol_version: '1.1.0',
      changes: [
        { ...change11(2), cursor: cursorText(2) },
        { ...change11(3), cursor: cursorText(3) },
      ],
      cursor: cursorText(3),
      has_more: false,
      timestamp: 1_767_225_600_000,
    });
    expect(decodePullResponse(pulled.body, '1.1').ok).toBe(true);
  });

  test('a retry of an accepted change is accepted again and stored once', async () => {
    const { app, store } = await open();
    await post(app, 'push', push11([change11(1)]));
    const again = await post(app, 'push', push11([change11(1), change11(2), change11(2)]));
    expect(again.json()).toMatchObject({
      success: true,
      accepted: [change11(1).id, change11(2).id, change11(2).id],
    });
    expect(store.ledger(LEDGER).changes).toHaveLength(2);
  });

  test('a client may ask for smaller pages, and not for larger ones', async () => {
    const { app } = await open({ pageSize: 3 });
    await post(app, 'push', push11([change11(1), change11(2), change11(3), change11(4)]));
    const rowsWith = async (asked: string): Promise<number> => {
      const response = await post(app, 'pull', pull11(), { 'squall-page-size': asked });
      return (response.json() as { changes: unknown[] }).changes.length;
    };
    expect(await rowsWith('2')).toBe(2);
    for (const odd of ['3', '4', '100', '0', '-1', '1.5', 'x', '']) expect(await rowsWith(odd)).toBe(3);
  });

  test('a page ends where its size says and the next goes on from its cursor', async () => {
    const { app } = await open({ pageSize: 2 });
    await post(app, 'push', push11([1, 2, 3, 4, 5].map((sequence) => change11(sequence))));
    const ids: string[] = [];
    let cursor: string | undefined;
    for (let page = 1; page <= 3; page++) {
      const body = (await post(app, 'pull', pull11(cursor === undefined ? {} : { cursor }))).json();
      ids.push(...body.changes.map(({ id }: { id: string }) => id));
      expect(body.has_more).toBe(page < 3);
      cursor = body.cursor;
    }
    expect(ids).toEqual([1, 2, 3, 4, 5].map((sequence) => change11(sequence).id));
    const empty = (await post(app, 'pull', pull11({ cursor }))).json();
    expect(empty).toMatchObject({ changes: [], cursor, has_more: false });
  });

  test('a page for one who comes after a removal begins with the SNAPSHOT, at the cursor that it covers', async () => {
    const { app, store } = await open();
    const snapshot = change11(4, { operation: 'SNAPSHOT', covers: cursorText(2) } as object);
    await post(app, 'push', push11([change11(1), change11(2), change11(3), snapshot]));
    await post(app, 'pull', pull11({ cursor: cursorText(4) }));
    expect(store.ledger(LEDGER).removedTo).toBe(2);
    const body = (await post(app, 'pull', pull11({ device_id: OTHER_DEVICE }))).json();
    expect(body.changes).toEqual([
      { ...snapshot, cursor: cursorText(2) },
      { ...change11(3), cursor: cursorText(3) },
      { ...snapshot, cursor: cursorText(4) },
    ]);
    expect(body.cursor).toBe(cursorText(4));
    const alone = await open({ pageSize: 1 });
    await post(alone.app, 'push', push11([change11(1), change11(2), change11(3), snapshot]));
    await post(alone.app, 'pull', pull11({ cursor: cursorText(4) }));
    const page = (await post(alone.app, 'pull', pull11({ device_id: OTHER_DEVICE }))).json();
    expect(page).toMatchObject({
      changes: [{ id: snapshot.id, cursor: cursorText(2) }],
      cursor: cursorText(2),
      has_more: true,
    });
  });

  test('each change is refused by the rule that it breaks, and the others are stored', async () => {
    const { app, store } = await open();
    const foreign = change11(1, {}, 8);
    const zero = change11(0);
    const empty = change11(3, { encrypted_payload: '' });
    const foreignEmpty = change11(4, { encrypted_payload: '' }, 8);
    const ahead = change11(5, { operation: 'SNAPSHOT', covers: cursorText(9) } as object);
    const good = change11(6);
    const response = await post(app, 'push', push11([foreign, zero, empty, foreignEmpty, ahead, good]));
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      success: false,
      accepted: [good.id],
      rejected: [
        { id: foreign.id, reason: 'FOREIGN_ACTOR' },
        { id: zero.id, reason: 'BAD_SEQUENCE' },
        { id: empty.id, reason: 'EMPTY_PAYLOAD' },
        { id: foreignEmpty.id, reason: 'FOREIGN_ACTOR' },
        { id: ahead.id, reason: 'COVERS_AHEAD' },
      ],
    });
    expect(store.ledger(LEDGER).changes.map(({ id }) => id)).toEqual([good.id]);
  });

  test('a malformed change is refused with where it is wrong, at its place among the others', async () => {
    const { app, store } = await open();
    const bad = [
      { ...change11(2), sequence: 'two' },
      { ...change11(3), note: 'in the clear' },
      { ...change11(4), operation: 'DROP' },
      { ...change11(5), encrypted_payload: 'not base64' },
      { ...change11(6), operation: 'SNAPSHOT', covers: 'elsewhere' },
      { ...change11(7), sequence: 2 ** 60 },
      { id: change11(8).id },
    ];
    const response = await post(app, 'push', push11([change11(1), ...bad, change11(9)]));
    expect(response.statusCode).toBe(200);
    const body = response.json();
    expect(decodePushResponse(response.body, '1.1').ok).toBe(true);
    expect(body.accepted).toEqual([change11(1).id, change11(9).id]);
    expect(body.rejected.map(({ id }: { id: string }) => id)).toEqual(bad.map(({ id }) => id));
    const reasons = body.rejected.map(({ reason }: { reason: string }) => reason);
    expect(reasons[0]).toMatch(/^INVALID_CHANGE: sequence: /);
    expect(reasons[1]).toMatch(/^INVALID_CHANGE: Unrecognized key/);
    expect(reasons[2]).toMatch(/^INVALID_CHANGE: operation: /);
    expect(reasons[3]).toMatch(/^INVALID_CHANGE: encrypted_payload: must be base64/);
    expect(reasons[4]).toMatch(/^INVALID_CHANGE: covers: /);
    expect(reasons[5]).toMatch(/^INVALID_CHANGE: sequence: /);
    expect(store.ledger(LEDGER).changes).toHaveLength(2);
  });

  test.each([
    ['no object', null],
    ['a list', []],
    ['no id', { ...change11(2), id: undefined }],
    ['an id that is no text', { ...change11(2), id: 7 }],
    ['an id with a quote', { ...change11(2), id: "x'; drop table changes; --" }],
    ['an id with a zero byte', { ...change11(2), id: 'a\0b' }],
    ['an id that is too long', { ...change11(2), id: 'a'.repeat(129) }],
  ])('a push with %s among its changes stores nothing', async (_what, element) => {
    const { app, store } = await open();
    const response = await post(app, 'push', push11([change11(1), element]));
    expect(response.statusCode).toBe(400);
    expect(codeOf(response)).toBe('INVALID_REQUEST');
    expect(store.ledgers.size === 0 || store.ledger(LEDGER).changes.length === 0).toBe(true);
  });

  test.each([push11, push10])('a change with far too many keys is refused before it is looked at', async (push) => {
    const { app, store } = await open();
    const keys = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${index}`, 1]));
    const change = push === push11 ? change11(1) : change10(1);
    const { rejected } = (await post(app, 'push', push([{ ...change, ...keys }]))).json();
    expect(rejected).toEqual([{ id: change.id, reason: 'INVALID_CHANGE: has more than 64 keys' }]);
    expect([...store.ledgers.values()].every(({ changes }) => changes.length === 0)).toBe(true);
  });

  test('a push of more than a thousand changes is refused whole', async () => {
    const { app, store } = await open();
    const changes = Array.from({ length: 1001 }, (_, index) => change11(index + 1));
    expect((await post(app, 'push', push11(changes.slice(0, 1000)))).json().accepted).toHaveLength(1000);
    const response = await post(app, 'push', push11(changes));
    expect(response.statusCode).toBe(400);
    expect(store.ledger(LEDGER).changes).toHaveLength(1000);
  });

  test('a cursor beyond the end is answered with CURSOR_AHEAD and when to come again', async () => {
    const { app } = await open();
    const response = await post(app, 'pull', pull11({ cursor: cursorText(1) }));
    expect([response.statusCode, codeOf(response), response.headers['retry-after']]).toEqual([
      409,
      'CURSOR_AHEAD',
      '1',
    ]);
  });

  test.each(['c', 'c00000zz1', 'C0000001', '1767225600000', 'd0000001'])('a cursor %s is none', async (cursor) => {
    const { app } = await open();
    const response = await post(app, 'pull', pull11({ cursor }));
    expect([response.statusCode, codeOf(response)]).toEqual([400, 'INVALID_REQUEST']);
  });

  test('while a follower answers pushes are UNAVAILABLE', async () => {
    const { app, store } = await open();
    store.isUnavailable = true;
    const response = await post(app, 'push', push11([change11(1)]));
    expect([response.statusCode, codeOf(response), response.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '1']);
  });

  test('what any valid push stores is handed out byte for byte', async () => {
    const { app } = await open();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(anyPush, async (request) => {
        const ledger_id = `ledger-${run++}`;
        const changes = request.changes
          .filter((change) => change.operation !== 'SNAPSHOT')
          .map((change, index) => ({ ...change, id: `${index}-${change.id}`, actor: request.device_id, sequence: 1 }));
        const pushed = await post(app, 'push', { ...request, ledger_id, changes });
        expect(pushed.json().rejected).toEqual([]);
        const pulled = await post(app, 'pull', pull11({ ledger_id, device_id: request.device_id }));
        for (const [index, change] of changes.entries()) {
          expect(pulled.body).toContain(encodeChange({ ...change, cursor: cursorText(index + 1) }));
        }
      }),
      { seed: 2, numRuns: 100 },
    );
  });
});

describe('protocol 1.0', () => {
  test('an account is a device: what it pushed it pulls by timestamp, without cursors', async () => {
    const { app, store } = await open();
    const changes = [change10(3), change10(1), change10(2)];
    const pushed = await post(app, 'push', push10(changes));
    expect(pushed.json()).toMatchObject({
      protocol_version: '1.0.0',
      success: true,
      accepted: changes.map(({ id }) => id),
    });
    expect([...store.ledgers.keys()]).toEqual([accountLedger(DEVICE)]);
    const pulled = await post(app, 'pull', pull10({ since_timestamp: 1001 }));
    expect(pulled.json()).toEqual({
      protocol_version: '1.0.0',
      changes: [change10(2), change10(3)],
      has_more: false,
      timestamp: 1_767_225_600_000,
    });
    expect(decodePullResponse(pulled.body, '1.0').ok).toBe(true);
    const other = await post(app, 'pull', pull10({ device_id: OTHER_DEVICE }));
    expect(other.json().changes).toEqual([]);
  });

  test('a change of another device, and one that its vector does not count, are refused', async () => {
    const { app } = await open();
    const foreign = change10(1, { device_id: OTHER_DEVICE });
    const uncounted = change10(2, { version_vector: { [OTHER_DEVICE]: 4 } });
    const own = change10(3, { device_id: DEVICE });
    const body = (await post(app, 'push', push10([foreign, uncounted, own]))).json();
    expect(body.rejected).toEqual([
      { id: foreign.id, reason: 'FOREIGN_ACTOR' },
      { id: uncounted.id, reason: 'BAD_SEQUENCE' },
    ]);
    expect(body.accepted).toEqual([own.id]);
  });

  test('a device named like a key of every object has no count of its own', async () => {
    const { app } = await open();
    const device_id = 'constructor';
    const body = (await post(app, 'push', push10([change10(1, { version_vector: {} })], { device_id }))).json();
    expect(body.rejected).toEqual([{ id: change10(1).id, reason: 'BAD_SEQUENCE' }]);
  });

  test('a version that is neither is answered with both', async () => {
    const { app } = await open();
    for (const what of ['push', 'pull'] as const) {
      const response = await post(app, what, { ...push11([]), protocol_version: '2.0.0' });
      expect([response.statusCode, codeOf(response)]).toEqual([400, 'PROTOCOL_MISMATCH']);
      expect(response.json().error.details).toEqual({
        server_version: '1.1.0',
        client_version: '2.0.0',
        supported_versions: ['1.1.0', '1.0.0'],
      });
    }
  });
});

describe('tokens', () => {
  const NOW_MS = 1_767_225_600_000;
  const bodies = { push: push11([change11(1)]), pull: pull11() };

  test.each([
    ['none', {}, 401, 'UNAUTHORIZED'],
    ['another scheme', { authorization: 'Basic YTpi' }, 401, 'UNAUTHORIZED'],
    ['a malformed one', bearer('abc'), 401, 'UNAUTHORIZED'],
    ['a forged one', bearer(signToken('another secret', LEDGER)), 401, 'UNAUTHORIZED'],
    ['an expired one', bearer(signToken(SECRET, LEDGER, NOW_MS)), 401, 'UNAUTHORIZED'],
    ['one for another ledger', bearer(signToken(SECRET, 'ledger-2')), 403, 'FORBIDDEN'],
    ['one for the account of that name', bearer(signToken(SECRET, accountLedger(LEDGER))), 403, 'FORBIDDEN'],
  ])('a push or pull with %s is refused and leaves no trace', async (_what, headers, status, code) => {
    const { app, store } = await open({ tokenSecret: SECRET });
    for (const what of ['push', 'pull'] as const) {
      const response = await post(app, what, bodies[what], headers);
      expect([response.statusCode, codeOf(response)]).toEqual([status, code]);
      expect(response.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    }
    expect(store.ledgers.size).toBe(0);
  });

  test('a good token opens its ledger, and a foreign one is refused before changes are judged', async () => {
    const { app } = await open({ tokenSecret: SECRET });
    const headers = bearer(signToken(SECRET, LEDGER, NOW_MS + 1));
    expect((await post(app, 'push', bodies.push, headers)).statusCode).toBe(200);
    expect((await post(app, 'pull', bodies.pull, headers)).json().changes).toHaveLength(1);
    const foreign = await post(app, 'push', push11([null]), bearer(signToken(SECRET, 'ledger-2')));
    expect(foreign.statusCode).toBe(403);
  });

  test('an account of 1.0 needs its own token, and that opens nothing else', async () => {
    const { app, store } = await open({ tokenSecret: SECRET });
    expect((await post(app, 'pull', pull10())).statusCode).toBe(401);
    // The last one is of a ledger of 1.1, which has the device's name.
    for (const ledger of [accountLedger(OTHER_DEVICE), OTHER_DEVICE, DEVICE]) {
      const foreign = bearer(signToken(SECRET, ledger));
      expect((await post(app, 'pull', pull10(), foreign)).statusCode).toBe(403);
      expect((await post(app, 'push', push10([change10(1)]), foreign)).statusCode).toBe(403);
    }
    expect(store.ledgers.size).toBe(0);
    const own = bearer(signToken(SECRET, accountLedger(DEVICE)));
    expect((await post(app, 'pull', pull10(), own)).statusCode).toBe(200);
    expect((await post(app, 'push', push10([change10(1)]), own)).statusCode).toBe(200);
    expect((await post(app, 'pull', pull11({ ledger_id: DEVICE }), own)).statusCode).toBe(403);
  });
});

describe('members', () => {
  test('whoever comes becomes a member, which the store is asked of once a minute', async () => {
    let nowMs = 1_767_225_600_000;
    const { app, store } = await open({ nowMs: () => nowMs });
    const { members } = store.ledger(LEDGER);
    await post(app, 'push', push11([change11(1)]));
    expect([...members.keys()]).toEqual([DEVICE]);
    await post(app, 'pull', pull11({ device_id: OTHER_DEVICE }));
    expect([...members.keys()]).toEqual([DEVICE, OTHER_DEVICE]);
    await post(app, 'pull', pull11());
    expect([store.asked, store.joins]).toEqual([2, 2]);
    // Taken away by another instance.
    members.clear();
    nowMs += 60_000;
    await post(app, 'pull', pull11());
    expect([...members.keys()]).toEqual([DEVICE]);
  });

  test('a device that is taken away while it comes is a member again when it comes again', async () => {
    const { app, store } = await open();
    await post(app, 'pull', pull11());
    const { members } = store.ledger(LEDGER);
    const other = await relayApp({ store, rateLimitPerMinute: 0 });
    opened.push(other);
    // It was seen to be a member, and then taken away.
    const isMember = store.isMember.bind(store);
    store.isMember = async (ledger, device) => {
      const wasMember = await isMember(ledger, device);
      await other.inject({ method: 'DELETE', url: `/ledgers/${LEDGER}/members/${DEVICE}` });
      return wasMember;
    };
    await post(other, 'pull', pull11());
    store.isMember = isMember;
    expect(members.has(DEVICE)).toBe(false);
    await post(other, 'pull', pull11());
    expect(members.has(DEVICE)).toBe(true);
  });

  test('where members are listed nobody becomes one by coming', async () => {
    const { app, store } = await open({ membership: 'listed' });
    await post(app, 'push', push11([change11(1)]));
    await post(app, 'pull', pull11());
    expect(store.ledger(LEDGER).members.size).toBe(0);
  });

  test('a member is put and taken away by hand, and comes back when it comes again', async () => {
    const { app, store } = await open({ tokenSecret: SECRET });
    const headers = bearer(signToken(SECRET, LEDGER));
    const url = `/ledgers/${LEDGER}/members/${DEVICE}`;
    const { members } = store.ledger(LEDGER);
    expect((await app.inject({ method: 'PUT', url })).statusCode).toBe(401);
    expect((await app.inject({ method: 'PUT', url, headers: bearer(signToken(SECRET, 'x')) })).statusCode).toBe(403);
    expect(members.size).toBe(0);
    expect((await app.inject({ method: 'PUT', url, headers })).statusCode).toBe(204);
    expect(members.has(DEVICE)).toBe(true);
    expect((await app.inject({ method: 'DELETE', url, headers })).statusCode).toBe(204);
    expect(members.has(DEVICE)).toBe(false);
    const again = await app.inject({ method: 'DELETE', url, headers });
    expect([again.statusCode, codeOf(again)]).toEqual([404, 'INVALID_REQUEST']);
    await post(app, 'pull', pull11(), headers);
    await app.inject({ method: 'DELETE', url, headers });
    await post(app, 'pull', pull11(), headers);
    expect(members.has(DEVICE)).toBe(true);
  });

  test('a lost phone holds the log back until it is taken away', async () => {
    const { app, store } = await open({ membership: 'listed' });
    const member = (device: string) => `/ledgers/${LEDGER}/members/${device}`;
    await app.inject({ method: 'PUT', url: member(DEVICE) });
    await app.inject({ method: 'PUT', url: member(OTHER_DEVICE) });
    await post(
      app,
      'push',
      push11([change11(1), change11(2, { operation: 'SNAPSHOT', covers: cursorText(1) } as object)]),
    );
    await post(app, 'pull', pull11({ cursor: cursorText(2) }));
    expect(store.ledger(LEDGER).removedTo).toBe(0);
    await app.inject({ method: 'DELETE', url: member(OTHER_DEVICE) });
    expect(store.ledger(LEDGER).removedTo).toBe(1);
  });

  test.each(['a b', "x'y", 'a'.repeat(129), '%E2%82%AC', 'a%00b'])('a name %s is refused', async (name) => {
    const { app, store } = await open();
    const response = await app.inject({
      method: 'PUT',
      url: `/ledgers/${LEDGER}/members/${name.replaceAll(' ', '%20')}`,
    });
    expect([response.statusCode, codeOf(response)]).toEqual([400, 'INVALID_REQUEST']);
    expect(store.joins).toBe(0);
  });
});

test('an actor is one of a device by its own id, or by the end of it', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(9), (device, namespace, life) => {
      expect(isActorOf(actorId(device, life), deviceId(device, namespace))).toBe(true);
      expect(isActorOf(actorId((device + 1) % 2 ** 32, life), deviceId(device, namespace))).toBe(false);
    }),
    { seed: 3 },
  );
  expect(isActorOf('phone', 'phone')).toBe(true);
  expect(isActorOf('-0000', 'phone')).toBe(false);
  expect(isActorOf('phone', 'my-phone')).toBe(false);
  expect(isActorOf(changeId(7, 0, 1), deviceId(7))).toBe(false);
});
