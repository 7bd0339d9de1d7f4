// The whole screen: the title, the view that is looked at, and what can be done. It is made of what it is given alone, and
// must not know keys, processes, nor real time.

import { Box } from 'ink';
import { createElement, type ReactElement } from 'react';
import { TABS, type Tab } from '../../../scenarios/watch/snapshot.ts';
import type { Frame, HuntTitle, RunFrame, Title } from '../messages.ts';
import { DevicesTab } from './devices.ts';
import { FindingsTab } from './findings.ts';
import { Footer, FOOTER_ROWS, steppedLines } from './footer.ts';
import { Header, HEADER_ROWS } from './header.ts';
import { Help } from './help.ts';
import { HistogramTab } from './histogram.ts';
import { HuntFindings } from './hunt-findings.ts';
import { HuntOverview } from './hunt-overview.ts';
import { Overview } from './overview.ts';
import { drawLines } from './pieces.ts';
import { COLUMNS_MIN, ROWS_MIN, TooSmall } from './too-small.ts';

const HUNT_TABS: readonly Tab[] = ['overview', 'findings'];

/** The views that there are, in the order in which they are gone through. */
export function tabsOf(title: Title): readonly Tab[] {
  return title.kind === 'run' ? TABS : HUNT_TABS;
}

export interface AppProps {
  readonly title: Title;
  /** Undefined before the first has come. */
  readonly frame: Frame | undefined;
  readonly tab: Tab;
  readonly isHelpOpen: boolean;
  /** The distribution that comes first, counted from the first one, round and round; left out, that one. */
  readonly operation?: number | undefined;
  /** The terminal's size. */
  readonly columns: number;
  readonly rows: number;
  /** Somebody has asked for the end. */
  readonly isLeaving: boolean;
  /** Real time since the command last answered, ms. */
  readonly silentMs: number;
}

/** At most `rows` lines, none wider than `columns`. */
export function App(props: AppProps): ReactElement {
  const { title, frame, columns, rows, isLeaving, silentMs } = props;
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) return createElement(TooSmall, { frame, columns });
  const tabs = tabsOf(title);
  const tab = tabs.includes(props.tab) ? props.tab : 'overview';
  const stepped = steppedLines(frame);
  const bodyRows = rows - HEADER_ROWS - FOOTER_ROWS - stepped.length;
  return createElement(
    Box,
    { flexDirection: 'column', width: columns, height: rows },
    createElement(Header, { title, frame, columns }),
    createElement(
      Box,
      { flexDirection: 'column', height: bodyRows, flexShrink: 0, overflow: 'hidden' },
      bodyOf(props, tab, bodyRows),
    ),
    createElement(Box, { flexShrink: 0 }, drawLines(stepped, columns, stepped.length)),
    createElement(Footer, { tabs, tab, frame, columns, isLeaving, silentMs }),
  );
}

function bodyOf({ title, frame, isHelpOpen, operation, columns }: AppProps, tab: Tab, rows: number): ReactElement {
  if (isHelpOpen) return createElement(Help, { title, frame, columns, rows });
  if (frame === undefined) return drawLines([['starting …']], columns, rows);
  if (frame.kind === 'run') return runBody(frame, tab, columns, rows, operation);
  if (tab === 'findings') return createElement(HuntFindings, { frame, columns, rows });
  return createElement(HuntOverview, { frame, title: title as HuntTitle, columns, rows });
}

function runBody(frame: RunFrame, tab: Tab, columns: number, rows: number, operation = 0): ReactElement {
  const props = { frame, columns, rows };
  switch (tab) {
    case 'overview':
      return createElement(Overview, props);
    case 'histogram':
      return createElement(HistogramTab, { ...props, operation });
    case 'devices':
      return createElement(DevicesTab, props);
    case 'findings':
      return createElement(FindingsTab, props);
  }
}
