// Parts of a hunt's screen as lines: how far it is, findings with their state, what is being shrunk, and names with counts.
// It must not know where they stand.

import { grouped, short } from '../../report/format.ts';
import { counted } from '../../report/size.ts';
import type { HuntFindingNews, HuntFrame, ShrinkNews } from '../messages.ts';
import { barBeside, spoken } from './progress.ts';
import { cutLine, fillLine, joinedWithin, type Line, lineWidth, type Span, span, widthOf } from './spans.ts';
import { sparkline } from './sparkline.ts';
import { clip, fit, harmless, type Look } from './text.ts';

const RATE_COLUMNS_MIN = 8;
/** A share of a hunt is told in tenths of a percent below this many percent. */
const COARSE_PERCENT = 10;
const SEED_COLUMNS_MAX = 20;

/** Two lines: the bar with the seeds that are done, and how fast it goes. */
export function huntProgress(frame: HuntFrame, columns: number): Line[] {
  return [barLine(frame, columns), paceLine(frame, columns)];
}

function barLine({ share, done, of }: HuntFrame, columns: number): Line {
  const percent = share * 100;
  const text = `${share < 1 && percent < COARSE_PERCENT ? (Math.floor(percent * 10) / 10).toFixed(1) : Math.floor(percent)}%`;
  const words: Line = [span(text.padStart(5), 'title'), `  ${grouped(done)} of ${grouped(of)} seeds`];
  return barBeside(words, share, columns);
}

function paceLine(frame: HuntFrame, columns: number): Line {
  const { seedsPerSecond, elapsedMs, leftMs, failedSeeds, lostSeeds } = frame;
  const parts: (Line | undefined)[] = [
    statePart(frame),
    [`${short(seedsPerSecond)} seeds/s`],
    [`${spoken(elapsedMs, false)} gone`],
    // Rounded up: it is not over before it is.
    leftMs === null ? undefined : [`${spoken(Math.ceil(leftMs / 1000) * 1000)} left`],
    lostSeeds === 0 ? undefined : [span(`! ${counted(lostSeeds, 'seed')} lost`, 'notable')],
    failedSeeds === 0 ? undefined : [`${counted(failedSeeds, 'seed')} with findings`],
  ];
  return joinedWithin(parts, columns);
}

function statePart({ verdict, isEnding, isOver }: HuntFrame): Line | undefined {
  if (verdict !== null) return undefined;
  if (isEnding) return [span('ending: what was found is kept', 'notable')];
  return isOver ? [span('no further seed: what was found is shrunk', 'notable')] : undefined;
}

/** Seeds a second over real time, the latest at the right: `seeds each second ▂▅█▇ 412, at most 480`. */
export function rateLine({ rates }: HuntFrame, columns: number): Line | undefined {
  if (rates.length < 2) return undefined;
  const last = rates.at(-1)!;
  const words = (top: number): string => ` ${short(last)}, at most ${short(top)}`;
  const title = 'seeds each second ';
  const room = columns - title.length - words(Math.max(...rates)).length;
  if (room < RATE_COLUMNS_MIN) return undefined;
  const shown = rates.slice(-room);
  const top = Math.max(...shown);
  return [span(title, 'title'), ...sparkline(shown, top), span(words(top), 'quiet')];
}

/** What has come of a finding, in a sign and a word. */
export const STATES: Readonly<Record<HuntFindingNews['state'], Span>> = {
  found: span('found', 'plain'),
  shrinking: span('shrinking', 'notable'),
  kept: span('✓ kept', 'good'),
  lost: span('! lost', 'notable'),
};
const STATE_COLUMNS = 9;

/** A line for each finding: its signature at the left; seed, seeds with it and state in columns at the right. */
export function findingLines(findings: readonly HuntFindingNews[], columns: number): Line[] {
  const seeds = findings.map(({ seed }) => `seed ${clip(harmless(seed), SEED_COLUMNS_MAX)}`);
  const counts = findings.map((finding) => counted(finding.seeds, 'seed'));
  const seedColumns = Math.max(0, ...seeds.map(widthOf));
  const countColumns = Math.max(0, ...counts.map(widthOf));
  return findings.map(({ signature, state }, at) => {
    const { text, look } = STATES[state];
    const right: Line = [
      `  ${fit(seeds[at]!, seedColumns)}  `,
      span(fit(counts[at]!, countColumns, 'right'), 'quiet'),
      '  ',
      span(fit(text, STATE_COLUMNS), look),
    ];
    const room = columns - lineWidth(right);
    const left: Line = [span('✗ ', 'bad'), span(harmless(signature), 'bad')];
    // Where it is too narrow for both, the signature and its state are what counts.
    if (room < columns / 3)
      return cutLine([...fillLine(left, columns - STATE_COLUMNS - 1), ' ', span(text, look)], columns);
    return [...fillLine(left, room), ...right];
  });
}

/** `convergence:… 23 edits → 9 edits, 3 devices, 41 tries`, the sizes below each other. */
export function shrinkLines(shrinking: readonly ShrinkNews[], columns: number): Line[] {
  const facts = shrinking.map(({ from, size, tries }): Line => [
    `${from} → `,
    span(size, 'title'),
    span(`, ${counted(tries, 'try', 'tries')}`, 'quiet'),
  ]);
  const factColumns = Math.max(0, ...facts.map(lineWidth));
  const nameColumns = Math.max(
    0,
    Math.min(columns - factColumns - 2, Math.max(0, ...shrinking.map(({ signature }) => widthOf(harmless(signature))))),
  );
  return shrinking.map(({ signature }, at) => [fit(harmless(signature), nameColumns), '  ', ...facts[at]!]);
}

/** A name with a number beside it. */
export interface Named {
  readonly text: string;
  readonly look: Look;
}

/** Texts one after another over at most so many lines; what does not fit is counted at the end: `… 12 more`. */
export function listLines(items: readonly Named[], columns: number, rows: number): Line[] {
  const between = ' · ';
  const lines: Line[] = [];
  let current: Line = [];
  let shown = 0;
  for (const { text, look } of items) {
    const isLastLine = lines.length === rows - 1;
    const rest = items.length - shown - 1;
    const reserved = isLastLine && rest > 0 ? moreText(rest).length + between.length : 0;
    const name = span(clip(text, columns - reserved), look);
    const next: Line = current.length === 0 ? [name] : [...current, span(between, 'quiet'), name];
    if (current.length === 0 || lineWidth(next) + reserved <= columns) {
      current = next;
    } else if (isLastLine) {
      break;
    } else {
      lines.push(current);
      // The last line may have less room than this one.
      current = [
        span(clip(text, columns - (lines.length === rows - 1 ? moreText(rest).length + between.length : 0)), look),
      ];
    }
    shown++;
  }
  const left = items.length - shown;
  if (left > 0) current = [...current, span(`${between}${moreText(left)}`, 'quiet')];
  return rows <= 0 || current.length === 0 ? lines.slice(0, Math.max(0, rows)) : [...lines, current];
}

function moreText(count: number): string {
  return `… ${grouped(count)} more`;
}
