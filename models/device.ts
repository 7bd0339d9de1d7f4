// A device: a replica with a clock and storage, a member of one ledger, and a sync client. It edits, takes pages from
// the log in their order, notices conflicts, stops and starts again. It must not know the relay, nor who uses it.

import { assert } from '../sim/errors.ts';
import type { DeviceClock } from '../sim/device-clock.ts';
import { Signal } from '../sim/process.ts';
import { type ChangeTable, NO_ENTITY, type Operation } from './change-table.ts';
import { ConflictDetector } from './conflict-detector.ts';
import type { Conflicts } from './conflicts.ts';
import { DeviceDocument, type DocumentWorld, mayRestart } from './device-document.ts';
import { DeviceHoldings } from './device-holdings.ts';
import { DocumentHolder } from './document-holder.ts';
import type { LedgerView } from './documents/edit.ts';
import type { EntityDraft, EntityType } from './entities.ts';
import type { Measures } from './measures.ts';
import type { DeviceObserver, RestartFrom } from './observer.ts';
import type { Page, RelayRequest } from './relay/messages.ts';
import { SyncClient } from './sync-client.ts';
import type { SyncClients } from './sync-clients.ts';

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
export interface DeviceWorld extends DocumentWorld {
  readonly table: ChangeTable;
  readonly measures: Measures;
  readonly clients: SyncClients;
  readonly dialect: '1.0' | '1.1';
  /** Whether a device may restart from less than all that it had. */
  readonly keepsStorage: boolean;
  readonly observer: DeviceObserver | undefined;
  wireBytesOf(change: number): number;
  /** The number of a device's next life; those who share an id share the count. */
  nextIncarnation(id: number): number;
}

/** Devices of one run. */
export const DEVICES_MAX = 2 ** 20;
const NO_TARGETS: readonly number[] = [];
const NO_VIEW: LedgerView = {};

export class Device extends DocumentHolder {
  /** Its place in the world, and what names its links and draws. */
  readonly index: number;
  /** The id under which it is known: its index, but for a copy of another device. */
  readonly id: number;
  readonly ledger: Ledger;
  readonly client: SyncClient;
  readonly clock: DeviceClock;
  /** Fires when a device that was down or suspended goes on. */
  readonly awake = new Signal();

  /** Log position up to which the device has applied everything (1.1). */
  position = 0;
  isOnline = true;
  /** False while it is down: its process is gone, its storage is not. */
  isRunning = true;
  isSuspended = false;
  /** False where it is away for good: it is judged only on what it had acknowledged. */
  isCore = true;

  readonly #world: DeviceWorld;
  readonly #holdings: DeviceHoldings;
  readonly #detector: ConflictDetector | undefined;
  readonly #onConcurrent: (change: number, other: number) => void;
  #sequence = 0;
  /** What the peer had when it last answered, where devices sync by state. */
  #peerVersion: string | undefined;
  /** What `save` gave when it went down. */
  #saved: Uint8Array | undefined;
  /** When it came back online, and the log's end then; −1 where it has caught up. */
  #backOnlineUs = -1;
  #behindUntil = 0;

