// Where arrivals came from, as text. It must not know how they were read.
import type { ArrivalsOrigin } from '../../scenarios/arrivals/arrivals.ts';
import { formatDuration } from '../durations.ts';
import { grouped, short } from '../report/format.ts';

/** What was read, in words. */
export function originText(origin: ArrivalsOrigin): string {
  const { name, sha256, pushes, pulls, users, spanMs } = origin;
  const counts = `${grouped(pushes)} pushes and ${grouped(pulls)} pulls of ${grouped(users)} users`;
  return `${name} (sha-256 ${sha256.slice(0, 16)}…): ${counts} in ${formatDuration(Math.round(spanMs))}`;
}

/** A row of the header of a run with so many users. */
export function arrivalsRow(origin: ArrivalsOrigin, users: number): string {
  return `  ${'arrivals'.padEnd(10)}${originText(origin)}, × ${short(users / origin.users)}\n`;
}
