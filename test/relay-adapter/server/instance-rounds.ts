// Two instances of the relay on one store, under pushes and pulls at once that go now to one and now to the other: whether
// every reader gets one log, page after page, without a gap, and whether who listens at one instance is told of what is
// pushed to the other. It must not know which store it is.

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { deviceId, ledgerId } from '../../../models/identity.ts';
import type { HttpClient } from '../../../relay-adapter/load/http-client.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { type Stream, Streams } from '../../../sim/random.ts';
import { type Ask, Reader, Writer } from './ledger-clients.ts';
import { LedgerWitness } from './ledger-witness.ts';
import { type RelayKind, type RelayProcess, clientOf, post, startRelayProcess } from './relay-process.ts';

export interface InstancesOptions {
  /** As `--store`; what it holds must not be of these seeds. */
  readonly address: string;
  /** From 1 on; a seed is its ledgers' namespace. */
  readonly seeds: number;
  readonly from?: number;
  /** Whether an instance hears from the store what was pushed to the other one. */
  readonly tellsAcross: boolean;
  /** How long somebody may take to be told, ms; default 10,000. */
  readonly tellMs?: number;
  /** One for each pair is drawn of these; both that are sound, where it is left out. */
  readonly kinds?: readonly RelayKind[];
  readonly told?: (seed: number) => void;
}

export interface InstancesReport {
  readonly seeds: number;
  readonly acknowledged: number;
  /** Catch-ups to the end of a log, by readers and those who were told, while others pushed. */
  readonly catchUps: number;
  /** Ledgers whose listener at one instance heard of a push to the other. */
  readonly toldAcross: number;
  /** With their seeds; empty where every reader had every change. */
  readonly complaints: readonly string[];
}

const SECRET = 'a secret of the tests';
/** Seeds that share a pair of processes, with page sizes of their own. */
const SEEDS_OF_PAIR = 5;
const CONNECTIONS = 16;
/** How often a request waits before it goes out, and how long at most. */
const WAITS = 0.3;
const WAIT_MS_MAX = 4;
const SOUND = ['spawned', 'served'] as const;
/** Who has not been told of a push by then will not be. */
const TELL_MS = 10_000;

/** Numbers of devices of a ledger. */
const READERS = 100;
const LISTENER = 200;
const NEWCOMERS = 300;

interface Instance {
  readonly url: string;
  readonly client: HttpClient;
  readonly relay: RelayProcess;
}

interface Tally {
  acknowledged: number;
  catchUps: number;
  toldAcross: number;
  complaints: string[];
}

/** Runs seeds one after the other, a few of them on each pair of instances. */
export async function instanceRounds(options: InstancesOptions): Promise<InstancesReport> {
  const { address, seeds, from = 1, kinds = SOUND, tellsAcross, tellMs = TELL_MS, told } = options;
  const limitMs = tellsAcross ? tellMs : undefined;
  const tally: Tally = { acknowledged: 0, catchUps: 0, toldAcross: 0, complaints: [] };
  for (let seed = from; seed < from + seeds;) {
    const pair = Math.floor((seed - 1) / SEEDS_OF_PAIR);
    const instances = await startPair(address, kinds, new Streams('instances').stream(`pair/${pair}`));
    try {
      const next = Math.min(from + seeds, (pair + 1) * SEEDS_OF_PAIR + 1);
      for (; seed < next; seed++) {
        await oneSeed(seed, instances, limitMs, tally);
        told?.(seed);
      }
    } finally {
      await Promise.all(instances.map(async ({ client }) => client.close()));
      await Promise.all(instances.map(async ({ relay }) => relay.kill()));
    }
  }
  return { seeds, ...tally };
}

async function startPair(address: string, kinds: readonly RelayKind[], stream: Stream): Promise<readonly Instance[]> {
  const kind = stream.pick(kinds);
  const pageSizes = [stream.integer(1, 40), stream.integer(1, 40)];
  return Promise.all(
    pageSizes.map(async (pageSize) => {
      const relay = await startRelayProcess({ kind, address, tokenSecret: SECRET, pageSize });
      return { relay, url: relay.url, client: clientOf(relay.url, CONNECTIONS) };
    }),
  );
}

/** @param tellMs undefined where nobody is told of what is pushed to the other instance */
async function oneSeed(
  seed: number,
  instances: readonly Instance[],
  tellMs: number | undefined,
  tally: Tally,
): Promise<void> {
  const streams = new Streams(`instances/${seed}`);
  const shape = streams.stream('shape');
  const ledgers = shape.integer(1, 3);
  await Promise.all(
    Array.from({ length: ledgers }, async (_, index) => {
      const load = new Load(seed, index, instances, streams);
      try {
        await load.run(tellMs);
      } finally {
        tally.acknowledged += load.witness.acknowledgedCount;
        tally.catchUps += load.catchUps;
        tally.toldAcross += load.wasToldAcross ? 1 : 0;
        tally.complaints.push(...load.witness.complaints.map((complaint) => `seed ${seed}: ${complaint}`));
      }
    }),
  );
}

/** What goes on with one ledger. */
class Load {
  readonly witness: LedgerWitness;
  catchUps = 0;
  wasToldAcross = false;
  readonly #instances: readonly Instance[];
  readonly #streams: Streams;
  readonly #token: string;
  readonly #base: number;
  #isPushing = true;

