// The overview of a hunt: how far it is, what it has found, what is being shrunk, and what it has not met yet. It must not
// know how a hunt goes about it.

import type { ReactElement } from 'react';
import { grouped } from '../../report/format.ts';
import { counted } from '../../report/size.ts';
import type { HuntFrame, HuntTitle } from '../messages.ts';
import { findingLines, huntProgress, listLines, type Named, rateLine, shrinkLines } from './hunt-parts.ts';
import { drawLines } from './pieces.ts';
import { type Line, sideBySide, span } from './spans.ts';
import { harmless } from './text.ts';

export interface HuntOverviewProps {
  readonly frame: HuntFrame;
  readonly title: HuntTitle;
  readonly columns: number;
  readonly rows: number;
}

/** From so many columns on marks and faults stand side by side. */
const WIDE_COLUMNS = 110;
const GAP = 4;

/** Plans that are shrunk at a time are as many as workers, of which a machine may have many. */
const SHRINKING_MAX = 8;

/** A part with a title that takes the rows that it is given, its title's among them. */
interface Section {
  /** Those of a lower rank get more rows than the least first. */
  readonly rank: number;
  readonly least: number;
  readonly most: number;
  lines(rows: number): Line[];
}

/** At most `rows` lines, none wider than `columns`. */
export function HuntOverview({ frame, title, columns, rows }: HuntOverviewProps): ReactElement {
  const rate = rateLine(frame, columns);
  const head = [...huntProgress(frame, columns), ...(rate === undefined ? [] : [rate])].slice(0, Math.max(0, rows));
  const sections = sectionsOf(frame, title, columns);
  const { rows: given, gap } = shared(sections, rows - head.length);
  const lines = [...head];
  for (const [at, section] of sections.entries()) {
    if (given[at] === 0) continue;
    if (gap) lines.push([]);
    lines.push(...section.lines(given[at]!));
  }
  return drawLines(lines, columns, rows);
}

/** The most important first. */
function sectionsOf(frame: HuntFrame, title: HuntTitle, columns: number): Section[] {
  const findings = findingsSection(frame, title, columns);
  const shrinking = frame.shrinking.length === 0 ? [] : [shrinkSection(frame, columns)];
  if (columns < WIDE_COLUMNS)
    return [findings, ...shrinking, marksSection(frame, columns), faultsSection(frame, columns)];
  const half = Math.floor((columns - GAP) / 2);
  const left = marksSection(frame, half);
  const right = faultsSection(frame, half);
  const both = {
    rank: 2,
    least: Math.max(left.least, right.least),
    most: Math.max(left.most, right.most),
    lines: (rows: number) => sideBySide([left.lines(rows), right.lines(rows)], half, GAP),
  };
  return [findings, ...shrinking, both];
}

/**
 * Rows for each section: first what each needs at least, then blank lines between them, then what is left in order.
 * What asks for little gets it before the stories of findings take all there is.
 */
function shared(sections: readonly Section[], rows: number): { rows: number[]; gap: boolean } {
  let left = Math.max(0, rows);
  const given = sections.map(({ least }) => {
    const part = left >= least ? least : 0;
    left -= part;
    return part;
  });
  const gaps = given.filter((part) => part > 0).length;
  const gap = gaps > 0 && left >= gaps;
  if (gap) left -= gaps;
  const order = sections.map((section, at) => ({ ...section, at })).sort((one, other) => one.rank - other.rank);
  for (const { most, at } of order) {
    if (given[at] === 0) continue;
    const more = Math.min(left, most - given[at]!);
    given[at]! += more;
    left -= more;
  }
  return { rows: given, gap };
}

function findingsSection(
  { findings, failedSeeds, done, verdict }: HuntFrame,
  { findingsMax }: HuntTitle,
  columns: number,
): Section {
  if (findings.length === 0) {
    const text = verdict === null ? 'no finding so far' : 'no finding';
    const stops = `  the hunt stops at ${counted(findingsMax, 'distinct finding')}`;
    return {
      rank: 1,
      least: 1,
      most: 1,
      lines: () => [[span('✓ ', 'good'), text, span(verdict === null ? stops : '', 'quiet')]],
    };
  }
  const counts = `  ${grouped(findings.length)} of at most ${grouped(findingsMax)}, in ${grouped(failedSeeds)} of ${counted(done, 'seed')}`;
  const titleLine: Line = [span('distinct findings', 'title'), span(counts, 'quiet')];
  const heads = findingLines(findings, columns);
  return {
    rank: 1,
    least: 2,
    most: 1 + 2 * findings.length,
    lines: (rows) => {
      const hasStories = rows >= 1 + 2 * findings.length;
      const shown = findings.length <= rows - 1 ? findings.length : Math.max(1, rows - 2);
      // Stories of the first of them, as far as there are rows.
      let stories = hasStories ? findings.length : Math.max(0, rows - 1 - findings.length);
      const lines: Line[] = [titleLine];
      for (const [at, { story }] of findings.slice(0, shown).entries()) {
        lines.push(heads[at]!);
        if (stories-- > 0) lines.push(['  ', harmless(story)]);
      }
      if (shown < findings.length && rows > 2)
        lines.push([span(`… ${grouped(findings.length - shown)} more`, 'quiet')]);
      return lines;
    },
  };
}

function shrinkSection({ shrinking }: HuntFrame, columns: number): Section {
  const body = shrinkLines(shrinking, columns);
  return {
    rank: 0,
    least: 2,
    most: 1 + Math.min(body.length, SHRINKING_MAX),
    lines: (rows) => [[span('being shrunk', 'title')], ...body.slice(0, rows - 1)],
  };
}

function marksSection({ marks }: HuntFrame, columns: number): Section {
  const names = Object.keys(marks);
  const missing = names.filter((name) => marks[name] === 0);
  const isReached = names.length > 0 && missing.length === 0;
  const counts =
    names.length === 0
      ? '  nothing ran so far'
      : isReached
        ? `  ✓ all ${names.length}`
        : `  ${missing.length} of ${names.length}`;
  const titleLine: Line = [
    span(isReached ? 'marks reached' : 'marks not reached yet', 'title'),
    span(counts, isReached ? 'good' : 'quiet'),
  ];
  return listSection(
    titleLine,
    missing.map((name) => ({ text: harmless(name), look: 'plain' })),
    columns,
  );
}

function faultsSection({ faults }: HuntFrame, columns: number): Section {
  const fired = Object.entries(faults).filter(([, count]) => count > 0);
  const never = Object.entries(faults).filter(([, count]) => count === 0);
  const all = fired.length + never.length;
  const counts = all === 0 ? '  none so far' : `  ${fired.length} of ${all} kinds have fired`;
  return listSection(
    [span('faults', 'title'), span(counts, 'quiet')],
    [
      ...fired.map(([kind, count]): Named => ({ text: `${harmless(kind)} ${grouped(count)}`, look: 'plain' })),
      ...never.map(([kind]): Named => ({ text: `${harmless(kind)} 0`, look: 'quiet' })),
    ],
    columns,
  );
}

function listSection(titleLine: Line, items: readonly Named[], columns: number): Section {
  const most = 1 + listLines(items, columns, Number.POSITIVE_INFINITY).length;
  return {
    rank: 2,
    least: Math.min(2, most),
    most,
    lines: (rows) => [titleLine, ...listLines(items, columns, rows - 1)],
  };
}
