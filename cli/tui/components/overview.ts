// The first view of a run: all that matters in as many lines as there are. It decides how much room each part gets; what
// the parts say, they know themselves.

import { Box } from 'ink';
import { createElement, type ReactElement } from 'react';
import type { RunFrame } from '../messages.ts';
import { chartLines, chartRows } from './charts.ts';
import { faultLines, faultLinesWanted, findingLines, findingLinesWanted } from './news.ts';
import { percentileLinesWanted, percentilesOf, thresholdLine } from './percentiles.ts';
import { progressLines } from './progress.ts';
import { situationLines } from './situation.ts';
import { drawLine, type Line } from './spans.ts';

export interface OverviewProps {
  readonly frame: RunFrame;
  readonly columns: number;
  /** Lines that it may take. */
  readonly rows: number;
}

/** Lines of each part; of the charts, those of one row of them. */
interface Room {
  progress: number;
  percentiles: number;
  thresholds: number;
  findings: number;
  chart: number;
  chartRows: number;
  situation: number;
  faults: number;
  /** Empty lines between parts. */
  gaps: number;
}

/** Operations that are shown before other parts get more than they need. */
const OPERATIONS_MIN = 4;
const GAPS = 4;
const CHART_LINES_MAX = 6;

/** Everything between the header and the footer. */
export function Overview({ frame, columns, rows }: OverviewProps): ReactElement {
  return createElement(
    Box,
    { flexDirection: 'column' },
    overviewLines(frame, columns, rows).map((spans, index) => drawLine(spans, columns, index)),
  );
}

function overviewLines(frame: RunFrame, columns: number, rows: number): Line[] {
  const { snapshot, verdict } = frame;
  // Which thresholds stand in the table depends on its room, and that on whether the others take a line.
  let room = roomOf(frame, columns, rows, true);
  let table = percentilesOf(snapshot, columns, room.percentiles);
  if (table.rest.length === 0) {
    room = roomOf(frame, columns, rows, false);
    table = percentilesOf(snapshot, columns, room.percentiles);
  }
  const parts: (readonly Line[])[] = [
    progressLines(frame, columns).slice(0, room.progress),
    [
      ...table.lines,
      ...(room.thresholds > 0 && table.rest.length > 0 ? [thresholdLine(table.rest, verdict !== null, columns)] : []),
    ],
    room.chart === 0 ? [] : chartLines(snapshot, columns, room.chart).slice(0, room.chart * room.chartRows),
    situationLines(snapshot, columns).slice(0, room.situation),
    [
      ...(room.findings === 0 ? [] : findingLines(frame, room.findings)),
      ...(room.faults === 0 ? [] : faultLines(frame, columns, room.faults)),
    ],
  ];
  return withGaps(parts, room.gaps).slice(0, rows);
}

/** Shares the lines out: what each part needs by rank, then what makes it better, step by step. */
function roomOf(frame: RunFrame, columns: number, rows: number, hasThresholds: boolean): Room {
  const { snapshot } = frame;
  const room: Room = {
    progress: 0,
    percentiles: 0,
    thresholds: 0,
    findings: 0,
    chart: 0,
    chartRows: 0,
    situation: 0,
    faults: 0,
    gaps: 0,
  };
  let left = Math.max(0, rows);
  const grow = (part: Exclude<keyof Room, 'chart' | 'chartRows'>, upTo: number): void => {
    const more = Math.min(left, Math.max(0, upTo - room[part]));
    room[part] += more;
    left -= more;
  };
  const heighten = (upTo: number): void => {
    while (room.chart < upTo && left >= room.chartRows) {
      room.chart++;
      left -= room.chartRows;
    }
  };
  const operations = percentileLinesWanted(snapshot);
  const findings = findingLinesWanted(frame);
  const faults = faultLinesWanted(frame, columns);

  grow('progress', 2);
  grow('percentiles', Math.min(operations, OPERATIONS_MIN + 1));
  if (hasThresholds) grow('thresholds', 1);
  grow('findings', 1);
  room.chartRows = Math.min(left, chartRows(snapshot, columns));
  if (room.chartRows > 0) heighten(1);
  grow('situation', 2);
  grow('faults', 1);

  grow('percentiles', operations);
  grow('findings', Math.min(findings, 2));
  if (room.chartRows > 0) heighten(2);
  grow('faults', Math.min(faults, 3));
  grow('gaps', GAPS);
  grow('findings', Math.min(findings, 4));
  if (room.chartRows > 0) heighten(3);
  grow('faults', Math.min(faults, 5));
  if (room.chartRows > 0) heighten(4);
  grow('findings', findings);
  if (room.chartRows > 0) heighten(CHART_LINES_MAX);
  grow('faults', faults);
  return room;
}

/** The parts one below the other, with an empty line between the first of them as far as there are enough. */
function withGaps(parts: readonly (readonly Line[])[], gaps: number): Line[] {
  const lines: Line[] = [];
  let left = gaps;
  for (const part of parts) {
    if (part.length === 0) continue;
    if (lines.length > 0 && left > 0) {
      lines.push([]);
      left--;
    }
    lines.push(...part);
  }
  return lines;
}
