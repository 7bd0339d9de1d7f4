// The view of what went wrong in a run: each finding with its story, the faults that fired, and the latest of them. It must
// not know how findings come about.

import type { ReactElement } from 'react';
import type { FaultLine, FaultNews, FindingNews, RunSnapshot } from '../../../scenarios/watch/snapshot.ts';
import { decimals, grouped } from '../../report/format.ts';
import type { RunFrame } from '../messages.ts';
import { happenedAt } from './progress.ts';
import { drawLines, flowed, moreLine, wrapped } from './pieces.ts';
import { cutLine, type Line, span } from './spans.ts';
import { harmless } from './text.ts';

/** Lines of a story, where there is room. */
const STORY_LINES_MAX = 4;
/** Lines that counts of faults take at most, and the latest at least, where any are shown. */
const COUNT_LINES_MAX = 3;
const LATEST_MIN = 2;
const INDENT = 2;
/** Where the faults begin after their title. */
const INDENTED = ' '.repeat('faults  '.length);

export interface FindingsTabProps {
  readonly frame: RunFrame;
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows` lines. */
export function FindingsTab({ frame, columns, rows }: FindingsTabProps): ReactElement {
  const { findings, moreFindings = 0, faults } = frame.snapshot;
  const counts = firstOf(countLines(faults, columns), rows < 12 ? 1 : COUNT_LINES_MAX, columns);
  const below = counts.length + 1;
  const above =
    findings.length === 0
      ? noneLines(frame, columns, rows)
      : findingLines(findings, moreFindings, columns, Math.max(1, rows - below));
  const lines = [...above];
  if (lines.length + below <= rows) lines.push([], ...counts);
  // A blank and a head stand above the latest faults.
  const room = rows - lines.length - 2;
  if (room >= LATEST_MIN && faults.latest.length > 0) lines.push([], ...latestLines(faults.latest, room));
  return drawLines(lines, columns, rows);
}

function noneLines({ verdict, snapshot }: RunFrame, columns: number, rows: number): Line[] {
  const hasEnded = verdict !== null || snapshot.phase === 'done';
  const crossed = verdict === null ? [] : crossedLines(snapshot);
  if (verdict === 'interrupted') return [[span('! not judged: the run was interrupted', 'notable')]];
  if (hasEnded) return [[span('✓', 'good'), ' no findings'], ...crossed];
  const text = 'no finding so far: oracles judge at the end, some all along';
  return wrapped(text, columns, Math.max(1, Math.min(2, rows))).map((line) => [line]);
}

/** What else a run has failed by. */
function crossedLines({ thresholds }: RunSnapshot): Line[] {
  const crossed = thresholds.filter(({ ok }) => !ok);
  return crossed.map(({ metric, expression, value }) => [
    span(`✗ ${harmless(metric)} ${harmless(expression)}`, 'bad'),
    value === null ? ' has no sample' : ` is ${decimals(value, 3)}`,
  ]);
}

/** As many as fit, stories shortened first; what does not fit is counted. */
function findingLines(findings: readonly FindingNews[], more: number, columns: number, rows: number): Line[] {
  const last: Line[] = more === 0 ? [] : [moreLine(more)];
  for (const hasGaps of [true, false]) {
    if (findings.length > rows) break;
    for (let storyLines = STORY_LINES_MAX; storyLines >= 1; storyLines--) {
      const blocks = findings.map((finding) => findingBlock(finding, columns, storyLines));
      const gaps = (hasGaps ? blocks.length - 1 : 0) + last.length;
      if (blocks.reduce((sum, block) => sum + block.length, gaps) > rows) continue;
      return [...blocks.flatMap((block, at) => (hasGaps && at > 0 ? [[], ...block] : block)), ...last];
    }
  }
  const lines: Line[] = [];
  let shown = 0;
  for (const finding of findings) {
    const block = findingBlock(finding, columns, 1);
    // The last line says how many there are besides.
    if (lines.length + block.length > Math.max(block.length, rows - 1)) break;
    lines.push(...block);
    shown++;
  }
  return [...lines, moreLine(findings.length - shown + more)];
}

function findingBlock({ atUs, oracle, kind, signature, story }: FindingNews, columns: number, lines: number): Line[] {
  return [
    [
      span(`✗ ${harmless(oracle)}`, 'bad'),
      ` ${kind} at ${happenedAt(atUs)}`,
      span(` · ${harmless(signature)}`, 'quiet'),
    ],
    ...wrapped(harmless(story), columns - INDENT, lines).map((line): Line => [' '.repeat(INDENT), line]),
  ];
}

/** Each kind of fault that fired with how often it did, then those that have not. */
function countLines({ fired }: FaultNews, columns: number): Line[] {
  const title = span('faults', 'title');
  const kinds = Object.entries(fired).sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
  if (kinds.length === 0) return [[title, ' none are enabled']];
  const counts = kinds.filter(([, count]) => count > 0);
  const others = kinds.filter(([, count]) => count === 0);
  const texts =
    counts.length === 0 ? ['none so far'] : counts.map(([kind, count]) => `${harmless(kind)} ${grouped(count)}`);
  const lines = flowed([[title], ...texts.map((text) => [text])], columns, '  ', INDENTED);
  if (others.length === 0) return lines;
  const names = others.map(([kind], at) => `${harmless(kind)}${at === others.length - 1 ? '' : ','}`);
  const rest = flowed(
    [`${INDENTED}not yet:`, ...names].map((text) => [span(text, 'quiet')]),
    columns,
    ' ',
    INDENTED,
  );
  return [...lines, ...rest];
}

/** So many lines, the last of them with an ellipsis where there are more. */
function firstOf(lines: readonly Line[], count: number, columns: number): readonly Line[] {
  if (lines.length <= count) return lines;
  return [...lines.slice(0, count - 1), cutLine([...lines[count - 1]!, ' …'], columns)];
}

function latestLines(latest: readonly FaultLine[], rows: number): Line[] {
  const shown = latest.slice(0, rows);
  const times = shown.map(({ atUs }) => happenedAt(atUs));
  const width = Math.max(...times.map((text) => text.length));
  return [
    [span('the latest faults', 'title')],
    ...shown.map(({ kind, device, lengthUs }, at): Line => [
      span(`${times[at]!.padStart(width)}  `, 'quiet'),
      span(harmless(kind), 'notable'),
      device < 0 ? ' relay' : ` device ${device}`,
      lengthUs > 0 ? ` for ${happenedAt(lengthUs)}` : '',
    ]),
  ];
}
