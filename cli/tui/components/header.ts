// The two lines at the top: what is run, the verdict so far, and the phase. It must not know what stands below.

import { Box } from 'ink';
import { createElement, type ReactElement } from 'react';
import { counted } from '../../report/size.ts';
import type { Frame, HuntTitle, RunTitle, Title } from '../messages.ts';
import { GAP, namesText, spread } from './pieces.ts';
import { drawLine, type Line, lineWidth, span, widthOf } from './spans.ts';
import { harmless } from './text.ts';
import { verdictLine } from './verdict.ts';

export const HEADER_ROWS = 2;

/** The title, and at the right, whatever the names are, the verdict and the phase. */
export function Header({ title, frame, columns }: HeaderProps): ReactElement {
  const verdict = verdictLine(frame);
  const phase = phaseOf(frame);
  const name = namesText(namesOf(title), roomBeside(verdict, columns) - 'squall · '.length);
  const room = roomBeside(phase, columns);
  const conditions = title.kind === 'run' ? runConditions(title, room) : namesText(huntConditions(title), room);
  return createElement(
    Box,
    { flexDirection: 'column', flexShrink: 0 },
    drawLine(spread([span('squall', 'title'), ` · ${name}`], verdict, columns), columns, 'name'),
    drawLine(spread([span(conditions, 'quiet')], phase, columns), columns, 'conditions'),
  );
}

export interface HeaderProps {
  readonly title: Title;
  readonly frame: Frame | undefined;
  readonly columns: number;
}

function roomBeside(right: Line, columns: number): number {
  return columns - lineWidth(right) - GAP;
}

function namesOf(title: Title): string[] {
  const last = title.kind === 'run' ? `seed ${harmless(title.seed)}` : `hunt over ${harmless(title.seeds)}`;
  return [harmless(title.scenario), harmless(title.profile), last];
}

/** In as many words as there is room for. */
function runConditions(title: RunTitle, columns: number): string {
  const { clock, users, devices } = title;
  const [side, documents, faults] = [title.side, title.documents, title.faults].map(harmless) as [
    string,
    string,
    string,
  ];
  const people = counted(users, 'user');
  const machines = counted(devices, 'device');
  const choices = [
    [side, `${clock} clock`, `documents ${documents}`, `faults ${faults}`, people, machines],
    [side, `${clock} clock`, documents, `faults ${faults}`, people, machines],
    [side, clock, documents, `faults ${faults}`, people, machines],
    [side, clock, documents, `faults ${faults}`, people],
    [side, clock, documents, `faults ${faults}`],
  ];
  const names = choices.find((each) => widthOf(each.join(' · ')) <= columns) ?? choices[2]!;
  return namesText(names, columns);
}

function huntConditions({ side, documents, faults, workers }: HuntTitle): string[] {
  return [harmless(side), `documents ${harmless(documents)}`, `faults ${harmless(faults)}`, counted(workers, 'worker')];
}

function phaseOf(frame: Frame | undefined): Line {
  if (frame === undefined) return [];
  if (frame.kind === 'hunt') {
    if (frame.verdict !== null) return ['done'];
    if (frame.isEnding) return ['ending …'];
    return [frame.isOver ? 'shrinking' : 'hunting'];
  }
  const { run, pace, snapshot } = frame;
  const which = run.of > 1 ? `run ${run.number} of ${run.of} · ` : '';
  const paused = pace.isPaused ? [span('paused', 'notable'), ' · '] : [];
  return [which, ...paused, snapshot.phase];
}
