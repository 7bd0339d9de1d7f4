// Draws that hang on a message or a sync and on nothing else: stateless, so that taking away any other one leaves them
// as they were. Seeded in a run from a seed; looked up in a run from a plan. It must not know what they are used for.

import { keyedUnit, type StreamKey, type Streams } from '../sim/random.ts';

/** What a draw is for. The order is that of recorded draws: new ones go to the end. */
export const DRAW_PURPOSES = ['service', 'backoff', 'notify', 'lost-response', 'refusal', 'store'] as const;
export type DrawPurpose = (typeof DRAW_PURPOSES)[number];

const STREAM_NAMES: Readonly<Record<DrawPurpose, string>> = {
  service: 'relay/service',
  backoff: 'client/backoff',
  notify: 'client/notify',
  'lost-response': 'relay/lost-response',
  refusal: 'relay/refusal',
  store: 'relay/store',
};

/** What stands for a draw that a plan does not hold: the middle, and nothing bad happens. */
const NOMINAL: Readonly<Record<DrawPurpose, number>> = {
  service: 0.5,
  backoff: 0.5,
  notify: 0.5,
  'lost-response': 1,
  refusal: 1,
  store: 0.5,
};

/** Gives a draw, from 0 up to but without 1 (1 stands for nominal where a draw decides about something bad). */
export interface Draws {
  unit(purpose: DrawPurpose, cause: number, device: number, attempt: number, page: number): number;
}

/** One recorded draw: index of its purpose, cause, device, attempt, page, and the draw. */
export type DrawRecord = readonly [
  purpose: number,
  cause: number,
  device: number,
  attempt: number,
  page: number,
  unit: number,
];

/** Draws from a seed. */
export class SeededDraws implements Draws {
  readonly #keys: Readonly<Record<DrawPurpose, StreamKey>>;

  constructor(streams: Streams) {
    this.#keys = {
      service: streams.key(STREAM_NAMES.service),
      backoff: streams.key(STREAM_NAMES.backoff),
      notify: streams.key(STREAM_NAMES.notify),
      'lost-response': streams.key(STREAM_NAMES['lost-response']),
      refusal: streams.key(STREAM_NAMES.refusal),
      store: streams.key(STREAM_NAMES.store),
    };
  }

  unit(purpose: DrawPurpose, cause: number, device: number, attempt: number, page: number): number {
    return keyedUnit(this.#keys[purpose], cause, device, attempt, page);
  }
}

/** Passes draws on and keeps them. */
export class RecordingDraws implements Draws {
  readonly records: DrawRecord[] = [];
  readonly #source: Draws;

  constructor(source: Draws) {
    this.#source = source;
  }

  unit(purpose: DrawPurpose, cause: number, device: number, attempt: number, page: number): number {
    const unit = this.#source.unit(purpose, cause, device, attempt, page);
    this.records.push([DRAW_PURPOSES.indexOf(purpose), cause, device, attempt, page, unit]);
    return unit;
  }
}

function keyOf(purpose: number, cause: number, device: number, attempt: number, page: number): string {
  return `${purpose} ${cause} ${device} ${attempt} ${page}`;
}

/** Draws from a plan; what it does not hold is nominal. */
export class RecordedDraws implements Draws {
  readonly #units = new Map<string, number>();

  constructor(records: readonly DrawRecord[]) {
    for (const [purpose, cause, device, attempt, page, unit] of records) {
      this.#units.set(keyOf(purpose, cause, device, attempt, page), unit);
    }
  }

  unit(purpose: DrawPurpose, cause: number, device: number, attempt: number, page: number): number {
    if (this.#units.size === 0) return NOMINAL[purpose];
    const key = keyOf(DRAW_PURPOSES.indexOf(purpose), cause, device, attempt, page);
    return this.#units.get(key) ?? NOMINAL[purpose];
  }
}
