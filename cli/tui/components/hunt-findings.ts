// The view of what a hunt has found: each distinct finding with its seed, its story and its file. It must not know how
// findings are shrunk.

import type { ReactElement } from 'react';
import { counted } from '../../report/size.ts';
import type { HuntFindingNews, HuntFrame, ShrinkNews } from '../messages.ts';
import { STATES } from './hunt-parts.ts';
import { drawLines, moreLine, wrapped } from './pieces.ts';
import { type Line, span } from './spans.ts';
import { harmless } from './text.ts';

export interface HuntFindingsProps {
  readonly frame: HuntFrame;
  readonly columns: number;
  readonly rows: number;
}

/** Lines of a story, where there is room. */
const STORY_LINES_MAX = 4;
const INDENT = 2;

/** At most `rows` lines, none wider than `columns`. */
export function HuntFindings({ frame, columns, rows }: HuntFindingsProps): ReactElement {
  const { findings, verdict } = frame;
  const none = verdict === null ? 'no finding so far' : 'no finding';
  const lines: Line[] =
    findings.length === 0 ? [[span('✓ ', 'good'), none]] : fitting(findings, frame.shrinking, columns, rows);
  return drawLines(lines, columns, rows);
}

/** As many as fit, stories shortened first; what does not fit is counted. */
function fitting(
  findings: readonly HuntFindingNews[],
  shrinking: readonly ShrinkNews[],
  columns: number,
  rows: number,
): Line[] {
  const shrinkOf = new Map(shrinking.map((each) => [each.signature, each]));
  const blockOf = (finding: HuntFindingNews, storyLines: number): Line[] =>
    block(finding, shrinkOf.get(finding.signature), columns, storyLines);
  for (let storyLines = STORY_LINES_MAX; storyLines >= 1; storyLines--) {
    const blocks = findings.map((finding) => blockOf(finding, storyLines));
    const lines = blocks.flatMap((each, at): Line[] => (at === 0 ? each : [[], ...each]));
    if (lines.length <= rows) return lines;
    const dense = blocks.flat();
    if (storyLines === 1 && dense.length <= rows) return dense;
  }
  const lines: Line[] = [];
  for (const [at, finding] of findings.entries()) {
    const next = blockOf(finding, 1);
    // The last line says how many there are besides.
    if (at > 0 && lines.length + next.length > rows - 1) {
      return [...lines, moreLine(findings.length - at)];
    }
    lines.push(...next);
  }
  return lines;
}

function block(finding: HuntFindingNews, shrink: ShrinkNews | undefined, columns: number, storyLines: number): Line[] {
  const { signature, kind, seed, seeds, state, story, file } = finding;
  const others = seeds > 1 ? ` and ${counted(seeds - 1, 'other')}` : '';
  const room = columns - INDENT;
  return [
    [span(`✗ ${harmless(signature)}`, 'bad')],
    ['  ', STATES[state], ` · ${kind} · seed ${harmless(seed)}${others}`],
    ...wrapped(harmless(story), room, storyLines).map((text): Line => ['  ', text]),
    ...(shrink === undefined
      ? []
      : [['  ', `${shrink.from} → ${shrink.size}`, span(`, ${counted(shrink.tries, 'try', 'tries')}`, 'quiet')]]),
    ...(file === null ? [] : [['  ', span(harmless(file), 'title')]]),
  ];
}
