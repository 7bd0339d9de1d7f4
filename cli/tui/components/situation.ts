// How things stand in a run: conflicts, and in which state devices are. It must not know how they came to be.

import { grouped, shortCount, time } from '../../report/format.ts';
import type { ConflictCounts, DeviceCounts, RunSnapshot } from '../../../scenarios/watch/snapshot.ts';
import { firstThatFits, joined, type Line, span } from './spans.ts';

/** Columns of the word at the beginning of a line. */
export const TITLE_COLUMNS = 11;

/** Two lines: conflicts, devices. */
export function situationLines({ conflicts, devices }: RunSnapshot, columns: number): Line[] {
  return [conflictLine(conflicts, columns), deviceLine(devices, columns)];
}

/** The word at the beginning of a line. */
export function titled(title: string, rest: Line): Line {
  return [span(title.padEnd(TITLE_COLUMNS), 'title'), ...rest];
}

function conflictLine({ concurrentEdits, resolved, outstanding, lagP95Ms }: ConflictCounts, columns: number): Line {
  const lag = lagP95Ms === null ? '–' : time(lagP95Ms);
  const line = (count: (value: number) => string, edits: string, isShort: boolean): Line =>
    titled(
      'conflicts',
      joined(
        [
          [`${count(concurrentEdits)} ${edits}`],
          [`${count(resolved)} resolved`],
          [span(`${count(outstanding)} ${isShort ? 'open' : 'outstanding'}`, outstanding > 0 ? 'notable' : 'plain')],
          [`lag p95 ${lag}`],
        ],
        ' · ',
      ),
    );
  const edits = concurrentEdits === 1 ? 'concurrent edit' : 'concurrent edits';
  const lines = [line(grouped, edits, false), line(shortCount, edits, false), line(shortCount, 'concurrent', true)];
  return firstThatFits(lines, columns);
}

function deviceLine(devices: DeviceCounts, columns: number): Line {
  const states = ['offline', 'partitioned', 'suspended', 'crashed'] as const;
  const line = (areAllSaid: boolean, count: (value: number) => string): Line =>
    titled(
      'devices',
      joined(
        [
          [`${count(devices.online)} of ${count(devices.total)} online`],
          ...states.map((state): Line => {
            const number = devices[state];
            if (number === 0) return areAllSaid ? [span(`0 ${state}`, 'quiet')] : [];
            return [span(`${count(number)} ${state}`, 'notable')];
          }),
        ],
        ' · ',
      ),
    );
  const lines = [line(true, grouped), line(false, grouped), line(false, shortCount)];
  return firstThatFits(lines, columns);
}
