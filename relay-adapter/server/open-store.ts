// Opens the store that `--store` names. It must not know what a store does.

import { InputError } from '../../sim/errors.ts';
import { STORE_SPECS, storeKind } from './settings.ts';
import { shownStore } from './shown-store.ts';
import type { Durability } from './sqlite-store.ts';
import type { RelayStore } from './store.ts';

/** What is left out has the value that is named with it. */
export interface StoreOptions {
  /** Full: an accepted push is on disk. Of SQLite; Postgres is always asked for it. */
  readonly durability?: Durability;
  /** False: nobody may make faults. */
  readonly faults?: boolean;
  /** 5000: how long a lock of another process on a SQLite file is waited for, milliseconds. */
  readonly busyTimeoutMs?: number;
  /** Where the tables are in Postgres: what the spec says (`?schema=`), or `public`. */
  readonly schema?: string;
  /** 10: connections of each of the two pools to Postgres, one for what must be durable and one for the rest. */
  readonly connectionsMax?: number;
  /** 30,000: how long a statement in Postgres may take, or a lock that it waits for. */
  readonly statementTimeoutMs?: number;
  /** 5000: how long after that a Postgres that says nothing is given up. */
  readonly deadAfterMs?: number;
}

/**
 * A store by its spec: `sqlite:<file>`, `sqlite::memory:`, `postgres://…` or `postgresql://…`.
 *
 * @throws InputError where the spec names none, or what it names cannot be the relay's store
 */
export async function openStore(spec: string, options: StoreOptions = {}): Promise<RelayStore> {
  const faults = options.faults ?? false;
  // Only what is used is loaded.
  const kind = storeKind(spec);
  if (kind === 'sqlite') {
    const { openSqliteStore } = await import('./sqlite-store.ts');
    const { durability = 'full', busyTimeoutMs = 5000 } = options;
    return openSqliteStore(spec.slice('sqlite:'.length), { durability, faults, busyTimeoutMs });
  }
  if (kind === 'postgres') {
    const { openPostgresStore } = await import('./postgres-store.ts');
    const { schema, connectionsMax = 10, statementTimeoutMs = 30_000, deadAfterMs = 5000 } = options;
    return openPostgresStore(spec, { faults, schema, connectionsMax, statementTimeoutMs, deadAfterMs });
  }
  throw new InputError('--store', shownStore(spec), STORE_SPECS);
}
