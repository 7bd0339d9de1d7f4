// The view of devices: how many are in which state, and one line each for those that are in trouble or furthest behind. It
// must not know what puts them there.

import cliTruncate from 'cli-truncate';
import type { ReactElement } from 'react';
import type { DeviceCounts, DeviceRow, DeviceState } from '../../../scenarios/watch/snapshot.ts';
import { grouped } from '../../report/format.ts';
import { counted } from '../../report/size.ts';
import type { RunFrame } from '../messages.ts';
import { drawLines, flowed, moreLine } from './pieces.ts';
import { type Line, sideBySide, span } from './spans.ts';
import { fit, harmless, type Look } from './text.ts';

const SIGNS: Readonly<Record<DeviceState, readonly [sign: string, look: Look]>> = {
  online: ['✓', 'good'],
  offline: ['○', 'quiet'],
  partitioned: ['!', 'notable'],
  suspended: ['–', 'quiet'],
  crashed: ['✗', 'notable'],
};

const STATES: readonly DeviceState[] = ['online', 'offline', 'partitioned', 'suspended', 'crashed'];

/** Columns of a table, from which on there are two beside each other. */
const TABLE_MIN = 56;
const GAP = 2;
const DEVICE = 8;
const STATE = 14;
const NUMBER = 9;
const INCARNATION = 13;
const LEDGER_MAX = 24;
const LEDGER_MIN = 8;

export interface DevicesTabProps {
  readonly frame: RunFrame;
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows` lines. */
export function DevicesTab({ frame, columns, rows }: DevicesTabProps): ReactElement {
  return drawLines(deviceLines(frame, columns, rows), columns, rows);
}

function deviceLines({ snapshot }: RunFrame, columns: number, rows: number): Line[] {
  const { devices, deviceRows } = snapshot;
  const lines: Line[] = [...countLines(devices, columns), []];
  if (deviceRows === undefined) return [...lines, ['a moment …']];
  if (deviceRows.rows.length === 0) return [...lines, ['no device so far']];
  const { rows: all, total } = deviceRows;
  // Counts, a blank, and the table's head stand above.
  const room = Math.max(1, rows - lines.length - 1);
  const across = all.length > room ? Math.max(1, Math.floor((columns + GAP) / (TABLE_MIN + GAP))) : 1;
  const hasMore = total > Math.min(all.length, room * across);
  const height = hasMore ? Math.max(1, room - 1) : room;
  const shown = all.slice(0, height * across);
  const width = Math.floor((columns - GAP * (across - 1)) / across);
  const tables: Line[][] = [];
  for (let at = 0; at < shown.length; at += height) tables.push(table(shown.slice(at, at + height), width));
  lines.push(...sideBySide(tables, width, GAP));
  if (hasMore) lines.push(moreLine(total - shown.length));
  return lines;
}

/** In one line if that can be, without the states that no device is in if need be. */
function countLines(counts: DeviceCounts, columns: number): Line[] {
  const total: Line = [span(counted(counts.total, 'device'), 'title')];
  const lineOf = (state: DeviceState): Line => {
    const [sign, look] = SIGNS[state];
    return [span(`${sign} ${grouped(counts[state])} ${state}`, counts[state] === 0 ? 'quiet' : look)];
  };
  const all = flowed([total, ...STATES.map(lineOf)], columns, '  ', '  ');
  if (all.length === 1) return all;
  return flowed([total, ...STATES.filter((state) => counts[state] > 0).map(lineOf)], columns, '  ', '  ');
}

function table(rows: readonly DeviceRow[], columns: number): Line[] {
  const fixed = DEVICE + STATE + 2 * NUMBER + INCARNATION;
  const ledgerMax = Math.min(LEDGER_MAX, columns - fixed);
  // On a narrow screen the incarnation, which matters least, is left out.
  const hasIncarnation = ledgerMax >= LEDGER_MIN;
  const ledger = hasIncarnation ? ledgerMax : Math.max(LEDGER_MIN, Math.min(LEDGER_MAX, ledgerMax + INCARNATION));
  const head = [
    fit('device', DEVICE),
    fit('ledger', ledger),
    fit('state', STATE),
    fit('outbox', NUMBER, 'right'),
    fit('behind', NUMBER, 'right'),
    hasIncarnation ? fit('incarnation', INCARNATION, 'right') : '',
  ];
  return [
    [span(head.join(''), 'quiet')],
    ...rows.map((row): Line => {
      const [sign, look] = SIGNS[row.state];
      return [
        fit(String(row.device), DEVICE),
        fit(middleCut(harmless(row.ledger), ledger - 1), ledger),
        span(fit(`${sign} ${row.state}`, STATE), look),
        fit(grouped(row.outbox), NUMBER, 'right'),
        fit(row.behind === null ? '–' : grouped(row.behind), NUMBER, 'right'),
        hasIncarnation ? fit(String(row.incarnation), INCARNATION, 'right') : '',
      ];
    }),
  ];
}

/** Names of ledgers differ at their ends. */
function middleCut(name: string, columns: number): string {
  return cliTruncate(name, columns, { position: 'middle' });
}
