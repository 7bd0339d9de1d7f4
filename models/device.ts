// A device: a replica with a clock, a member of one ledger, and a sync client. It edits, takes pages from the log in
// their order, and notices conflicts. It must not know the relay, nor who uses it.

import { assert } from '../sim/errors.ts';
import type { DeviceClock } from '../sim/device-clock.ts';
import { served, serveFrom } from '../sim/guard.ts';
import type { Stream } from '../sim/random.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { ChangeTable, Operation } from './change-table.ts';
import { ConflictDetector } from './conflict-detector.ts';
import type { Conflicts } from './conflicts.ts';
import type { DocumentType, Replica } from './documents/port.ts';
import { type Edit, type LedgerView, placeOf } from './documents/edit.ts';
import type { EntityDraft, EntityType } from './entities.ts';
import type { Measures } from './measures.ts';
import type { Page } from './relay/messages.ts';
import { SyncClient, type SyncClients } from './sync-client.ts';

/** A ledger: the devices that share it and what is known of it from outside. */
export interface Ledger {
  readonly index: number;
  readonly id: string;
  readonly members: Device[];
  /** Where several members write; a ledger of one writer has no conflicts. */
  conflicts: Conflicts | undefined;
  lastEditUs: number;
  lastAppliedUs: number;
  /** Virtual time at which a member was last healed of a partition; −1 where none was. */
  lastHealedUs: number;
}

/** What devices share. */
export interface DeviceWorld {
  readonly simulation: Simulation;
  readonly table: ChangeTable;
  readonly measures: Measures;
  readonly clients: SyncClients;
  readonly documents: DocumentType;
  /** Stands for the run, for types whose replicas share memory. */
  readonly run: object;
  readonly dialect: '1.0' | '1.1';
  wireBytesOf(change: number): number;
}

/** Actor numbers: device × 4096 + incarnation, below 2^32. */
const INCARNATIONS_MAX = 4096;
/** Devices of one run. */
export const DEVICES_MAX = 2 ** 20;
const NO_TARGETS: readonly number[] = [];
/** Parts of a page are collected here: one page is applied at a time. */
const parts: Uint8Array[] = [];

export class Device {
  readonly index: number;
  readonly ledger: Ledger;
  readonly client: SyncClient;
  readonly clock: DeviceClock;
  readonly replica: Replica;
  readonly incarnation = 0;

  /** Log position up to which the device has applied everything (1.1). */
  position = 0;
  isOnline = true;
  /** Positions that were delivered to the replica or made by it, as bits: what the delivery oracle looks at. */
  #delivered = new Uint8Array(16);

  readonly #world: DeviceWorld;
  readonly #detector: ConflictDetector | undefined;
  readonly #onConcurrent: (change: number, other: number) => void;
  readonly #randomness: Stream;
  readonly #ambient: { random(): number; nowMs(): number };
  #sequence = 0;
  /** When it came back online, and the log's end then; −1 where it has caught up. */
  #backOnlineUs = -1;
  #behindUntil = 0;