  /** @param id that of the device that it is a copy of; its own index otherwise */
  constructor(world: DeviceWorld, index: number, ledger: Ledger, clock: DeviceClock, id = index) {
    assert(index < DEVICES_MAX, 'an actor number needs device < 2^20');
    super(new DeviceDocument(world, index, id, clock, world.nextIncarnation(id)));
    this.#world = world;
    this.index = index;
    this.id = id;
    this.ledger = ledger;
    this.clock = clock;
    this.client = new SyncClient(world.clients, index, ledger.index, this);
    this.#holdings = new DeviceHoldings(world.table, id, world.keepsStorage);
    const conflicts = ledger.conflicts;
    this.#detector = conflicts === undefined ? undefined : new ConflictDetector(world.table);
    this.#onConcurrent = (change, other) => {
      conflicts?.detected(change);
      conflicts?.detected(other);
    };
  }

  /** Whether it may go down: there are only so many lives. */
  get canRestart(): boolean {
    return this.isRunning && mayRestart(this.incarnation);
  }

  /** Whether its user can use it. */
  get isAwake(): boolean {
    return this.isRunning && !this.isSuspended;
  }

  /** Makes a draft's edits, as one change; gives its number, or −1 where they did nothing. It waits in the outbox. */
  edit(draft: EntityDraft): number {
    const { edits } = draft;
    const { observer } = this.#world;
    const before = observer === undefined ? NO_VIEW : this.document.viewOf(draft.entity);
    const targets: string[] = [];
    const isTracked = observer !== undefined || this.#detector !== undefined;
    const changes = this.document.edit(edits, isTracked ? targets : undefined);
    let change = -1;
    if (changes.length > 0) {
      change = this.#keep(changes, targets, draft.entityType, draft.operation, draft.entity);
      this.client.enqueue(change);
    }
    const after = observer === undefined || change < 0 ? before : this.document.viewOf(draft.entity);
    observer?.edited(this, change, edits, targets, before, after);
    return change;
  }

  /** Before the run: takes what the ledger's log holds already. */
  begin(log: Int32Array): void {
    const { table, simulation } = this.#world;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < log.length; i++) {
      if (table.deviceOf(log[i]!) !== this.id) {
        table.collectParts(log[i]!, parts);
        this.#holdings.took(log[i]!);
      }
      this.#detector?.notice(log[i]!, this.#onConcurrent);
      this.#holdings.deliver(i + 1);
    }
    if (parts.length > 0) this.document.receive(parts);
    if (this.#world.dialect === '1.1') {
      this.position = log.length;
      this.client.cursor = log.length;
    }
    this.#holdings.sync(simulation.nowUs, this.position, this.client.outbox);
    this.ledger.conflicts?.membersChanged();
  }

  /** For the client: a page of the log, in its order. */
  takePage(page: Page): void {
    const { changes } = page;
    const { table, measures, simulation, observer } = this.#world;
    const nowUs = simulation.nowUs;
    const from = this.position;
    if (page.snapshot !== undefined && table.seenBy(page.snapshot) > from) this.#beginWith(page.snapshot);
    const { incarnation } = this;
    const [parts, news]: [Uint8Array[], number[]] = [[], []];
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i]!;
      if (!this.#holdings.isNews(change, incarnation)) continue;
      table.collectParts(change, parts);
      news.push(change);
    }
    if (page.state !== undefined) {
      // What the peer has merged stands for the changes themselves.
      this.#peerVersion = page.version;
      if (news.length > 0) parts.splice(0, parts.length, page.state);
    }
    if (news.length > 0) {
      const followUps = this.document.receive(parts);
      for (let i = 0; i < news.length; i++) {
        const change = news[i]!;
        measures.syncLatency.recordUs(nowUs - table.editedAtUs(change));
        this.#detector?.notice(change, this.#onConcurrent);
        this.#holdings.took(change);
      }
      if (followUps.length > 0) {
        this.client.enqueue(this.#keep(followUps, [], 'account', 'UPDATE', NO_ENTITY));
      }
      this.ledger.lastAppliedUs = nowUs;
    }
    for (let i = 0; i < changes.length; i++) this.#holdings.deliver(table.positionOf(changes[i]!));
    if (this.#world.dialect === '1.1') this.position = page.cursor;
    if (changes.length > 0) this.ledger.conflicts?.applied(this, from);
    if (this.#backOnlineUs >= 0 && this.position >= this.#behindUntil) {
      measures.catchUpTime.recordUs(nowUs - this.#backOnlineUs);
      this.#backOnlineUs = -1;
    }
    observer?.tookPage(this, page, from);
  }

  /** For the client: the relay has accepted changes of this device. */
  accepted(changes: readonly number[]): void {
    for (const change of changes) this.#holdings.deliver(this.#world.table.positionOf(change));
    this.#world.observer?.acknowledged(this, changes);
  }

  /** For the client: what is about to be sent is made durable first. */
  sync(): void {
    this.#holdings.sync(this.#world.simulation.nowUs, this.position, this.client.outbox);
  }

  /** For the client: a push with what the peer lacks, a pull with what the device has. */
  withState(request: RelayRequest): RelayRequest {
    if (request.kind === 'pull') return { ...request, version: this.version() };
    const peerVersion = (this.#peerVersion ??= this.emptyVersion());
    return { ...request, state: this.ask('since', () => this.replica.since!(peerVersion)) };
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

  /** The device has no network, and knows it: it does not try. */
  disconnect(): void {
    this.client.hold();
    this.wentOffline();
  }

  /** Takes back `disconnect`. @param logEnd where the ledger's log ends now */
  reconnect(logEnd: number): void {
    this.client.release();
    this.cameOnline(logEnd);
  }

  /** Frozen in the background: it does nothing until it goes on. */
  suspend(): void {
    this.isSuspended = true;
    this.client.hold();
  }

  resume(): void {
    this.isSuspended = false;
    this.client.release();
    if (this.isAwake) this.awake.fire();
  }

  /** The device's process is gone, with all that was not stored. */
  crash(): void {
    assert(this.isRunning, 'a device that is down cannot crash');
    this.#saved = this.save();
    this.isRunning = false;
    this.client.halt();
    this.document.end();
  }

  /**
   * Begins a new life of a device that is down.
   *
   * @param from what its storage gives back
   * @param ageUs for a backup, how old it is at least, µs
   */
  restart(from: RestartFrom, ageUs = 0): void {
    assert(!this.isRunning, 'a device that runs is not started');
    const { simulation, observer } = this.#world;
    this.isRunning = true;
    this.#reincarnate();
    if (from === 'storage') {
      this.document.load(this.#saved!);
      this.#holdings.keepAll();
      this.client.restart(this.client.outbox, this.client.cursor);
    } else {
      const point = this.#holdings.rollBack(from, simulation.nowUs, ageUs, this.document);
      this.position = point.position;
      this.client.restart(point.outbox, point.position);
    }
    this.#saved = undefined;
    this.ledger.conflicts?.membersChanged();
    observer?.restarted(this, from);
    if (this.isAwake) this.awake.fire();
  }

  /** Takes over what another device of the same id has stored. */
  copyFrom(original: Device): void {
    this.#holdings.copyFrom(original.#holdings, this.document);
    this.position = original.position;
    this.client.restart(original.client.outbox, this.position);
    this.ledger.conflicts?.membersChanged();
    this.#world.observer?.restarted(this, 'storage');
  }

  /**
   * Pushes an opaque image of its document that covers the log up to its position.
   *
   * @returns false where there is nothing to cover, and where devices sync by state: there is no log to shorten
   */
  pushSnapshot(cause: number): boolean {
    if (!this.isAwake || this.position === 0 || this.#world.clients.options.isByState === true) return false;
    if (this.pending() > 0) return false;
    const change = this.#add([this.save()], NO_TARGETS, 'account', 'SNAPSHOT', NO_ENTITY);
    this.client.enqueue(change);
    this.client.pushSoon(cause);
    return true;
  }

  /** Whether the change at a log position was delivered to this device, or was made by it. */
  has(position: number): boolean {
    return this.#holdings.has(position);
  }

  /** Own changes that the replica holds and that are not within the device's position. */
  ownUnplaced(): readonly number[] {
    return this.#holdings.ownBeyond(this.position);
  }

  /** Lets go of the replica. */
  dispose(): void {
    if (this.isRunning) this.document.end();
  }

  /** Hands changes to the replica that it may have already, as a full resync does. */
  resync(log: Int32Array): void {
    const { table } = this.#world;
    const parts: Uint8Array[] = [];
    for (let i = 0; i < log.length; i++) if (!table.isSnapshot(log[i]!)) table.collectParts(log[i]!, parts);
    if (parts.length > 0) this.document.receive(parts);
  }

  protected override nextIncarnation(): number {
    return this.#world.nextIncarnation(this.id);
  }

  #reincarnate(): void {
    this.#sequence = 0;
    this.#peerVersion = undefined;
    this.document.begin(this.nextIncarnation());
  }

  /** The log before a SNAPSHOT is gone at the relay: a new life begins from it, with what was still to be pushed. */
  #beginWith(snapshot: number): void {
    const { table, observer } = this.#world;
    this.document.end();
    this.#reincarnate();
    this.#holdings.beginWith(snapshot, this.client.outbox, this.document);
    this.position = table.seenBy(snapshot);
    observer?.restarted(this, 'snapshot');
  }

  #keep(
    changes: readonly Uint8Array[],
    targets: readonly string[],
    entityType: EntityType,
    operation: Operation,
    entity: string,
  ): number {
    const { conflicts } = this.ledger;
    const numbers = conflicts === undefined ? NO_TARGETS : targets.map((target) => conflicts.numberOf(target));
    const change = this.#add(changes, numbers, entityType, operation, entity);
    this.ledger.lastEditUs = this.#world.simulation.nowUs;
    this.#holdings.made(change);
    conflicts?.edited(change, this);
    this.#detector?.notice(change, this.#onConcurrent);
    return change;
  }

  #add(
    changes: readonly Uint8Array[],
    targets: readonly number[],
    entityType: EntityType,
    operation: Operation,
    entity: string,
  ): number {
    const { table, simulation } = this.#world;
    const change = table.add({
      device: this.id,
      incarnation: this.incarnation,
      sequence: ++this.#sequence,
      ledger: this.ledger.index,
      seen: this.position,
      editedAtUs: simulation.nowUs,
      timestampMs: this.clock.nowMs(simulation.nowUs),
      entityType,
      operation,
      entityLength: entity.length,
      entity,
      parts: changes,
      targets,
    });
    table.setWireBytes(change, this.#world.wireBytesOf(change));
    return change;
  }
}
