// A plan run up to an instant, and what each device shows and holds then, as data. It must not know how it is shown.

import { lifeOf } from '../life.ts';
import { DocumentFailure } from '../../models/document-failure.ts';
import type { LedgerView } from '../../models/documents/edit.ts';
import type { DocumentType } from '../../models/documents/port.ts';
import type { Plan } from '../../models/plan.ts';
import type { Config } from '../config-schema.ts';
import { preparedWorld } from '../run.ts';
import type { World } from '../world.ts';
import { deviceNames, letterOf } from './storyline.ts';

/** Up to and with a virtual time, or a record of the trace by its number. */
export type Until = { readonly atUs: number } | { readonly event: number };

/** A change that waits in an outbox. */
export interface WaitingChange {
  /** In the table of changes: the same in the plan's story. */
  readonly change: number;
  readonly incarnation: number;
  /** Counts the changes of a life from 1. */
  readonly sequence: number;
  readonly atUs: number;
  readonly isSnapshot: boolean;
}

export interface DeviceState {
  readonly index: number;
  readonly name: string;
  readonly ledger: string;
  readonly incarnation: number;
  readonly isRunning: boolean;
  readonly isSuspended: boolean;
  readonly isOnline: boolean;
  readonly isCore: boolean;
  /** Changes that are to be pushed, the oldest first. */
  readonly outbox: readonly WaitingChange[];
  /** A request is under way, or due. */
  readonly isBusy: boolean;
  /** Where its next pull begins, and up to where it has the log. */
  readonly cursor: number;
  readonly position: number;
  /** Where the log of its ledger ends. */
  readonly logEnd: number;
  /** What its clock shows, ms since 1970, and how far that is ahead, µs. */
  readonly clockMs: number;
  readonly clockAheadUs: number;
  /** Changes that its document holds back; undefined where it is down, or its document throws. */
  readonly pending: number | undefined;
  readonly view: LedgerView | undefined;
  /** What its document threw when it was asked. */
  readonly threw: string | undefined;
}

export interface StateAt {
  readonly atUs: number;
  /** The last record of the trace; −1 before the first. */
  readonly record: number;
  /** The number of the first record of the event that was handled last; what it led to at once has further ones. */
  readonly eventRecord: number;
  /** When that was, virtual time, µs. */
  readonly eventAtUs: number;
  /** The last record as text. */
  readonly lastEvent: string | undefined;
  /** Whether the run came to its end before that instant. */
  readonly isEnd: boolean;
  readonly devices: readonly DeviceState[];
}

/** Runs a plan up to an instant. */
export function stateAt(config: Config, plan: Plan, documents: DocumentType, until: Until): StateAt {
  const world = preparedWorld(config, documents, { plan, keepLast: 1 });
  world.carryOut(plan);
  const limit = 'atUs' in until ? { atUs: until.atUs } : { records: until.event + 1 };
  const steps = lifeOf(world, { sliceEvents: 1, limit });
  const { simulation } = world;
  let isEnd = false;
  let [eventRecord, eventAtUs, records] = [-1, 0, 0];
  for (;;) {
    const step = steps.next();
    if (step.done === true) break;
    if (step.value === 'end') isEnd = true;
    if (simulation.trace.count === records) continue;
    eventRecord = records;
    eventAtUs = simulation.nowUs;
    records = simulation.trace.count;
  }
  const [last] = simulation.trace.lastRecords(1);
  const names = deviceNames(plan);
  const devices = [...world.devices].sort((one, other) => one.index - other.index);
  return {
    atUs: simulation.nowUs,
    record: simulation.trace.count - 1,
    eventRecord,
    eventAtUs,
    lastEvent: last === undefined ? undefined : simulation.trace.format(last),
    isEnd,
    devices: devices.map((device) => {
      const { index, id } = device;
      return stateOf(world, device, names.get(index) ?? `${names.get(id) ?? letterOf(id)}*`);
    }),
  };
}

function stateOf(world: World, device: World['devices'][number], name: string): DeviceState {
  const { simulation, table, port } = world;
  const { index, ledger, client, clock } = device;
  const { nowUs } = simulation;
  return {
    index,
    name,
    ledger: ledger.id,
    incarnation: device.incarnation,
    isRunning: device.isRunning,
    isSuspended: device.isSuspended,
    isOnline: device.isOnline,
    isCore: device.isCore,
    outbox: client.outbox.map((change) => ({
      change,
      incarnation: table.incarnationOf(change),
      sequence: table.sequenceOf(change),
      atUs: table.editedAtUs(change),
      isSnapshot: table.isSnapshot(change),
    })),
    isBusy: client.isBusy,
    cursor: client.cursor,
    position: device.position,
    logEnd: port.end(ledger.index),
    clockMs: clock.nowMs(nowUs),
    clockAheadUs: clock.nowUs(nowUs) - nowUs,
    ...documentOf(device),
  };
}

/** What a document shows; a device that is down has none. */
function documentOf(device: World['devices'][number]): Pick<DeviceState, 'pending' | 'view' | 'threw'> {
  if (!device.isRunning) return { pending: undefined, view: undefined, threw: undefined };
  try {
    return { pending: device.pending(), view: device.view(), threw: undefined };
  } catch (error) {
    if (!(error instanceof DocumentFailure)) throw error;
    return { pending: undefined, view: undefined, threw: error.message };
  }
}
