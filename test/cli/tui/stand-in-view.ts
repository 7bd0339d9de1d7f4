// A view's program whose looks are plain: tells its size, what it was sent and what it is. Looks of our own are no matter of
// these tests.
import { writeFileSync } from 'node:fs';
import { Box, Text } from 'ink';
import { createElement, type ReactElement } from 'react';
import type { AppProps } from '../../../cli/tui/components/app.ts';
import { serveView } from '../../../cli/tui/view.ts';

writeFileSync('view.pid', String(process.pid));

/** Fills the whole terminal, so that a wrong size or width shows. */
function App({ title, frame, tab, isHelpOpen, columns, rows, isLeaving, silentMs }: AppProps): ReactElement {
  if (frame?.kind !== 'run') throw new Error('no frame of a run');
  const { snapshot, pace } = frame;
  if (snapshot.phase === 'broken') throw new Error('a frame\nthat cannot be drawn');
  const texts = [
    `view of ${title.scenario} ${columns}x${rows} tab ${tab}${isHelpOpen ? ' help' : ''}${isLeaving ? ' leaving' : ''}`,
    `frame ${snapshot.events} ${snapshot.phase}`,
    `wishes ${pace.stepped.join(' ')}`,
    silentMs >= 1000 ? 'silent' : 'answers',
    '日本語のデータベース|😀|é|',
  ];
  while (texts.length < rows - 1) texts.push('');
  texts.push(`${'-'.repeat(columns - 1)}#`);
  const lines = texts.map((text, key) => createElement(Text, { key, wrap: 'truncate-end' }, text || ' '));
  return createElement(Box, { flexDirection: 'column', width: columns, height: rows }, lines);
}

serveView({ App, tabsOf: () => ['overview', 'histogram', 'devices'] });
