// Connections to a Postgres database: pools that outlive the loss of a connection, transactions, and one connection that
// listens. It must not know the relay's tables.

import { Socket } from 'node:net';
import pg from 'pg';
import { InputError } from '../../sim/errors.ts';
import { shownStore } from './shown-store.ts';

/** Whatever takes a statement: a pool, or a connection inside a transaction. */
export interface Queryable {
  query(config: { name?: string; text: string; values?: unknown[] }): Promise<pg.QueryResult<Record<string, unknown>>>;
}

/** A connection string without what is the store's own. */
export interface PostgresTarget {
  readonly connectionString: string;
  readonly schema: string;
  /** Without the password, for messages. */
  readonly shown: string;
}

const SCHEMA_PATTERN = /^[a-z_][a-z0-9_]{0,39}$/;
const INT8 = 20;
const CONNECT_TIMEOUT_MS = 10_000;
/** A server that does not hang up this long after it was said goodbye is hung up on. */
const HANG_UP_MS = 1000;
/** A connection on which nothing comes is asked for a sign of life after this long. */
const KEEP_ALIVE_MS = 30_000;
/** Between attempts to listen again, doubled up to the second. */
const RETRY_MS_FIRST = 100;
const RETRY_MS_MAX = 5000;

/** Reads a spec such as `postgres://user@host/database?schema=mine`. @throws InputError where its schema is no name */
export function postgresTarget(spec: string, schemaOption: string | undefined): PostgresTarget {
  const at = spec.indexOf('?');
  const query = new URLSearchParams(at < 0 ? '' : spec.slice(at + 1));
  const schema = schemaOption ?? query.get('schema') ?? 'public';
  query.delete('schema');
  if (!SCHEMA_PATTERN.test(schema)) {
    // What a spec says in this place may be the end of its password.
    throw new InputError(
      '--store',
      schemaOption ?? shownStore(spec),
      'a schema of 1–40 characters a–z, 0–9 and _, not beginning with a digit',
    );
  }
  const rest = query.toString();
  const base = at < 0 ? spec : spec.slice(0, at);
  return {
    connectionString: rest === '' ? base : `${base}?${rest}`,
    schema,
    shown: shownStore(spec),
  };
}

/** Settings of a session, in the words of the server. */
type Settings = Readonly<Record<string, string>>;

function clientConfig({ connectionString, schema }: PostgresTarget, settings: Settings): pg.ClientConfig {
  const all: Settings = { search_path: schema, ...settings };
  const options = Object.entries(all).map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`);
  const [base, query] = connectionString.split('?') as [string, string | undefined];
  const parameters = new URLSearchParams(query ?? '');
  parameters.set('options', [parameters.get('options') ?? '', ...options].join(' ').trim());
  return {
    connectionString: `${base}?${parameters.toString()}`,
    application_name: 'squall relay',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: {
      // Positions are below 2^53.
      getTypeParser: ((oid: number, format?: 'text') =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
}

export interface ConnectionLimits {
  readonly connectionsMax: number;
  /** For each statement, and for each lock that it waits for. */
  readonly statementTimeoutMs: number;
  /** So long after the server should have given a statement up it is the server that is given up. */
  readonly deadAfterMs: number;
}

/** Connections by their sockets, so that a server that hangs keeps none of them open. */
class Lines {
  readonly #sockets = new Set<Socket>();

  readonly open = (): Socket => {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  };

  hangUpSoon(): void {
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, HANG_UP_MS);
    timer.unref();
  }
}

/** A pool of connections. One that breaks is replaced; who was using it gets an error, nobody else does. */
export class Connections implements Queryable {
  readonly #pool: pg.Pool;
  readonly #lines = new Lines();

  constructor(target: PostgresTarget, settings: Settings, limits: ConnectionLimits) {
    const { connectionsMax, statementTimeoutMs, deadAfterMs } = limits;
    const timeout = `${statementTimeoutMs}ms`;
    this.#pool = new pg.Pool({
      ...clientConfig(target, { ...settings, statement_timeout: timeout, lock_timeout: timeout }),
      query_timeout: statementTimeoutMs + deadAfterMs,
      stream: this.#lines.open,
      max: connectionsMax,
    });
    // Statements under way on a lost connection fail by themselves; the event would end the process.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', (client) => void client.on('error', ignore));
  }

  async query(config: Parameters<Queryable['query']>[0]): ReturnType<Queryable['query']> {
    return this.#pool.query(config);
  }

  /** Commits what `work` does, or nothing of it where it throws. */
  async transaction<T>(work: (connection: Queryable) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    const connection: Queryable = {
      query: async (config) => {
        try {
          return await client.query(config);
        } catch (error) {
          // Whatever the server has not said itself leaves open what the connection still does.
          if (!(error instanceof pg.DatabaseError)) broken = error as Error;
          throw error;
        }
      },
    };
    try {
      await connection.query({ text: 'BEGIN' });
      const answer = await work(connection);
      const { command } = await connection.query({ text: 'COMMIT' });
      // A server that cannot commit may say so in the tag alone.
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
      return answer;
    } catch (error) {
      if (broken === undefined) await connection.query({ text: 'ROLLBACK' }).catch((lost: Error) => (broken = lost));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async end(): Promise<void> {
    this.#lines.hangUpSoon();
    await this.#pool.end();
  }
}

/** Who is told by a connection that listens. */
export interface Hearers {
  readonly heard: (payload: string) => void;
  /** It listens again after it was lost: what was said meanwhile it has not heard. */
  readonly missed: () => void;
}

/** A connection that listens to a channel, and connects again where it is lost. */
export class Listening {
  readonly #config: pg.ClientConfig;
  readonly #lines = new Lines();
  readonly #channel: string;
  readonly #hearers: Hearers;
  #client: pg.Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS_FIRST;
  #isClosed = false;

  constructor(target: PostgresTarget, channel: string, hearers: Hearers) {
    const config = clientConfig(target, {});
    this.#config = { ...config, query_timeout: CONNECT_TIMEOUT_MS, stream: this.#lines.open };
    this.#channel = channel;
    this.#hearers = hearers;
  }

  /** Resolves when it listens. */
  async connect(): Promise<void> {
    const client = new pg.Client(this.#config);
    this.#client = client;
    client.on('error', ignore);
    client.on('end', () => this.#lost(client));
    client.on('notification', ({ payload }) => this.#hearers.heard(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN ${this.#channel}`);
    this.#retryMs = RETRY_MS_FIRST;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    this.#lines.hangUpSoon();
    await this.#client?.end();
  }

  #lost(client: pg.Client): void {
    if (this.#isClosed || client !== this.#client || this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      client.end().catch(ignore);
      this.connect().then(this.#hearers.missed, () => {
        if (this.#client !== undefined) this.#lost(this.#client);
      });
    }, this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(RETRY_MS_MAX, this.#retryMs * 2);
  }
}

function ignore(): void {
  // See where it is used.
}
