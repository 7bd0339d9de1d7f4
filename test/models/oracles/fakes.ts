// Ledgers and devices as far as oracles look at them.

import type { Device, Ledger } from '../../../models/device.ts';
import type { LedgerView } from '../../../models/documents/edit.ts';

export interface FakeDevice {
  readonly view?: LedgerView;
  readonly digest?: string;
  readonly storedBytes?: number;
  /** Log positions that were never handed to it. */
  readonly lacks?: readonly number[];
  readonly outbox?: number;
  readonly position?: number;
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
): Ledger {
  const members = devices.map((device, i) => deviceOf(firstDevice + i, device, asked));
  return { index, id: `ledger-${index}`, members } as unknown as Ledger;
}

function deviceOf(index: number, fake: FakeDevice, asked: Asked): Device {
  const { view = {}, digest, storedBytes, lacks = [], outbox = 0, position = 0 } = fake;
  const replica = {
    view: () => {
      asked.views++;
      return view;
    },
    ...(storedBytes === undefined ? {} : { storedBytes: () => storedBytes }),
    ...(digest === undefined
      ? {}
      : {
          viewDigest: () => {
            asked.digests++;
            return digest;
          },
        }),
  };
  const client = { outboxLength: outbox };
  return {
    index,
    replica,
    client,
    position,
    has: (at: number) => !lacks.includes(at),
    view: replica.view,
    viewDigest: () => ('viewDigest' in replica ? replica.viewDigest() : undefined),
    storedBytes: () => storedBytes ?? 0,
  } as unknown as Device;
}
