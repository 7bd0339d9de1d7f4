// What has just happened in a run: findings, and faults as they fire. It must not know how findings are judged, nor what
// faults do.

import { grouped, shortCount } from '../../report/format.ts';
import type { FaultLine, FindingNews } from '../../../scenarios/watch/snapshot.ts';
import type { RunFrame } from '../messages.ts';
import { happenedAt } from './progress.ts';
import { TITLE_COLUMNS, titled } from './situation.ts';
import { type Line, lineWidth, sideBySide, span } from './spans.ts';
import { harmless } from './text.ts';

const FAULT_COLUMNS_MIN = 36;
const GAP = 2;
const TIME_COLUMNS = 6;

/** Lines that would show all findings. */
export function findingLinesWanted({ snapshot }: RunFrame): number {
  return Math.max(1, snapshot.findings.length);
}

/** Findings, the latest first, in at most so many lines. */
export function findingLines(frame: RunFrame, lines: number): Line[] {
  const { findings, moreFindings = 0 } = frame.snapshot;
  if (findings.length === 0) return [noFinding(frame)];
  const latest = [...findings].reverse();
  const count = latest.length + moreFindings;
  if (count <= lines) return latest.map((finding) => findingLine(finding));
  const shown = Math.max(1, lines - 1);
  const more = `and ${grouped(count - shown)} more`;
  if (lines === 1) return [[span(`✗ ${grouped(count)} findings`, 'bad'), '  ', ...findingLine(latest[0]!)]];
  return [
    ...latest.slice(0, shown).map((finding) => findingLine(finding)),
    [span(`  ${more}: tab, findings`, 'quiet')],
  ];
}

function noFinding({ verdict }: RunFrame): Line {
  if (verdict === 'interrupted') return [span('! not judged: the run was interrupted', 'notable')];
  return verdict === null ? [span('no finding so far', 'quiet')] : [span('✓', 'good'), ' no findings'];
}

function findingLine({ oracle, kind, atUs, story }: FindingNews): Line {
  return [span(`✗ ${harmless(oracle)}`, 'bad'), ` · ${kind} · ${happenedAt(atUs)} · `, span(harmless(story), 'bad')];
}

/** Lines that would show all faults that are known. */
export function faultLinesWanted({ snapshot }: RunFrame, columns: number): number {
  return 1 + Math.ceil(snapshot.faults.latest.length / faultsInRow(columns));
}

/** How often each kind fired, and the faults that fired last, the latest first, in at most so many lines. */
export function faultLines({ snapshot }: RunFrame, columns: number, lines: number): Line[] {
  const { fired, latest } = snapshot.faults;
  const [first] = latest;
  if (lines === 1 && first !== undefined) {
    const text = faultText(first);
    return [titled('faults', [...text, ' · ', ...countsLine(fired, columns - TITLE_COLUMNS - lineWidth(text) - 3)])];
  }
  const inRow = faultsInRow(columns);
  const faultColumns = Math.floor((columns - GAP * (inRow - 1)) / inRow);
  const rows: Line[] = [];
  for (let row = 0; row < lines - 1 && row * inRow < latest.length; row++) {
    const blocks = latest.slice(row * inRow, (row + 1) * inRow).map((fault) => [faultText(fault, TIME_COLUMNS)]);
    rows.push(...sideBySide(blocks, faultColumns, GAP));
  }
  return [titled('faults', countsLine(fired, columns - TITLE_COLUMNS)), ...rows];
}

/** `partition 6 · crash 7 and 2 more`: the kinds that fired, as many as there is room for. */
function countsLine(fired: Readonly<Record<string, number>>, columns: number): Line {
  if (Object.keys(fired).length === 0) return [span('none are enabled', 'quiet')];
  const kinds = Object.entries(fired)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${harmless(kind)} ${shortCount(count)}`);
  if (kinds.length === 0) return [span('none so far', 'quiet')];
  for (let shown = kinds.length; shown > 0; shown--) {
    const text = kinds.slice(0, shown).join(' · ');
    const more = shown === kinds.length ? '' : ` and ${kinds.length - shown} more`;
    if (text.length + more.length <= columns) return more === '' ? [text] : [text, span(more, 'quiet')];
  }
  return [`${kinds.length} ${kinds.length === 1 ? 'kind' : 'kinds'}`];
}

function faultsInRow(columns: number): number {
  return Math.max(1, Math.floor((columns + GAP) / (FAULT_COLUMNS_MIN + GAP)));
}

/** `12.3s partition device 4 for 8s`. */
function faultText({ atUs, kind, device, lengthUs }: FaultLine, timeColumns = 0): Line {
  const who = device < 0 ? 'relay' : `device ${device}`;
  const howLong = lengthUs > 0 ? ` for ${happenedAt(lengthUs)}` : '';
  return [
    span(happenedAt(atUs).padStart(timeColumns), 'quiet'),
    ' ',
    span(harmless(kind), 'notable'),
    ` ${who}${howLong}`,
  ];
}
