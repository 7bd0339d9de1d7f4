// The line at the bottom: the views with the one that is looked at, and the keys that do something now; and above it what
// a single step did. It must not know what the keys do.

import { Box } from 'ink';
import { createElement, type ReactElement } from 'react';
import type { Tab } from '../../../scenarios/watch/snapshot.ts';
import { formatDuration } from '../../durations.ts';
import type { Frame } from '../messages.ts';
import { GAP, spread } from './pieces.ts';
import { drawLine, firstThatFits, joined, type Line, lineWidth, span } from './spans.ts';
import { harmless } from './text.ts';

export const FOOTER_ROWS = 1;
/** Records of a single step that are shown. */
const STEPPED_MAX = 3;
/** Real time after which a command that does not answer is spoken of, ms. */
const SILENT_MS = 2000;

export interface FooterProps {
  readonly tabs: readonly Tab[];
  readonly tab: Tab;
  readonly frame: Frame | undefined;
  readonly columns: number;
  readonly isLeaving: boolean;
  /** Real time since the command last answered, ms. */
  readonly silentMs: number;
}

/** Exactly one line. */
export function Footer(props: FooterProps): ReactElement {
  const { columns } = props;
  return createElement(Box, { flexShrink: 0 }, drawLine(footerLine(props), columns, 'footer'));
}

/** What the last single step did, the last records of it. */
export function steppedLines(frame: Frame | undefined): Line[] {
  if (frame?.kind !== 'run') return [];
  const { stepped } = frame.pace;
  return stepped
    .slice(-STEPPED_MAX)
    .map((record, at) => [span(at === 0 ? 'step  ' : '      ', 'notable'), harmless(record)]);
}

function footerLine({ tabs, tab, frame, columns, isLeaving, silentMs }: FooterProps): Line {
  const hasEnded = frame !== undefined && frame.verdict !== null;
  const isSilent = silentMs >= SILENT_MS && !hasEnded;
  if (isSilent) return firstThatFits(silence(silentMs, isLeaving), columns);
  const only: Line = [span('tab ', 'quiet'), span(`[${tab}]`, 'title')];
  const all = tabsLine(tabs, tab);
  if (isLeaving && !hasEnded) {
    const word: Line = [span('ending …', 'notable')];
    return spread(lineWidth(all) + lineWidth(word) + GAP <= columns ? all : only, word, columns);
  }
  const keys = keysOf(frame, hasEnded);
  const named = keys.filter(({ name }) => name !== 'tab');
  const withTab: Line = [span('tab ', 'quiet'), ...all];
  // The widest that fits: all keys; then the key for the next view stands before the views, and keys that matter less
  // are left to the help; then the views that are not looked at; last, what the keys do.
  const fewer = RANKS.map((most) => keysLine(named.filter(({ rank }) => rank <= most)));
  const choices: (readonly [views: Line, keys: Line])[] = [
    [all, keysLine(keys)],
    ...fewer.map((some) => [withTab, some] as const),
    ...fewer.map((some) => [only, some] as const),
  ];
  const bare = named.filter(({ rank }) => rank === 0).map(({ name }): Line => [span(name, 'title')]);
  const [views, shown] = choices.find(([left, right]) => lineWidth(left) + GAP + lineWidth(right) <= columns) ?? [
    only,
    joined(bare, ' · '),
  ];
  return spread(views, shown, columns);
}

function tabsLine(tabs: readonly Tab[], selected: Tab): Line {
  const names = tabs.map((tab): Line => [tab === selected ? span(`[${tab}]`, 'title') : tab]);
  return joined(names, ' ');
}

/** A key and what it does; those of a low rank are shown as long as anything is. */
interface Key {
  readonly name: string;
  readonly does: string;
  readonly rank: (typeof RANKS)[number];
}

const RANKS = [3, 2, 1, 0] as const;

function keysOf(frame: Frame | undefined, hasEnded: boolean): readonly Key[] {
  const pace = frame?.kind === 'run' && !hasEnded && frame.pace.canPause ? frame.pace : undefined;
  const isPaused = pace?.isPaused === true;
  return [
    ...(pace === undefined
      ? []
      : ([
          { name: 'p', does: isPaused ? 'go on' : 'pause', rank: isPaused ? 0 : 1 },
          { name: 's', does: 'step', rank: isPaused ? 0 : 3 },
          { name: '+/-', does: 'speed', rank: 2 },
        ] as const)),
    { name: 'tab', does: 'view', rank: 0 },
    { name: '?', does: 'help', rank: 0 },
    { name: 'q', does: hasEnded ? 'leave' : 'end', rank: 0 },
  ];
}

function keysLine(keys: readonly Key[]): Line {
  const words = keys.map(({ name, does }): Line => [span(name, 'title'), span(` ${does}`, 'quiet')]);
  return joined(words, ' · ');
}

function silence(silentMs: number, isLeaving: boolean): Line[] {
  const forSo = `no answer for ${formatDuration(Math.floor(silentMs / 1000) * 1000)}`;
  const end = isLeaving ? 'ctrl-c again ends it' : 'ctrl-c twice ends it';
  const start = isLeaving ? 'ending … ' : '';
  return [`${start}${forSo}: its documents may hang; ${end}`, `${start}${forSo}; ${end}`, `${forSo}; ${end}`].map(
    (text) => [span(`! ${text}`, 'notable')],
  );
}