  constructor(world: DeviceWorld, index: number, ledger: Ledger, clock: DeviceClock) {
    this.#world = world;
    this.index = index;
    this.ledger = ledger;
    this.clock = clock;
    this.client = new SyncClient(world.clients, index, ledger.index, this);
    this.#randomness = world.simulation.streams.stream(`device/${index}/document`);
    const conflicts = ledger.conflicts;
    this.#detector = conflicts === undefined ? undefined : new ConflictDetector(world.table);
    this.#onConcurrent = (change, other) => {
      conflicts?.detected(change);
      conflicts?.detected(other);
    };
    const { simulation } = world;
    this.#ambient = {
      random: () => this.#randomness.next(),
      nowMs: () => clock.nowMs(simulation.nowUs),
    };
    assert(this.incarnation < INCARNATIONS_MAX && index < DEVICES_MAX, 'an actor number needs device < 2^20');
    this.replica = served(this.#ambient, () =>
      world.documents.create({
        deviceIndex: index,
        incarnation: this.incarnation,
        actor: index * INCARNATIONS_MAX + this.incarnation,
        ...this.#ambient,
        run: world.run,
      }),
    );
  }

  /** Makes a draft's edits, as one change; gives its number, or −1 where they did nothing. It waits in the outbox. */
  edit(draft: EntityDraft): number {
    const { edits } = draft;
    const targets: string[] = [];
    const changes = this.#apply(edits, targets);
    if (changes.length === 0) return -1;
    const change = this.#keep(changes, targets, draft.entityType, draft.operation, draft.entity.length);
    this.client.enqueue(change);
    return change;
  }

  /** Before the run: takes what the ledger's log holds already. */
  begin(log: Int32Array): void {
    const { table } = this.#world;
    parts.length = 0;
    for (let i = 0; i < log.length; i++) {
      if (table.deviceOf(log[i]!) !== this.index) table.collectParts(log[i]!, parts);
      this.#detector?.notice(log[i]!, this.#onConcurrent);
      this.#mark(i + 1);
    }
    if (parts.length > 0) this.#receive(parts);
    if (this.#world.dialect === '1.1') {
      this.position = log.length;
      this.client.cursor = log.length;
    }
    this.ledger.conflicts?.membersChanged();
  }

  /** For the client: a page of the log, in its order. */
  takePage(page: Page): void {
    const { changes } = page;
    const { table, measures, simulation } = this.#world;
    const nowUs = simulation.nowUs;
    const from = this.position;
    parts.length = 0;
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i]!;
      if (table.deviceOf(change) !== this.index) table.collectParts(change, parts);
    }
    if (parts.length > 0) {
      const followUps = this.#receive(parts);
      for (let i = 0; i < changes.length; i++) {
        const change = changes[i]!;
        if (table.deviceOf(change) === this.index) continue;
        measures.syncLatency.recordUs(nowUs - table.editedAtUs(change));
        this.#detector?.notice(change, this.#onConcurrent);
      }
      if (followUps.length > 0) {
        this.client.enqueue(this.#keep(followUps, [], 'account', 'UPDATE', 1));
      }
      this.ledger.lastAppliedUs = nowUs;
    }
    for (let i = 0; i < changes.length; i++) this.#mark(table.positionOf(changes[i]!));
    if (this.#world.dialect === '1.1') this.position = page.cursor;
    if (changes.length > 0) this.ledger.conflicts?.applied(this, from);
    if (this.#backOnlineUs >= 0 && this.position >= this.#behindUntil) {
      measures.catchUpTime.recordUs(nowUs - this.#backOnlineUs);
      this.#backOnlineUs = -1;
    }
  }

  /** For the client: the relay has accepted changes of this device. */
  accepted(changes: readonly number[]): void {
    for (const change of changes) this.#mark(this.#world.table.positionOf(change));
  }

  /** The device can reach the relay again. @param logEnd where the ledger's log ends now */
  cameOnline(logEnd: number): void {
    if (this.isOnline) return;
    this.isOnline = true;
    // A device that has missed nothing has nothing to catch up with.
    this.#backOnlineUs = this.position < logEnd ? this.#world.simulation.nowUs : -1;
    this.#behindUntil = logEnd;
    this.ledger.conflicts?.membersChanged();
  }

  wentOffline(): void {
    this.isOnline = false;
    this.#backOnlineUs = -1;
    this.ledger.conflicts?.membersChanged();
  }

  /** What a person sees on this device. As everything that asks the document: with this device's clock and chance. */
  view(): LedgerView {
    return served(this.#ambient, () => this.replica.view());
  }

  /** A hash of the view, where the type has one. */
  viewDigest(): string | undefined {
    return served(this.#ambient, () => this.replica.viewDigest?.());
  }

  /** What the document holds, as canonical text. */
  version(): string {
    return served(this.#ambient, () => this.replica.version());
  }

  /** Bytes that the document takes in storage. */
  storedBytes(): number {
    return served(this.#ambient, () => this.replica.storedBytes?.() ?? this.replica.save().length);
  }

  /** Whether the change at a log position was delivered to this device, or was made by it. */
  has(position: number): boolean {
    return ((this.#delivered[position >>> 3] ?? 0) & (1 << (position & 7))) !== 0;
  }

  /** Applies edits and gives the changes; the places they touched go to `targets` where the ledger is tracked. */
  #apply(edits: readonly Edit[], targets: string[]): Uint8Array[] {
    const { replica } = this;
    // As `served` does, without a closure for each edit.
    const before = serveFrom(this.#ambient);
    try {
      if (replica.editTogether !== undefined) {
        if (this.#detector !== undefined) for (const edit of edits) targets.push(placeOf(edit));
        return replica.editTogether(edits);
      }
      const changes: Uint8Array[] = [];
      for (const edit of edits) {
        const outcome = replica.edit(edit);
        if (outcome.changes.length === 0) continue;
        changes.push(...outcome.changes);
        targets.push(outcome.target);
      }
      return changes;
    } finally {
      serveFrom(before);
    }
  }

  #receive(changes: readonly Uint8Array[]): Uint8Array[] {
    const before = serveFrom(this.#ambient);
    try {
      return this.replica.receive(changes);
    } finally {
      serveFrom(before);
    }
  }

  #keep(
    changes: readonly Uint8Array[],
    targets: readonly string[],
    entityType: EntityType,
    operation: Operation,
    entityLength: number,
  ): number {
    const { table, simulation } = this.#world;
    const { ledger } = this;
    const { conflicts } = ledger;
    const change = table.add({
      device: this.index,
      incarnation: this.incarnation,
      sequence: ++this.#sequence,
      ledger: ledger.index,
      seen: this.position,
      editedAtUs: simulation.nowUs,
      timestampMs: this.clock.nowMs(simulation.nowUs),
      entityType,
      operation,
      entityLength,
      parts: changes,
      targets: conflicts === undefined ? NO_TARGETS : targets.map((target) => conflicts.numberOf(target)),
    });
    table.setWireBytes(change, this.#world.wireBytesOf(change));
    ledger.lastEditUs = simulation.nowUs;
    conflicts?.edited(change, this);
    this.#detector?.notice(change, this.#onConcurrent);
    return change;
  }

  #mark(position: number): void {
    if (position === 0) return;
    const at = position >>> 3;
    if (at >= this.#delivered.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#delivered.length * 2));
      larger.set(this.#delivered);
      this.#delivered = larger;
    }
    this.#delivered[at]! |= 1 << (position & 7);
  }
}