  constructor(seed: number, index: number, instances: readonly Instance[], streams: Streams) {
    this.witness = new LedgerWitness(ledgerId(index, seed));
    this.#instances = instances;
    this.#streams = streams;
    this.#token = signToken(SECRET, this.witness.ledger);
    this.#base = index * 1000;
  }

  async run(tellMs: number | undefined): Promise<void> {
    const { witness } = this;
    const shape = this.#streams.stream(`shape/${this.#base}`);
    const [writers, readers] = [shape.integer(2, 6), shape.integer(2, 4)];
    const [pushes, batchMax] = [shape.integer(4, 16), shape.pick([1, 3, 12, 40])];
    const instance = shape.integer(0, 1);
    const listener = tellMs === undefined ? undefined : await this.#listen(instance, tellMs);
    const reading = Array.from({ length: readers }, async (_, number) => {
      const reader = this.#reader(READERS + number, `reader ${number}`);
      while (this.#isPushing && (await reader.catchUp())) this.catchUps++;
      return reader;
    });
    await Promise.all(
      Array.from({ length: writers }, async (_, number) => {
        const stream = this.#streams.stream(`writer/${this.#base + number}`);
        const writer = new Writer({ witness, device: this.#base + number, ask: this.#ask(stream) }, stream, batchMax);
        for (let push = 0; push < pushes; push++) {
          if (!(await writer.push())) witness.complain(`push ${push} of writer ${number} failed`);
        }
      }),
    );
    this.#isPushing = false;
    for (const [number, { client }] of this.#instances.entries()) {
      const name = `the newcomer of instance ${number}`;
      const ask: Ask = (path, _ledger, body) => post(client, path, this.#token, body);
      const newcomer = new Reader({ witness, device: this.#base + NEWCOMERS + number, ask }, name);
      if (await newcomer.catchUp()) witness.completed(name, newcomer.cursor);
      else witness.complain(`${name} got nothing`);
    }
    const end = witness.log.length;
    for (const reader of await Promise.all(reading)) {
      if (!(await reader.catchUp()) || reader.cursor !== end) {
        witness.complain(`a reader ended at ${reader.cursor} of ${end}`);
      }
    }
    await listener?.end(end);
  }

  #reader(number: number, name: string): Reader {
    const stream = this.#streams.stream(`reader/${this.#base + number}`);
    return new Reader({ witness: this.witness, device: this.#base + number, ask: this.#ask(stream) }, name);
  }

  /** Each request goes to an instance of its own choice, some of them a little later. */
  #ask(stream: Stream): Ask {
    return async (path, _ledger, body) => {
      const { client } = stream.pick(this.#instances);
      const waits = stream.chance(WAITS);
      const waitMs = stream.uniform(0, WAIT_MS_MAX);
      if (waits) await new Promise((resolve) => setTimeout(resolve, waitMs));
      return post(client, path, this.#token, body);
    };
  }

  /** A member that pulls when it is told, and once at the beginning. */
  async #listen(number: number, tellMs: number): Promise<{ end(position: number): Promise<void> }> {
    const { witness } = this;
    const device = this.#base + LISTENER;
    const reader = this.#reader(LISTENER, 'who is told');
    const query = `ledger_id=${witness.ledger}&device_id=${deviceId(device)}`;
    const url = `${this.#instances[number]!.url.replace(/^http/, 'ws')}/ws?${query}`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${this.#token}` } });
    let isPulling = false;
    let isTold = false;
    let moved = (): void => undefined;
    const pull = async (): Promise<void> => {
      isTold = true;
      if (isPulling) return;
      isPulling = true;
      while (isTold) {
        isTold = false;
        if (await reader.catchUp()) this.catchUps++;
      }
      isPulling = false;
      moved();
    };
    socket.on('message', () => void pull());
    await once(socket, 'open');
    await pull();
    await this.#pushAcross(number, socket, tellMs);
    return {
      end: async (position) => {
        const isThere = await within(tellMs, (resolve) => {
          moved = () => reader.cursor >= position && !isPulling && resolve();
          moved();
        });
        if (!isThere) witness.complain(`untold: who is told has ${reader.cursor} of ${position}`);
        socket.close();
        await once(socket, 'close');
      },
    };
  }

  /** One push to the instance at which nobody listens, before there are others. */
  async #pushAcross(number: number, socket: WebSocket, tellMs: number): Promise<void> {
    const { client } = this.#instances[1 - number]!;
    const device = this.#base + LISTENER + 1;
    const ask: Ask = (path, _ledger, body) => post(client, path, this.#token, body);
    const writer = new Writer({ witness: this.witness, device, ask }, this.#streams.stream(`across/${this.#base}`), 1);
    const isTold = within(tellMs, (resolve) => void socket.once('message', resolve));
    if (!(await writer.push())) this.witness.complain('the push across failed');
    this.wasToldAcross = await isTold;
    if (!this.wasToldAcross) this.witness.complain('untold: nobody told of the push to the other instance');
  }
}

/** Whether something comes in time. */
async function within(limitMs: number, start: (resolve: () => void) => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), limitMs)));
  const came = new Promise<boolean>((resolve) => start(() => resolve(true)));
  const isInTime = await Promise.race([came, late]);
  clearTimeout(timer);
  return isInTime;
}
