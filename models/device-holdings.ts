// Which changes a device's document holds: its own, those that came from the log, and what its storage would give back.
// It must not know clients, clocks, nor what makes a device restart.

import type { ChangeTable } from './change-table.ts';
import type { DeviceDocument } from './device-document.ts';
import { DeviceStorage, type StoredPoint } from './device-storage.ts';
import type { RestartFrom } from './observer.ts';
import { PositionSet } from './position-set.ts';

const NOTHING_HELD: ReadonlySet<number> = new Set();

export class DeviceHoldings {
  readonly #table: ChangeTable;
  readonly #id: number;
  readonly #storage: DeviceStorage;
  /** Positions that were delivered to the replica or made by it: what the delivery oracle looks at. */
  readonly #delivered = new PositionSet();
  /** Own changes that the replica holds, the oldest first; those within the position are dropped when asked for. */
  #own: number[] = [];
  /** Own changes of earlier lives that the replica holds. */
  #held: ReadonlySet<number> = NOTHING_HELD;

  /** @param id of the device, which is the author of its own changes */
  constructor(table: ChangeTable, id: number, keepsStorage: boolean) {
    this.#table = table;
    this.#id = id;
    this.#storage = new DeviceStorage(keepsStorage);
  }

  /** The device has made a change. */
  made(change: number): void {
    this.#own.push(change);
    this.#storage.append(change);
  }

  /** A change from elsewhere was applied. */
  took(change: number): void {
    this.#storage.append(change);
  }

  /** The change at a log position is held. */
  deliver(position: number): void {
    this.#delivered.add(position);
  }

  has(position: number): boolean {
    return this.#delivered.has(position);
  }

  /** Everything up to now is durable. */
  sync(atUs: number, position: number, outbox: readonly number[]): void {
    this.#storage.sync(atUs, position, outbox);
  }

  /**
   * Whether a change of the log is to be handed to the replica: own ones of a lost tail come back as news.
   *
   * @param incarnation the device's present one: what was made in it is held
   */
  isNews(change: number, incarnation: number): boolean {
    const table = this.#table;
    if (table.isSnapshot(change)) return false;
    if (table.deviceOf(change) !== this.#id) return true;
    return table.incarnationOf(change) !== incarnation && !this.#held.has(change);
  }

  /** Own changes that are held and do not lie within a position. */
  ownBeyond(position: number): readonly number[] {
    this.#own = this.#own.filter((change) => {
      const at = this.#table.positionOf(change);
      return at === 0 || at > position;
    });
    return this.#own;
  }

  /** Everything survives into a new life. */
  keepAll(): void {
    this.#held = new Set(this.#storage.contents().changes.filter((change) => this.#isOwn(change)));
  }

  /** Goes back to what a restart finds. @param document new and empty */
  rollBack(from: RestartFrom, nowUs: number, ageUs: number, document: DeviceDocument): StoredPoint {
    const point = this.#storage.rollBack(from, nowUs, ageUs);
    this.#rebuild(document);
    return point;
  }

  /** Takes over what another device of the same id has stored. @param document new and empty */
  copyFrom(original: DeviceHoldings, document: DeviceDocument): void {
    this.#storage.copyFrom(original.#storage);
    this.#rebuild(document);
  }

  /** Begins with a SNAPSHOT and what was still to be pushed. @param document new and empty */
  beginWith(snapshot: number, outbox: readonly number[], document: DeviceDocument): void {
    this.#storage.beginWith(snapshot);
    for (const change of outbox) if (!this.#table.isSnapshot(change)) this.#storage.append(change);
    this.#rebuild(document);
  }

  #rebuild(document: DeviceDocument): void {
    const table = this.#table;
    const { snapshot, changes } = this.#storage.contents();
    this.#delivered.clear();
    if (snapshot >= 0) {
      const images: Uint8Array[] = [];
      table.collectParts(snapshot, images);
      document.load(images[0]!);
      for (let position = table.seenBy(snapshot); position > 0; position--) this.#delivered.add(position);
    }
    const parts: Uint8Array[] = [];
    for (const change of changes) {
      table.collectParts(change, parts);
      this.#delivered.add(table.positionOf(change));
    }
    if (parts.length > 0) document.receive(parts);
    this.#own = changes.filter((change) => this.#isOwn(change));
    this.#held = new Set(this.#own);
  }

  #isOwn(change: number): boolean {
    return this.#table.deviceOf(change) === this.#id;
  }
}
