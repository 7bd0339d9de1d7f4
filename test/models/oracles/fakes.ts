// Ledgers and devices as far as oracles look at them.

import { ChangeTable, type Operation } from '../../../models/change-table.ts';
import type { Edit, LedgerView } from '../../../models/documents/edit.ts';
import type { DocumentType, Replica } from '../../../models/documents/port.ts';
import type { JudgedDevice, JudgedLedger } from '../../../models/oracles/judged.ts';

export interface FakeDevice {
  readonly view?: LedgerView;
  readonly digest?: string;
  readonly storedBytes?: number;
  /** Log positions that were never handed to it. */
  readonly lacks?: readonly number[];
  readonly outbox?: number;
  readonly position?: number;
  readonly version?: string;
  readonly pending?: number;
  readonly isCore?: boolean;
  readonly isRunning?: boolean;
}

/** What was asked of the replicas of a ledger. */
export interface Asked {
  views: number;
  digests: number;
}

/** A ledger; its devices are numbered on from `firstDevice`. */
export function ledgerOf(
  index: number,
  firstDevice: number,
  devices: readonly FakeDevice[],
  asked: Asked = { views: 0, digests: 0 },
): JudgedLedger & { readonly members: readonly JudgedDevice[] } {
  const ledger = { index, id: `ledger-${index}` };
  return { ...ledger, members: devices.map((device, i) => deviceOf(firstDevice + i, device, asked, ledger)) };
}

function deviceOf(
  index: number,
  fake: FakeDevice,
  asked: Asked,
  ledger: { readonly index: number; readonly id: string },
): JudgedDevice {
  const { view = {}, digest, storedBytes = 0, lacks = [], outbox = 0, position = 0 } = fake;
  const viewDigest = (): string => {
    asked.digests++;
    return digest!;
  };
  const refuse = (): never => {
    throw new Error('a fake device has no document');
  };
  return {
    index,
    id: index,
    incarnation: 0,
    ledger,
    position,
    isCore: fake.isCore ?? true,
    isRunning: fake.isRunning ?? true,
    isOnline: true,
    client: { outboxLength: outbox, isBusy: false },
    replica: digest === undefined ? {} : { viewDigest },
    has: (at) => !lacks.includes(at),
    view: () => {
      asked.views++;
      return view;
    },
    viewDigest: () => (digest === undefined ? undefined : viewDigest()),
    version: () => fake.version ?? '',
    pending: () => fake.pending ?? 0,
    storedBytes: () => storedBytes,
    ownUnplaced: () => [],
    ask: (_doing, question) => question(),
    save: refuse,
    spare: refuse,
    resync: refuse,
  };
}

export interface TableChange {
  readonly device?: number;
  readonly incarnation?: number;
  readonly seen?: number;
  readonly operation?: Operation;
  readonly parts?: readonly Uint8Array[];
  readonly editedAtUs?: number;
  readonly ledger?: number;
}

/** Adds a change to a table; what is left out is of no matter. */
export function addChange(table: ChangeTable, change: TableChange): number {
  return table.add({
    device: 0,
    incarnation: 0,
    sequence: table.count + 1,
    ledger: 0,
    seen: 0,
    editedAtUs: 0,
    timestampMs: 0,
    entityType: 'account',
    operation: 'UPDATE',
    entityLength: 1,
    parts: [Uint8Array.of(1)],
    targets: [],
    ...change,
  });
}

/** A device with a real replica and nothing around it: it edits, and is given parts of a log. */
export class DocumentDevice implements JudgedDevice {
  readonly index: number;
  readonly id: number;
  readonly incarnation = 0;
  readonly ledger = { index: 0, id: 'ledger-0' };
  position = 0;
  isCore = true;
  isRunning = true;
  isOnline = true;
  client = { outboxLength: 0, isBusy: false };
  readonly replica: Replica;
  readonly made: number[] = [];

  readonly #type: DocumentType;
  readonly #table: ChangeTable;
  readonly #has = new Set<number>();
  #lives = 0;

  constructor(type: DocumentType, table: ChangeTable, index: number) {
    this.index = index;
    this.id = index;
    this.#type = type;
    this.#table = table;
    this.replica = this.#create();
  }

  /** Makes an edit, and gives its change and place. */
  edit(edit: Edit): { change: number; target: string } {
    const { changes, target } = this.replica.edit(edit);
    if (changes.length === 0) return { change: -1, target };
    const parts = changes.map((part) => part.slice());
    const change = addChange(this.#table, { device: this.index, seen: this.position, parts });
    this.made.push(change);
    return { change, target };
  }

  /** Takes the log on to a position. */
  pull(log: Int32Array, to: number): void {
    for (let at = this.position; at < to; at++) {
      const change = log[at]!;
      this.#has.add(at + 1);
      if (this.#table.deviceOf(change) !== this.index) this.#receive([change]);
    }
    this.position = to;
  }

  has(position: number): boolean {
    return this.#has.has(position);
  }

  view(): LedgerView {
    return this.replica.view();
  }

  viewDigest(): string | undefined {
    return this.replica.viewDigest?.();
  }

  version(): string {
    return this.replica.version();
  }

  pending(): number {
    return this.replica.pending();
  }

  save(): Uint8Array {
    return this.replica.save();
  }

  storedBytes(): number {
    return this.save().length;
  }

  ownUnplaced(): readonly number[] {
    return this.made.filter((change) => {
      const position = this.#table.positionOf(change);
      return position === 0 || position > this.position;
    });
  }

  spare(from: 'empty' | Uint8Array): Replica {
    const replica = this.#create();
    if (from !== 'empty') replica.load(from);
    return replica;
  }

  ask<T>(_doing: unknown, question: () => T): T {
    return question();
  }

  resync(log: Int32Array): void {
    this.#receive([...log]);
  }

  #receive(changes: readonly number[]): void {
    const parts: Uint8Array[] = [];
    for (const change of changes) this.#table.collectParts(change, parts);
    this.replica.receive(parts);
  }

  #create(): Replica {
    const incarnation = this.#lives++;
    return this.#type.create({
      deviceIndex: this.index,
      incarnation,
      actor: this.index * 4096 + incarnation,
      random: () => 0.5,
      nowMs: () => 1_767_225_600_000,
      run: this.#table,
    });
  }
}

/** Devices that have made edits, all of which are in the log that all have. */
export interface Settled {
  readonly table: ChangeTable;
  readonly log: Int32Array;
  readonly devices: readonly DocumentDevice[];
  readonly ledger: JudgedLedger;
}

/** Each round all devices make their edits, none knowing the others' of that round. */
export function settle(type: DocumentType, rounds: readonly (readonly (readonly Edit[])[])[]): Settled {
  const table = new ChangeTable(false);
  const count = Math.max(...rounds.map((round) => round.length));
  const devices = Array.from({ length: count }, (_, index) => new DocumentDevice(type, table, index));
  const log: number[] = [];
  for (const round of rounds) {
    for (const [index, edits] of round.entries()) {
      for (const edit of edits) {
        const { change } = devices[index]!.edit(edit);
        if (change >= 0) log.push(change);
      }
    }
    for (let at = 0; at < log.length; at++) if (table.positionOf(log[at]!) === 0) table.setPosition(log[at]!, at + 1);
    for (const device of devices) device.pull(Int32Array.from(log), log.length);
  }
  return { table, log: Int32Array.from(log), devices, ledger: { index: 0, id: 'ledger-0', members: devices } };
}
