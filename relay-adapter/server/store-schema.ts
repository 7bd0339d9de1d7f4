// The tables of the relay's stores, for SQLite and for Postgres, and the version that they bear. It must not know who
// reads or writes them.
//
// A ledger's row holds where its log ends, up to where that is removed, and the newest SNAPSHOT (0 for none). Changes
// that were removed keep their row, so that their ids are known, and lose their body. `follower_end` is where the
// follower's log ended when it began to answer; it counts while `is_frozen` is set.

/** Stands in each database; one with a later version is not opened. */
export const SCHEMA_VERSION = 1;

/** "Sqll": says in a SQLite file whose it is. */
export const APPLICATION_ID = 0x53_71_6c_6c;

export const SQLITE_SCHEMA = `
  CREATE TABLE state (only INTEGER PRIMARY KEY CHECK (only = 1), is_frozen INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0);
  CREATE TABLE ledgers (
    ledger INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last_position INTEGER NOT NULL DEFAULT 0,
    removed_to INTEGER NOT NULL DEFAULT 0,
    snapshot_position INTEGER NOT NULL DEFAULT 0,
    covers INTEGER NOT NULL DEFAULT 0,
    follower_end INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE changes (
    ledger INTEGER NOT NULL,
    position INTEGER NOT NULL,
    id TEXT NOT NULL,
    timestamp_ms REAL NOT NULL,
    body TEXT
  ) STRICT;
  CREATE UNIQUE INDEX changes_by_position ON changes (ledger, position);
  CREATE UNIQUE INDEX changes_by_id ON changes (ledger, id);
  CREATE INDEX changes_by_time ON changes (ledger, timestamp_ms, position);
  CREATE TABLE snapshots (
    ledger INTEGER NOT NULL,
    position INTEGER NOT NULL,
    covers INTEGER NOT NULL,
    PRIMARY KEY (ledger, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE members (
    ledger INTEGER NOT NULL,
    device TEXT NOT NULL,
    PRIMARY KEY (ledger, device)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE cursors (
    ledger INTEGER NOT NULL,
    device TEXT NOT NULL,
    presented INTEGER NOT NULL,
    PRIMARY KEY (ledger, device)
  ) STRICT, WITHOUT ROWID;
`;

/** Tables of a Postgres schema, in the order in which they are made; the first has one row. */
export const POSTGRES_TABLES = [
  'squall_state',
  'squall_ledgers',
  'squall_changes',
  'squall_snapshots',
  'squall_members',
  'squall_cursors',
] as const;

export const POSTGRES_SCHEMA = `
  CREATE TABLE IF NOT EXISTS squall_state (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    version integer NOT NULL,
    is_frozen boolean NOT NULL
  );
  INSERT INTO squall_state VALUES (1, ${SCHEMA_VERSION}, false) ON CONFLICT DO NOTHING;
  CREATE TABLE IF NOT EXISTS squall_ledgers (
    ledger bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    last_position bigint NOT NULL DEFAULT 0,
    removed_to bigint NOT NULL DEFAULT 0,
    snapshot_position bigint NOT NULL DEFAULT 0,
    covers bigint NOT NULL DEFAULT 0,
    follower_end bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS squall_changes (
    ledger bigint NOT NULL,
    position bigint NOT NULL,
    id text COLLATE "C" NOT NULL,
    timestamp_ms double precision NOT NULL,
    body text,
    PRIMARY KEY (ledger, position)
  );
  CREATE UNIQUE INDEX IF NOT EXISTS squall_changes_by_id ON squall_changes (ledger, id);
  CREATE INDEX IF NOT EXISTS squall_changes_by_time ON squall_changes (ledger, timestamp_ms, position);
  CREATE TABLE IF NOT EXISTS squall_snapshots (
    ledger bigint NOT NULL,
    position bigint NOT NULL,
    covers bigint NOT NULL,
    PRIMARY KEY (ledger, position)
  );
  CREATE TABLE IF NOT EXISTS squall_members (
    ledger bigint NOT NULL,
    device text COLLATE "C" NOT NULL,
    PRIMARY KEY (ledger, device)
  );
  CREATE TABLE IF NOT EXISTS squall_cursors (
    ledger bigint NOT NULL,
    device text COLLATE "C" NOT NULL,
    presented bigint NOT NULL,
    PRIMARY KEY (ledger, device)
  );
`;
