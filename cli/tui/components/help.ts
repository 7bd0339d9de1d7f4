// The page of keys and signs. It must not know what is looked at behind it, but for what can be done there.

import type { ReactElement } from 'react';
import type { Frame, Title } from '../messages.ts';
import { drawLines } from './pieces.ts';
import { type Line, type Span, span } from './spans.ts';
import { fit } from './text.ts';

const KEY = 16;
const SIGN = 16;

export interface HelpProps {
  readonly title: Title;
  readonly frame: Frame | undefined;
  readonly columns: number;
  readonly rows: number;
}

/** At most `rows` lines, the keys first. */
export function Help({ title, frame, columns, rows }: HelpProps): ReactElement {
  const all = [...keyLines(title, frame), [], ...signLines(title)];
  // Blanks go first where it is too long.
  const lines = all.length <= rows ? all : all.filter((line) => line.length > 0);
  return drawLines(lines, columns, rows);
}

function keyLines(title: Title, frame: Frame | undefined): Line[] {
  const canPause = frame?.kind === 'run' ? frame.pace.canPause : title.kind === 'run' && title.clock === 'virtual';
  const what = title.kind === 'run' ? 'the run' : 'the hunt';
  const keys: [key: string, does: string][] = [
    ['tab, shift-tab', 'the next view, the one before'],
    ...(canPause
      ? ([
          ['p', 'pause, go on'],
          ['s', 'while paused: one event, shown below'],
          ['- and +', 'slower, down to real time, and faster'],
        ] satisfies [string, string][])
      : []),
    ...(title.kind === 'run'
      ? ([['←, →', 'another operation, among distributions']] satisfies [string, string][])
      : []),
    ['?, escape', 'this page, and back'],
    ['q, ctrl-c', `end ${what} with its summary; twice: now`],
    ['ctrl-z', 'to the background; fg brings it back'],
  ];
  return [[span('keys', 'title')], ...keys.map(([key, does]): Line => [span(`  ${fit(key, KEY)}`, 'title'), does])];
}

function signLines({ kind }: Title): Line[] {
  const signs: [sign: Span, means: string][] =
    kind === 'run'
      ? [
          [span('✓', 'good'), 'holds so far; online'],
          [span('✗', 'bad'), 'a finding; a crossed limit; crashed'],
          [span('!', 'notable'), 'to be noticed; partitioned'],
          [span('○ –', 'plain'), 'offline; suspended'],
          [span('612ms ✗ <500ms', 'plain'), 'a figure and its limit, here crossed'],
          [span('▁▂▃▄▅▆▇█', 'plain'), 'over virtual time, the latest last'],
          [span('outbox, behind', 'plain'), 'changes still to push, and still to pull'],
        ]
      : [
          [span('✓', 'good'), 'no finding so far; kept in its file'],
          [span('✗', 'bad'), 'a finding, told apart by its signature'],
          [span('!', 'notable'), 'to be noticed'],
          [span('▁▂▃▄▅▆▇█', 'plain'), 'seeds a second, the latest at the right'],
          [span('a mark', 'plain'), 'a rare situation that seeds may reach'],
        ];
  return [
    [span('signs', 'title')],
    ...signs.map(([sign, means]): Line => ['  ', span(fit(sign.text, SIGN), sign.look), means]),
  ];
}
