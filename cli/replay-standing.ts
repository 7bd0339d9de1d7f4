// What a finding that still occurs is to who replays it: a new one fails, one that is known or that the base shows too
// warns. It must not know how a finding is replayed.

import type { FindingFile } from '../scenarios/search/finding-file.ts';
import type { Arguments } from './flags.ts';
import { dayOf, type Io } from './io.ts';
import { fails, readBaseReplay, readKnown, type Standing, standingOf } from './known-findings.ts';
import { oneLine } from './report/escape.ts';

/** What a finding is, and why. */
export interface Judged {
  readonly standing: Standing;
  readonly reason: string;
}

/**
 * Says what a finding is, by `--known` and `--base-replay`; undefined where neither was given.
 * @throws InputError for files that are none
 */
export function judgesOf(parsed: Arguments, io: Io): ((file: FindingFile) => Judged) | undefined {
  const [knownFile, baseFile] = [parsed.text('known'), parsed.text('base-replay')];
  if (knownFile === undefined && baseFile === undefined) return undefined;
  const options = {
    ...(knownFile !== undefined && { known: readKnown('--known', knownFile, io.cwd) }),
    ...(baseFile !== undefined && { onBase: readBaseReplay('--base-replay', baseFile, io.cwd) }),
    today: dayOf(io),
  };
  return ({ finding, scenario }) => standingOf(finding.signature, scenario, options);
}

/** Whether it warns, and does not fail. */
export function accepted(judged: Judged | undefined): boolean {
  return judged !== undefined && !fails(judged.standing);
}

/** `known until 2027-01-31: the reason` */
export function standingLine({ reason }: Judged): string {
  return oneLine(reason);
}
