// Rounds in which a relay is killed in the middle of pushes over HTTP and starts again on what it had stored; then it is
// looked whether the clients still find what they were told. It must not know which store it is.

import type { HttpClient } from '../../../relay-adapter/load/http-client.ts';
import { ledgerId } from '../../../models/identity.ts';
import { signToken } from '../../../relay-adapter/server/tokens.ts';
import { type Stream, Streams } from '../../../sim/random.ts';
import { type Ask, Reader, Writer } from './ledger-clients.ts';
import { LedgerWitness } from './ledger-witness.ts';
import { type RelayKind, type RelayProcess, clientOf, post, startRelayProcess } from './relay-process.ts';

export interface KillsOptions {
  /** As `--store`; empty at the beginning. */
  readonly address: string;
  readonly seed: string;
  readonly rounds: number;
  /** One for each round is drawn of these; both that are sound, where it is left out. */
  readonly kinds?: readonly RelayKind[];
  /** Does something to the store while nobody has it open, after the kill of a round, from 1. */
  readonly between?: (round: number, witnesses: readonly LedgerWitness[]) => void | Promise<void>;
  readonly told?: (round: number) => void;
}

export interface KillsReport {
  readonly kills: number;
  /** Changes that were acknowledged. */
  readonly acknowledged: number;
  /** Pushes that a kill left unanswered, by what the relay that came back had of them. */
  readonly unanswered: { readonly stored: number; readonly notStored: number };
  /** Empty where all that was acknowledged is there, once, in its place. */
  readonly complaints: readonly string[];
}

const SECRET = 'a secret of the tests';
const LEDGERS = 3;
const WRITERS_OF_LEDGER = 3;
const CONNECTIONS = 12;
/** A kill comes after so many acknowledged pushes at most, */
const PUSHES_MAX = 60;
/** and so much later at most. */
const DELAY_MS_MAX = 5;
/** Devices that read a whole log have numbers from here on, one for each time. */
const NEWCOMERS = 10_000;

interface Ledger {
  readonly witness: LedgerWitness;
  readonly writers: readonly Writer[];
  readonly reader: Reader;
}

/** Kills a relay so often, each time in the middle of pushes. */
export async function killRounds(options: KillsOptions): Promise<KillsReport> {
  const { address, seed, rounds, kinds = ['spawned', 'served'] as const, between, told } = options;
  const streams = new Streams(`kills/${seed}`);
  const stream = streams.stream('kills');
  const tokens = new Map<string, string>();
  let client: HttpClient | undefined;
  const ask: Ask = (path, ledger, body) => post(client!, path, tokens.get(ledger)!, body);
  const ledgers = Array.from({ length: LEDGERS }, (_, index): Ledger => {
    const witness = new LedgerWitness(ledgerId(index));
    tokens.set(witness.ledger, signToken(SECRET, witness.ledger));
    const device = (number: number) => ({ witness, device: index * 100 + number, ask });
    const writers = Array.from(
      { length: WRITERS_OF_LEDGER },
      (_unused, number) => new Writer(device(number), streams.stream(`writer/${index}/${number}`), 8),
    );
    return { witness, writers, reader: new Reader(device(99), 'the reader') };
  });
  const witnesses = ledgers.map(({ witness }) => witness);
  const unanswered = { stored: 0, notStored: 0 };

  for (let round = 1; round <= rounds + 1; round++) {
    const kind = stream.pick(kinds);
    const pageSize = stream.integer(1, 100);
    const relay = await startRelayProcess({ kind, address, tokenSecret: SECRET, pageSize });
    client = clientOf(relay.url, CONNECTIONS);
    try {
      for (const { witness } of ledgers) {
        const newcomer = new Reader({ witness, device: NEWCOMERS + round, ask }, `the newcomer of round ${round}`);
        if (await newcomer.catchUp()) witness.completed('the newcomer', newcomer.cursor);
      }
      for (const { witness, writers } of ledgers) {
        for (const { pending } of writers) {
          const [first] = pending;
          if (first !== undefined) unanswered[witness.isInLog(first.id) ? 'stored' : 'notStored'] += 1;
        }
      }
      if (round <= rounds) await pushUntilKilled(relay, ledgers, stream);
      else await finish(ledgers);
    } finally {
      await client.close();
      await relay.kill();
    }
    if (round <= rounds) await between?.(round, witnesses);
    told?.(round);
  }
  return {
    kills: rounds,
    acknowledged: witnesses.reduce((sum, { acknowledgedCount }) => sum + acknowledgedCount, 0),
    unanswered,
    complaints: witnesses.flatMap(({ complaints }) => complaints),
  };
}

async function pushUntilKilled(relay: RelayProcess, ledgers: readonly Ledger[], stream: Stream): Promise<void> {
  let pushesLeft = stream.integer(1, PUSHES_MAX);
  const delayMs = stream.uniform(0, DELAY_MS_MAX);
  const pushing = { isOver: false };
  let killed: Promise<void> | undefined;
  const kill = (): void => {
    killed = relay.kill();
  };
  const write = async (writer: Writer): Promise<void> => {
    while (!pushing.isOver && (await writer.push())) {
      if (--pushesLeft === 0) setTimeout(kill, delayMs);
    }
  };
  const read = async (reader: Reader): Promise<void> => {
    while (!pushing.isOver && (await reader.catchUp()));
  };
  const writing = ledgers.flatMap(({ writers }) => writers.map(write));
  const reading = ledgers.map(({ reader }) => read(reader));
  await Promise.all(writing);
  pushing.isOver = true;
  await killed;
  await Promise.all(reading);
}

/** What is pending is pushed at last, and everybody reads to the end. */
async function finish(ledgers: readonly Ledger[]): Promise<void> {
  for (const { witness, writers, reader } of ledgers) {
    for (const writer of writers) {
      if (writer.pending.length > 0 && !(await writer.push())) witness.complain('the last push failed');
    }
    if (await reader.catchUp()) witness.completed('the reader', reader.cursor);
    else witness.complain('the last pull failed');
  }
}
