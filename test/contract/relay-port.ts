// The contract of the relay port: what every side must answer, whatever stands behind it. A side is run through it by a
// test file of its own. It must not know any side.

import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { ChangeTable } from '../../models/change-table.ts';
import type { Page, Pushed, Refusal, RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import type { MembersOf } from '../../models/relay/retention.ts';
import type { RelayPort } from '../../relay-adapter/port.ts';
import { addChange, addChanges } from '../models/changes.ts';

/** What a side is made for. */
export interface SideOptions {
  /** The changes that requests name by number; a change is accepted by the side that gives it a position here. */
  readonly table: ChangeTable;
  readonly dialect: '1.0' | '1.1';
  readonly pageSize: number;
  readonly isMember: (ledger: number, device: number) => boolean;
  /** Whose cursors hold back the removal of a log. */
  readonly membersOf: MembersOf;
}

/** A side under test, with a log that is empty. */
export interface Side {
  readonly port: RelayPort;
  /** Called after the test, or after a run of its property. */
  close?(): void | Promise<void>;
}

/** Members of ledger 0 are devices 0–9, of ledger 1 devices 10–19, and so on. */
const MEMBERS = 10;
const EPOCH_MS = 1_767_225_600_000;

/** How thoroughly a side is run through the contract. */
export interface ContractOptions {
  /** Runs of each property; fewer where each answer takes long. */
  readonly runs?: number;
}

/** Runs a side through the contract. @param make gives a new side, with nothing in it */
export function relayPortContract(
  name: string,
  make: (options: SideOptions) => Side | Promise<Side>,
  { runs = 60 }: ContractOptions = {},
): void {
  const opened: Side[] = [];

  const closeOpened = async (): Promise<void> => {
    for (const side of opened.splice(0)) await side.close?.();
  };
  afterEach(closeOpened);

  /** A side, and requests to it that wait for their answers, as they must where it is asynchronous. */
  async function open(options: Partial<SideOptions> = {}) {
    const table = new ChangeTable(false);
    const isMember = (ledger: number, device: number): boolean => Math.floor(device / MEMBERS) === ledger;
    // Those who have joined and may still pull; tests of retention fill it.
    const members: { id: number }[] = [];
    const side = await make({ table, dialect: '1.1', pageSize: 3, isMember, membersOf: () => members, ...options });
    opened.push(side);
    const { port } = side;
    let cause = 0;
    const ask = (asked: { device: number; ledger?: number } & ({ changes: readonly number[] } | { since: number })) => {
      const kind = 'changes' in asked ? 'push' : 'pull';
      const { device, ledger = 0 } = asked;
      const identity = { ledger, device, cause: ++cause, attempt: 0, page: 0, serial: cause, bytes: 200 };
      return { ...asked, ...identity, kind } as RelayRequest;
    };
    const answer = async (request: RelayRequest): Promise<RelayResponse> => Promise.resolve(port.handle(request));
    return {
      port,
      table,
      members,
      ask,
      answer,
      /** Pushes a SNAPSHOT of a device that covers the log up to a position, and gives its number. */
      snapshot: async (device: number, seen: number) => {
        const change = addChange(table, { device, operation: 'SNAPSHOT', seen, sequence: 1000 + cause });
        expect(await answer(ask({ device, changes: [change] }))).toMatchObject({ accepted: [change], stored: 1 });
        return change;
      },
      push: async (device: number, changes: readonly number[], ledger = 0) =>
        (await answer(ask({ device, ledger, changes }))) as Pushed,
      pull: async (device: number, since: number, ledger = 0) => {
        const page = (await answer(ask({ device, ledger, since }))) as Page;
        return { ...page, changes: [...page.changes] };
      },
      refused: async (request: RelayRequest) => (await answer(request)) as Refusal,
    };
  }

  type Opened = Awaited<ReturnType<typeof open>>;

  /** What a device is handed from a cursor on, page by page until there is no more. */
  async function readAll({ pull }: Opened, device: number, since = 0): Promise<number[]> {
    const changes: number[] = [];
    for (let cursor = since, pages = 0; ; pages++) {
      expect(pages).toBeLessThan(1000);
      const page = await pull(device, cursor);
      changes.push(...page.changes);
      if (!page.hasMore) return changes;
      expect(page.cursor).not.toBe(cursor);
      cursor = page.cursor;
    }
  }

  describe(`the relay port of ${name}`, () => {
    describe('a push', () => {
      test('is accepted, and its changes get the next positions of the log in their order', async () => {
        const { port, table, push } = await open();
        const mine = addChanges(table, 1, 2);
        const yours = addChanges(table, 2, 1);
        expect(await push(1, mine)).toMatchObject({ kind: 'pushed', accepted: mine, rejected: [], stored: 2 });
        expect(await push(2, yours)).toMatchObject({ accepted: yours, rejected: [], stored: 1 });
        expect([...port.log(0)]).toEqual([...mine, ...yours]);
        expect(port.end(0)).toBe(3);
        expect([...mine, ...yours].map((change) => table.positionOf(change))).toEqual([1, 2, 3]);
      });

      test('keeps what authors say of when they made a change', async () => {
        const { port, table, push } = await open();
        const change = addChange(table, { device: 1, timestampMs: EPOCH_MS - 77 });
        await push(1, [change]);
        expect(port.timestampMs(change)).toBe(EPOCH_MS - 77);
      });

      test('order is that of acceptance, not of making, sequence or timestamps', async () => {
        const { port, table, push } = await open();
        const late = addChange(table, { device: 1, sequence: 2, timestampMs: EPOCH_MS + 5000 });
        const early = addChange(table, { device: 1, sequence: 1, timestampMs: EPOCH_MS });
        const past = addChange(table, { device: 2, sequence: 1, timestampMs: EPOCH_MS - 86_400_000 });
        await push(1, [late]);
        await push(2, [past]);
        await push(1, [early]);
        expect([...port.log(0)]).toEqual([late, past, early]);
      });

      test('that is retried is accepted again and stored once', async () => {
        const { port, table, push } = await open();
        const mine = addChanges(table, 1, 3);
        const yours = addChanges(table, 2, 1);
        await push(1, mine);
        await push(2, yours);
        for (let retry = 0; retry < 3; retry++) {
          expect(await push(1, mine)).toMatchObject({ accepted: mine, rejected: [], stored: 0 });
        }
        expect([...port.log(0)]).toEqual([...mine, ...yours]);
        expect(mine.map((change) => table.positionOf(change))).toEqual([1, 2, 3]);
      });

      test('of which a part is stored already stores the rest, behind what came meanwhile', async () => {
        const { port, table, push } = await open();
        const [first, second, third] = addChanges(table, 1, 3) as [number, number, number];
        const yours = addChange(table, { device: 2 });
        await push(1, [second]);
        await push(2, [yours]);
        expect(await push(1, [first, second, third])).toMatchObject({ accepted: [first, second, third], stored: 2 });
        expect([...port.log(0)]).toEqual([second, yours, first, third]);
      });

      test('that names a change twice stores it once', async () => {
        const { port, table, push } = await open();
        const change = addChange(table, { device: 1 });
        const { accepted, rejected, stored } = await push(1, [change, change]);
        expect({ accepted: [...new Set(accepted)], rejected, stored }).toEqual({
          accepted: [change],
          rejected: [],
          stored: 1,
        });
        expect([...port.log(0)]).toEqual([change]);
      });

      test("rejects the changes of other devices one by one and takes the pusher's own", async () => {
        const { port, table, push } = await open();
        const [mine, last] = addChanges(table, 1, 2) as [number, number];
        const foreign = addChange(table, { device: 2 });
        const answer = await push(1, [mine, foreign, last]);
        expect(answer).toMatchObject({ accepted: [mine, last], stored: 2 });
        expect(answer.rejected).toEqual([{ change: foreign, reason: 'FOREIGN_ACTOR' }]);
        expect([...port.log(0)]).toEqual([mine, last]);
        expect(table.positionOf(foreign)).toBe(0);
        // It is the other device's to push, before and after.
        expect(await push(2, [foreign])).toMatchObject({ accepted: [foreign], stored: 1 });
        expect((await push(1, [foreign])).rejected).toEqual([{ change: foreign, reason: 'FOREIGN_ACTOR' }]);
      });

      test('with nothing in it is accepted and changes nothing', async () => {
        const { port, push } = await open();
        expect(await push(1, [])).toEqual({ kind: 'pushed', accepted: [], rejected: [], stored: 0 });
        expect(port.end(0)).toBe(0);
      });

      test('of a device that is no member is FORBIDDEN, and nothing of it is stored', async () => {
        const { port, table, ask, refused } = await open();
        const change = addChange(table, { device: 11, ledger: 0 });
        const answer = await refused(ask({ device: 11, changes: [change] }));
        expect(answer).toMatchObject({ kind: 'refusal', code: 'FORBIDDEN' });
        expect([port.end(0), port.end(1), table.positionOf(change)]).toEqual([0, 0, 0]);
      });

      test('goes to its own ledger alone', async () => {
        const { port, table, push, pull } = await open();
        const mine = addChanges(table, 1, 2);
        const others = addChanges(table, 11, 1, { ledger: 1 });
        await push(1, mine);
        await push(11, others, 1);
        expect([[...port.log(0)], [...port.log(1)], [...port.log(2)]]).toEqual([mine, others, []]);
        expect((await pull(12, 0, 1)).changes).toEqual(others);
        expect((await pull(2, 0)).changes).toEqual(mine);
      });
    });

    describe('a pull', () => {
      test('of an empty ledger, or from its end, is an empty page with the cursor that it came with', async () => {
        const { table, push, pull } = await open();
        expect(await pull(1, 0)).toEqual({ kind: 'page', changes: [], cursor: 0, hasMore: false });
        await push(1, addChanges(table, 1, 2));
        expect(await pull(2, 2)).toEqual({ kind: 'page', changes: [], cursor: 2, hasMore: false });
      });

      test.each([1, 2, 3, 4, 5, 6, 7])(
        'page holds at most pageSize of %d changes, and says rightly whether there is more',
        async (count) => {
          const side = await open({ pageSize: 3 });
          const changes = addChanges(side.table, 1, count);
          await side.push(1, changes);
          let cursor = 0;
          for (let from = 0; from < count; from += 3) {
            const page = await side.pull(2, cursor);
            expect(page.changes).toEqual(changes.slice(from, from + 3));
            expect(page.hasMore).toBe(from + 3 < count);
            cursor = page.cursor;
          }
        },
      );

      test('is handed the changes of all members, the own ones too', async () => {
        const { table, push, pull } = await open({ pageSize: 10 });
        const mine = addChanges(table, 1, 1);
        const yours = addChanges(table, 2, 1);
        await push(1, mine);
        await push(2, yours);
        for (const device of [1, 2, 3]) expect((await pull(device, 0)).changes).toEqual([...mine, ...yours]);
      });

      test('gives the same page to the same question', async () => {
        const { table, push, pull } = await open();
        await push(1, addChanges(table, 1, 5));
        const page = await pull(2, 1);
        expect(await pull(2, 1)).toEqual(page);
        expect(await pull(3, 1)).toEqual(page);
      });

      test('from beyond the end of the log is CURSOR_AHEAD with a time to come again, never an empty page', async () => {
        const { table, ask, push, pull, refused } = await open();
        expect(await refused(ask({ device: 1, since: 1 }))).toMatchObject({ kind: 'refusal', code: 'CURSOR_AHEAD' });
        await push(1, addChanges(table, 1, 2));
        const answer = await refused(ask({ device: 1, since: 3 }));
        expect(answer).toMatchObject({ kind: 'refusal', code: 'CURSOR_AHEAD' });
        expect(answer.retryAfterMs).toBeGreaterThan(0);
        expect(await pull(1, 2)).toMatchObject({ kind: 'page', changes: [] });
      });

      test('of a device that is no member is FORBIDDEN, whatever its cursor', async () => {
        const { table, ask, push, refused } = await open();
        await push(1, addChanges(table, 1, 2));
        for (const since of [0, 1, 2, 9]) {
          expect(await refused(ask({ device: 11, since }))).toMatchObject({ kind: 'refusal', code: 'FORBIDDEN' });
        }
      });

      test('leaves a page that was handed out as it was while the log grows', async () => {
        const { table, ask, answer, push } = await open({ pageSize: 50 });
        const changes = addChanges(table, 1, 40);
        await push(1, changes.slice(0, 10));
        const { changes: page } = (await answer(ask({ device: 2, since: 0 }))) as Page;
        for (const change of changes.slice(10)) await push(1, [change]);
        expect([...page]).toEqual(changes.slice(0, 10));
      });
    });

    test('paging yields every change exactly once in the order of acceptance, whoever pushes meanwhile', async () => {
      const step = fc.oneof(
        fc.record({
          do: fc.constant('push' as const),
          device: fc.nat({ max: 3 }),
          count: fc.integer({ min: 0, max: 5 }),
        }),
        fc.record({ do: fc.constant('retry' as const), at: fc.nat() }),
        fc.record({ do: fc.constant('pull' as const), device: fc.nat({ max: 3 }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), async (steps, pageSize) => {
          const side = await open({ pageSize });
          const expected: number[] = [];
          const pushes: { device: number; changes: number[] }[] = [];
          const cursors = [0, 0, 0, 0];
          const handed: number[][] = [[], [], [], []];
          const sequences = [0, 0, 0, 0];
          for (const each of steps) {
            if (each.do === 'push') {
              const changes = addChanges(side.table, each.device, each.count, {}, sequences[each.device]! + 1);
              sequences[each.device]! += each.count;
              expect(await side.push(each.device, changes)).toMatchObject({ accepted: changes, stored: each.count });
              pushes.push({ device: each.device, changes });
              expected.push(...changes);
            } else if (each.do === 'retry') {
              const retried = pushes[each.at % Math.max(1, pushes.length)];
              if (retried === undefined) continue;
              expect(await side.push(retried.device, retried.changes)).toMatchObject({
                accepted: retried.changes,
                stored: 0,
              });
            } else {
              const { device } = each;
              const page = await side.pull(device, cursors[device]!);
              handed[device]!.push(...page.changes);
              cursors[device] = page.cursor;
              expect(page.changes.length).toBeLessThanOrEqual(pageSize);
              expect(page.hasMore).toBe(handed[device]!.length < expected.length);
            }
          }
          for (let device = 0; device < 4; device++) {
            handed[device]!.push(...(await readAll(side, device, cursors[device])));
            expect(handed[device]).toEqual(expected);
          }
          expect([...side.port.log(0)]).toEqual(expected);
          expect(side.port.end(0)).toBe(expected.length);
          await closeOpened();
        }),
        { seed: 11, numRuns: runs },
      );
    });

    describe('a SNAPSHOT', () => {
      test('stands in the log like any change, and in the pages of whoever comes by', async () => {
        const side = await open({ pageSize: 10 });
        const { port, table, members, push, pull, snapshot } = side;
        members.push({ id: 1 }, { id: 2 });
        const changes = addChanges(table, 1, 3);
        await push(1, changes);
        const image = await snapshot(1, 2);
        expect(table.positionOf(image)).toBe(4);
        expect([...port.log(0)]).toEqual([...changes, image]);
        expect(await pull(2, 1)).toEqual({
          kind: 'page',
          changes: [changes[1], changes[2], image],
          cursor: 4,
          hasMore: false,
        });
        expect(await push(1, [image])).toMatchObject({ accepted: [image], stored: 0 });
      });

      test('removes nothing that a member has not passed: it may have pulled never, or not far enough', async () => {
        const side = await open({ pageSize: 10 });
        const { port, table, members, push, pull, snapshot } = side;
        members.push({ id: 1 }, { id: 2 }, { id: 3 });
        const changes = addChanges(table, 1, 6);
        await push(1, changes);
        await pull(1, 6);
        await pull(2, 5);
        await snapshot(1, 6);
        expect((await pull(4, 0)).changes.slice(0, 6)).toEqual(changes);
        expect(port.retained(0)).toEqual({ snapshot: undefined, from: 0 });
        // It was handed the whole log, but what it does with that it has still to say.
        await pull(3, 0);
        expect((await pull(4, 0)).changes.slice(0, 6)).toEqual(changes);
        await pull(3, 2);
        expect((await pull(4, 1)).changes[0]).not.toBe(changes[1]);
        expect((await pull(4, 2)).changes.slice(0, 4)).toEqual(changes.slice(2));
      });

      test('begins the page of a cursor from which the log is gone, and the log goes on after what it covers', async () => {
        const side = await open({ pageSize: 3 });
        const { port, table, members, push, pull, snapshot } = side;
        members.push({ id: 1 });
        const changes = addChanges(table, 1, 6);
        await push(1, changes);
        await pull(1, 6);
        const image = await snapshot(1, 4);
        for (const since of [0, 1, 3]) {
          expect(await pull(2, since)).toEqual({
            kind: 'page',
            snapshot: image,
            changes: [changes[4], changes[5]],
            cursor: 6,
            hasMore: true,
          });
        }
        // Where the log is still there nothing but the log is handed out.
        expect(await pull(2, 4)).toEqual({
          kind: 'page',
          changes: [changes[4], changes[5], image],
          cursor: 7,
          hasMore: false,
        });
        expect(await pull(2, 6)).toEqual({ kind: 'page', changes: [image], cursor: 7, hasMore: false });
        expect(port.retained(0)).toEqual({ snapshot: image, from: 4 });
        expect([...port.log(0)]).toEqual([...changes, image]);
        expect([port.end(0), table.positionOf(changes[0]!)]).toEqual([7, 1]);
      });

      test('stands alone on a page of one', async () => {
        const side = await open({ pageSize: 1 });
        side.members.push({ id: 1 });
        const changes = addChanges(side.table, 1, 3);
        await side.push(1, changes);
        await side.pull(1, 3);
        const image = await side.snapshot(1, 2);
        expect(await side.pull(2, 0)).toMatchObject({ snapshot: image, changes: [], cursor: 2, hasMore: true });
        expect(await readAll(side, 2)).toEqual([changes[2], image]);
      });

      test('that covers less than an earlier one changes nothing', async () => {
        const side = await open({ pageSize: 10 });
        const { members, table, push, pull, snapshot } = side;
        members.push({ id: 1 });
        const changes = addChanges(table, 1, 6);
        await push(1, changes);
        await pull(1, 6);
        const wide = await snapshot(1, 5);
        const narrow = await snapshot(2, 3);
        expect(await pull(3, 0)).toMatchObject({ snapshot: wide, changes: [changes[5], wide, narrow] });
        const wider = await snapshot(2, 6);
        expect(await pull(3, 4)).toMatchObject({ snapshot: wider, changes: [wide, narrow, wider] });
      });

      test('of more than the log holds is rejected', async () => {
        const { port, table, push } = await open();
        await push(1, addChanges(table, 1, 2));
        const image = addChange(table, { device: 1, operation: 'SNAPSHOT', seen: 3, sequence: 3 });
        expect((await push(1, [image])).rejected).toEqual([{ change: image, reason: 'COVERS_AHEAD' }]);
        expect(port.end(0)).toBe(2);
      });

      test('does not make a retry of a removed change a new one', async () => {
        const { port, table, members, push, pull, snapshot } = await open();
        members.push({ id: 1 });
        const changes = addChanges(table, 1, 3);
        await push(1, changes);
        await pull(1, 3);
        await snapshot(1, 3);
        expect(await push(1, changes)).toMatchObject({ accepted: changes, stored: 0 });
        expect(port.end(0)).toBe(4);
      });

      test('leaves ledgers without one as they are', async () => {
        const { table, members, push, pull, snapshot } = await open();
        members.push({ id: 1 });
        await push(1, addChanges(table, 1, 3));
        const others = addChanges(table, 11, 3, { ledger: 1 });
        await push(11, others, 1);
        await pull(1, 3);
        await snapshot(1, 3);
        expect((await pull(12, 0, 1)).changes).toEqual(others);
      });
    });

    test('whoever pulls has everything in the end, by changes or by a SNAPSHOT, whatever is removed meanwhile', async () => {
      const device = fc.nat({ max: 3 });
      const step = fc.oneof(
        fc.record({ do: fc.constant('push' as const), device, count: fc.integer({ min: 1, max: 4 }) }),
        { weight: 2, arbitrary: fc.record({ do: fc.constant('pull' as const), device }) },
        fc.record({ do: fc.constant('snapshot' as const), device }),
        fc.record({ do: fc.constant('restore' as const), device, to: fc.nat() }),
        fc.record({ do: fc.constant('all pull' as const) }),
      );
      let begun = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 60, size: 'max' }),
          fc.integer({ min: 1, max: 5 }),
          async (steps, pageSize) => {
            const side = await open({ pageSize });
            const { port, table, members } = side;
            for (let id = 0; id < 4; id++) members.push({ id });
            const cursors = [0, 0, 0, 0];
            const sequences = [0, 0, 0, 0];
            const take = async (who: number): Promise<boolean> => {
              const since = cursors[who]!;
              const page = await side.pull(who, since);
              let from = since;
              if (page.snapshot !== undefined) {
                from = table.seenBy(page.snapshot);
                expect(from).toBeGreaterThan(since);
                begun++;
              }
              // Neither a gap nor anything twice: the positions after where it stands now.
              const positions = page.changes.map((change) => table.positionOf(change));
              expect(positions).toEqual(positions.map((_, index) => from + index + 1));
              expect(page.cursor).toBe(from + positions.length);
              expect(page.hasMore).toBe(page.cursor < port.end(0));
              cursors[who] = page.cursor;
              return page.hasMore;
            };
            for (const each of steps) {
              if (each.do === 'push') {
                await side.push(
                  each.device,
                  addChanges(table, each.device, each.count, {}, sequences[each.device]! + 1),
                );
                sequences[each.device]! += each.count;
              } else if (each.do === 'pull') {
                await take(each.device);
              } else if (each.do === 'snapshot' && cursors[each.device]! > 0) {
                await side.snapshot(each.device, cursors[each.device]!);
              } else if (each.do === 'restore') {
                cursors[each.device] = each.to % (cursors[each.device]! + 1);
              } else if (each.do === 'all pull') {
                for (let who = 0; who < 4; who++) while (await take(who));
              }
              const { snapshot, from } = port.retained(0);
              expect(from).toBe(snapshot === undefined ? 0 : table.seenBy(snapshot));
            }
            cursors.push(0);
            for (let who = 0; who < 5; who++) {
              while (await take(who));
              expect(cursors[who]).toBe(port.end(0));
            }
            await closeOpened();
          },
        ),
        { seed: 12, numRuns: runs },
      );
      expect(begun).toBeGreaterThan(runs / 3);
    });

    describe('a follower', () => {
      /** A side of which it can be made to happen, with six changes of device 1. */
      async function failing(skip: () => never) {
        const side = await open({ pageSize: 10 });
        const { control } = side.port;
        if (control === undefined) return skip();
        const changes = addChanges(side.table, 1, 6);
        await side.push(1, changes);
        return { ...side, control, changes };
      }

      test('answers pulls from what it has, and says of cursors beyond it that they are ahead', async ({ skip }) => {
        const { control, changes, ask, pull, refused, port } = await failing(skip);
        control.freeze(2);
        expect(await pull(2, 0)).toMatchObject({ changes: changes.slice(0, 4), cursor: 4, hasMore: false });
        expect(await pull(2, 4)).toMatchObject({ changes: [], cursor: 4 });
        expect(await Promise.resolve(port.rowsFor(ask({ device: 2, since: 1 })))).toBe(3);
        for (const since of [5, 6]) {
          const answer = await refused(ask({ device: 2, since }));
          expect(answer).toMatchObject({ kind: 'refusal', code: 'CURSOR_AHEAD', retryAfterMs: 1000 });
        }
        expect([...port.log(0)]).toEqual(changes);
        // Faults are over before anybody judges what there is.
        control.thaw();
      });

      test('takes no pushes, and takes over with every commit', async ({ skip }) => {
        const { control, changes, table, ask, push, pull, refused, port } = await failing(skip);
        control.freeze(2);
        const more = addChange(table, { device: 2 });
        const answer = await refused(ask({ device: 2, changes: [more] }));
        expect(answer).toMatchObject({ kind: 'refusal', code: 'UNAVAILABLE' });
        expect(answer.retryAfterMs).toBeGreaterThan(0);
        expect(port.end(0)).toBe(6);
        control.thaw();
        expect(await push(2, [more])).toMatchObject({ accepted: [more], stored: 1 });
        expect((await pull(3, 0)).changes).toEqual([...changes, more]);
        expect((await pull(3, 6)).changes).toEqual([more]);
      });

      test('that lacks more than there is has nothing', async ({ skip }) => {
        const { control, ask, pull, refused } = await failing(skip);
        control.freeze(7);
        expect(await pull(2, 0)).toMatchObject({ changes: [], cursor: 0, hasMore: false });
        expect(await refused(ask({ device: 2, since: 1 }))).toMatchObject({ code: 'CURSOR_AHEAD' });
        control.thaw();
      });

      test('that takes over with what it has loses the rest, which may be pushed again', async ({ skip }) => {
        const { control, changes, table, push, pull, port } = await failing(skip);
        control.freeze(2);
        control.loseFrozen();
        expect([...port.log(0)]).toEqual(changes.slice(0, 4));
        expect(changes.map((change) => table.positionOf(change))).toEqual([1, 2, 3, 4, 0, 0]);
        const yours = addChange(table, { device: 2 });
        await push(2, [yours]);
        expect(await push(1, changes.slice(3))).toMatchObject({ accepted: changes.slice(3), stored: 2 });
        expect((await pull(3, 3)).changes).toEqual([changes[3], yours, changes[4], changes[5]]);
      });

      test('a lost tail is gone from every ledger, and cursors beyond it are ahead', async ({ skip }) => {
        const { control, changes, table, ask, push, pull, refused, port } = await failing(skip);
        const others = addChanges(table, 11, 1, { ledger: 1 });
        await push(11, others, 1);
        control.loseTail(2);
        expect([[...port.log(0)], [...port.log(1)]]).toEqual([changes.slice(0, 4), []]);
        expect((await pull(2, 0)).changes).toEqual(changes.slice(0, 4));
        expect(await refused(ask({ device: 2, since: 5 }))).toMatchObject({ code: 'CURSOR_AHEAD' });
      });

      test('that lacks a SNAPSHOT has still what was removed behind it', async ({ skip }) => {
        const { control, changes, members, pull, snapshot, push, table, port } = await failing(skip);
        members.push({ id: 1 });
        await pull(1, 6);
        const image = await snapshot(1, 5);
        const more = addChanges(table, 1, 2, {}, 7);
        await push(1, more);
        expect(await pull(2, 0)).toMatchObject({ snapshot: image });
        control.freeze(2);
        expect(await pull(2, 0)).toMatchObject({ snapshot: image, changes: [changes[5], image], cursor: 7 });
        control.thaw();
        control.freeze(3);
        const page = await pull(2, 0);
        expect(page).toEqual({ kind: 'page', changes, cursor: 6, hasMore: false });
        control.loseFrozen();
        expect(await pull(2, 0)).toEqual(page);
        expect(port.retained(0)).toEqual({ snapshot: undefined, from: 0 });
      });
    });

    describe('rows for a request', () => {
      test('count a SNAPSHOT at the beginning', async () => {
        const { port, table, members, ask, push, pull, snapshot } = await open({ pageSize: 4 });
        members.push({ id: 1 });
        await push(1, addChanges(table, 1, 6));
        await pull(1, 6);
        await snapshot(1, 4);
        for (let since = 0; since <= 7; since++) {
          const page = await pull(3, since);
          const rows = page.changes.length + (page.snapshot === undefined ? 0 : 1);
          expect(await Promise.resolve(port.rowsFor(ask({ device: 3, since })))).toBe(rows);
        }
      });

      test('equal what a pull returns', async () => {
        const { port, table, ask, push, pull } = await open({ pageSize: 4 });
        await push(1, addChanges(table, 1, 6));
        await push(2, addChanges(table, 2, 3));
        for (let since = 0; since <= 9; since++) {
          const { changes } = await pull(3, since);
          expect(await Promise.resolve(port.rowsFor(ask({ device: 3, since })))).toBe(changes.length);
        }
      });

      test('are none for a pull from beyond the end, and for a push', async () => {
        const { port, table, ask, push } = await open();
        const changes = addChanges(table, 1, 2);
        await push(1, changes);
        expect(await Promise.resolve(port.rowsFor(ask({ device: 1, since: 3 })))).toBe(0);
        expect(await Promise.resolve(port.rowsFor(ask({ device: 1, changes })))).toBe(0);
      });

      test('are none for a device that is no member', async () => {
        const { port, table, ask, push } = await open();
        await push(1, addChanges(table, 1, 2));
        expect(await Promise.resolve(port.rowsFor(ask({ device: 11, since: 0 })))).toBe(0);
      });
    });
  });

  describe(`the relay port of ${name} in dialect 1.0`, () => {
    const open10 = (pageSize = 3): Promise<Opened> => open({ dialect: '1.0', pageSize });
    const at = (table: ChangeTable, device: number, ...offsetsMs: number[]): number[] =>
      offsetsMs.map((offsetMs, index) =>
        addChange(table, { device, sequence: index + 1, timestampMs: EPOCH_MS + offsetMs }),
      );

    test('an account is a device: it is handed its own changes and nobody else is', async () => {
      const { table, push, pull } = await open10();
      const mine = at(table, 1, 1, 2);
      const yours = at(table, 2, 1);
      await push(1, mine);
      await push(2, yours);
      expect((await pull(1, 0)).changes).toEqual(mine);
      expect((await pull(2, 0)).changes).toEqual(yours);
      expect((await pull(3, 0)).changes).toEqual([]);
    });

    test('pages by the timestamp of the last change, in order of timestamps', async () => {
      const side = await open10(2);
      const changes = at(side.table, 1, 50, 10, 40, 20, 30);
      await side.push(1, changes);
      const inOrder = [1, 3, 4, 2, 0].map((index) => changes[index]!);
      const first = await side.pull(1, 0);
      expect(first).toMatchObject({ changes: inOrder.slice(0, 2), cursor: EPOCH_MS + 20, hasMore: true });
      expect(await readAll(side, 1)).toEqual(inOrder);
      expect(await readAll(side, 1, EPOCH_MS + 30)).toEqual(inOrder.slice(3));
    });

    test('an empty page keeps the timestamp that it was asked with', async () => {
      const { table, push, pull } = await open10();
      expect(await pull(1, EPOCH_MS)).toMatchObject({ changes: [], cursor: EPOCH_MS, hasMore: false });
      await push(1, at(table, 1, 5));
      expect(await pull(1, EPOCH_MS + 5)).toMatchObject({ changes: [], cursor: EPOCH_MS + 5, hasMore: false });
      expect(await pull(1, EPOCH_MS + 99)).toMatchObject({ changes: [], cursor: EPOCH_MS + 99, hasMore: false });
    });

    test("as published, skips the rest of equal timestamps across a page's end", async () => {
      const side = await open10(2);
      const [first, second, third, fourth] = at(side.table, 1, 10, 20, 20, 30) as [number, number, number, number];
      await side.push(1, [first, second, third, fourth]);
      expect(await side.pull(1, 0)).toMatchObject({ changes: [first, second], hasMore: true });
      expect(await readAll(side, 1)).toEqual([first, second, fourth]);
    });

    test('hands out equal timestamps that share a page', async () => {
      const side = await open10(4);
      const changes = at(side.table, 1, 10, 20, 20, 30);
      await side.push(1, changes);
      expect(await readAll(side, 1)).toEqual(changes);
    });

    test('as published, skips a change that comes late with an earlier timestamp', async () => {
      const side = await open10();
      const [later, earlier] = at(side.table, 1, 20, 10) as [number, number];
      await side.push(1, [later]);
      const { cursor } = await side.pull(1, 0);
      await side.push(1, [earlier]);
      expect(await side.pull(1, cursor)).toMatchObject({ changes: [], hasMore: false });
      expect(await readAll(side, 1)).toEqual([earlier, later]);
    });

    test('a retry is accepted again and stored once', async () => {
      const side = await open10();
      const changes = at(side.table, 1, 1, 2);
      expect(await side.push(1, changes)).toMatchObject({ accepted: changes, stored: 2 });
      expect(await side.push(1, changes)).toMatchObject({ accepted: changes, stored: 0 });
      expect(await readAll(side, 1)).toEqual(changes);
    });

    test('a foreign actor is rejected change by change, as in 1.1', async () => {
      const { table, push, pull } = await open10();
      const [mine] = at(table, 1, 1) as [number];
      const [foreign] = at(table, 2, 1) as [number];
      const answer = await push(1, [foreign, mine]);
      expect(answer).toMatchObject({ accepted: [mine], stored: 1 });
      expect(answer.rejected).toEqual([{ change: foreign, reason: 'FOREIGN_ACTOR' }]);
      expect((await pull(1, 0)).changes).toEqual([mine]);
    });

    test('rows for a pull equal what it returns', async () => {
      const { port, table, ask, push, pull } = await open10(2);
      await push(1, at(table, 1, 10, 20, 20, 30, 40));
      await push(2, at(table, 2, 15));
      for (const device of [1, 2, 3]) {
        for (const offsetMs of [0, 10, 15, 20, 30, 40, 50]) {
          const since = EPOCH_MS + offsetMs;
          const { changes } = await pull(device, since);
          expect(await Promise.resolve(port.rowsFor(ask({ device, since })))).toBe(changes.length);
        }
      }
    });
  });
}
