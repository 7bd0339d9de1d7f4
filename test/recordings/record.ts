// Records the live view for the README (`npm run docs:screens`): a run and a hunt in a real terminal, whose screens become
// the pictures in docs/screens/. Times on them are those of the machine. It needs tmux.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tmux } from '../cli/tui/tmux.ts';
import { type Cell, screenOf, textOf } from './terminal-screen.ts';
import { type Frame, type Picture, terminalSvg } from './terminal-svg.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pictures = join(root, 'docs/screens');

type Screen = readonly (readonly Cell[])[];

interface Recording {
  readonly name: string;
  readonly title: string;
  /** What is typed after `squall`; the view stays open at the end. */
  readonly command: string;
  readonly columns: number;
  readonly rows: number;
  /** Real time between two looks, ms. */
  readonly lookMs: number;
  /** The next view is looked at for a while once progress has come so far, %. */
  readonly aside?: { readonly percent: number; readonly looks: number };
  /** Pressed at the end, for one more frame. */
  readonly last?: { readonly press: string; readonly shows: string };
}

const COLUMNS = 110;
/** Screens of a recording while it goes on. */
const FRAMES_MAX = 9;
const FRAME_SECONDS = 1;
const LAST_SECONDS = 3;
const MINUTE_MS = 60_000;

const RECORDINGS: readonly Recording[] = [
  {
    name: 'run',
    title: 'squall run: a storm of 100 users with faults, until an oracle reports that devices do not agree',
    command:
      'run crdt-conflicts --profile medium --faults chaos --seed 42 --documents models/documents/specimens/prefer-local.ts',
    columns: COLUMNS,
    rows: 34,
    lookMs: 150,
    aside: { percent: 48, looks: 8 },
  },
  {
    name: 'hunt',
    title: 'squall hunt: storm after storm, each distinct finding shrunk to a few edits and kept',
    command:
      'hunt crdt-conflicts --seeds 1..1000 --max-findings 6 --documents models/documents/specimens/twice-counted.ts',
    columns: COLUMNS,
    rows: 27,
    lookMs: 100,
    last: { press: 'Tab', shows: '[findings]' },
  },
];

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** What the view shows from its first figures to the end. */
async function record({ command, columns, rows, lookMs, aside, last }: Recording): Promise<Frame[]> {
  const folder = mkdtempSync(join(tmpdir(), 'squall-recording-'));
  // A folder of its own, so that findings go nowhere else and paths on the screen are the project's.
  symlinkSync(join(root, 'models'), join(folder, 'models'));
  // Without a history, which the shell would write when it is killed.
  const terminal = new Tmux({ columns, rows, folder, env: { HISTFILE: '' } });
  try {
    terminal.type(`clear; '${process.execPath}' '${join(root, 'cli/main.ts')}' ${command} --stay`);
    await terminal.until((lines) => lines[0]?.startsWith('squall · ') === true && percentOf(lines) > 0);
    const seen: Screen[] = [];
    let left = aside?.looks ?? 0;
    let isAside = false;
    const end = performance.now() + MINUTE_MS;
    for (let isOver = false; !isOver; await pause(isOver ? 0 : lookMs)) {
      if (performance.now() > end) throw new Error(`${command} did not end:\n${terminal.screen().join('\n')}`);
      const screen = screenOf(terminal.colours());
      const lines = textOf(screen);
      seen.push(screen);
      isOver = lines[1]?.endsWith(' done') === true;
      if (aside === undefined || left === 0) continue;
      if (isAside) left -= 1;
      else if (percentOf(lines) >= aside.percent) {
        terminal.press('Tab');
        isAside = true;
      }
      if (left === 0) terminal.press('BTab');
    }
    if (left > 0) throw new Error(`${command} was over too soon`);
    let frames = lengthened(thinned(seen, FRAMES_MAX).map((screen) => ({ screen, seconds: FRAME_SECONDS })));
    if (last !== undefined) {
      terminal.press(last.press);
      await terminal.until(last.shows);
      frames = lengthened([...frames, { screen: screenOf(terminal.colours()), seconds: FRAME_SECONDS }]);
    }
    terminal.press('q');
    // It still writes what it has found.
    await terminal.until((lines) => lines.findLast((line) => line !== '') === '$');
    return frames;
  } finally {
    terminal.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Percent on the line of progress; −1 where there is none. */
function percentOf(lines: readonly string[]): number {
  const [, percent] = / (\d+(?:\.\d+)?)% {2}/.exec(lines[2] ?? '') ?? [];
  return percent === undefined ? -1 : Number(percent);
}

/** So many of them, evenly, with the first and the last. */
function thinned(screens: readonly Screen[], count: number): Screen[] {
  if (screens.length <= count) return [...screens];
  return Array.from({ length: count }, (_, at) => screens[Math.round((at * (screens.length - 1)) / (count - 1))]!);
}

/** The last one is shown longer. */
function lengthened(frames: readonly Frame[]): Frame[] {
  return frames.map((frame, at) => (at === frames.length - 1 ? { ...frame, seconds: LAST_SECONDS } : frame));
}

/** Nothing of this machine belongs into a picture. */
function assertNobodys(name: string, svg: string): void {
  for (const own of [root, homedir(), hostname(), tmpdir()]) {
    if (own.length > 1 && svg.includes(own)) throw new Error(`${name} says ${own}`);
  }
}

function write(name: string, picture: Picture): void {
  const svg = terminalSvg(picture);
  assertNobodys(name, svg);
  writeFileSync(join(pictures, `${name}.svg`), svg);
  process.stdout.write(`docs/screens/${name}.svg: ${picture.frames.length} frames, ${svg.length} characters\n`);
}

mkdirSync(pictures, { recursive: true });
for (const recording of RECORDINGS) {
  const { name, title, columns, rows } = recording;
  const frames = await record(recording);
  const still = frames.findLastIndex(({ screen }) => textOf(screen).at(-1)?.startsWith('[overview]'));
  write(name, { title, columns, rows, frames, still });
  if (name === 'run') write('run-still', { title, columns, rows, frames: [frames[still]!], still: 0 });
}
