// What the command line takes from its surroundings: streams, terminal, environment, real time and entropy. Commands
// get it as a value, so that tests can stand in for it.
import { isatty } from 'node:tty';
import { drawSeed, nowMs, today } from './host.ts';
import type { LiveLineOptions } from './report/live-line.ts';
import type { Screen, ScreenOptions, StartedView } from './tui/screen.ts';
import { type Watch, watchdog } from './watchdog.ts';

export interface Io {
  out(text: string): void;
  err(text: string): void;
  outIsTerminal: boolean;
  errIsTerminal: boolean;
  /** Width of standard error's terminal, characters. */
  columns(): number;
  /** Width of standard output's terminal, characters; left out where it is none. */
  outColumns?(): number;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Real time, ms, from any zero. */
  nowMs(): number;
  /** The day by UTC, as `2026-11-23`; left out, the machine's. */
  today?(): string;
  /** A seed for a run that was given none. */
  drawSeed(): string;
  /** Calls the listener at the first interrupt; later ones kill. Gives what takes the listener away. */
  onInterrupt(listener: () => void): () => void;
  /** Begins to load the live view, so that it opens at once. */
  warmScreen?(hasColours: boolean): Promise<void>;
  /** Opens the live view on the terminal; left out where there is none to draw on and read keys from. */
  openScreen?(options: ScreenOptions): Promise<ScreenPort>;
  /** Ends the process where code does not come back; `what` names it. Left out, nobody watches. */
  watch?(what: string): Watch;
}

/** A live view that is open. */
export type ScreenPort = Pick<Screen, 'end' | 'leave'>;

/** Whether a machine watches instead of a person. */
export function isContinuousIntegration(env: Io['env']): boolean {
  const value = env['CI'] ?? '';
  return value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}

/** The day by UTC, as `2026-11-23`. */
export function dayOf(io: Pick<Io, 'today'>): string {
  return io.today?.() ?? today();
}

/** Whether texts have colours. */
export function wantsColours(io: Io): boolean {
  return io.outIsTerminal && (io.env['NO_COLOR'] ?? '') === '' && !isContinuousIntegration(io.env);
}

/** Whether a command shows itself in the live view: on a person's terminal, unless plain lines or none were asked for. */
export function wantsScreen(io: Io, flags: { has(name: 'no-tui' | 'quiet'): boolean }): boolean {
  if (io.openScreen === undefined || isContinuousIntegration(io.env) || io.env['TERM'] === 'dumb') return false;
  return io.outIsTerminal && !flags.has('no-tui') && !flags.has('quiet');
}

/** Where and how a line of progress is shown: rewritten on a person's terminal, unless plain lines were asked for. */
export function lineOptions(io: Io, flags: { has(name: 'no-tui'): boolean }): LiveLineOptions {
  return {
    write: (text) => io.err(text),
    nowMs: () => io.nowMs(),
    inPlace: io.errIsTerminal && !isContinuousIntegration(io.env) && !flags.has('no-tui'),
    columns: () => io.columns(),
  };
}

/** The live view on the terminal of this process. */
function processScreen(): Pick<Io, 'warmScreen' | 'openScreen'> {
  let started: StartedView | undefined;
  return {
    async warmScreen(hasColours) {
      const { startView } = await import('./tui/screen.ts');
      started = startView(hasColours);
    },
    async openScreen(options) {
      const { Screen } = await import('./tui/screen.ts');
      const screen = Screen.open(options, started);
      started = undefined;
      return screen;
    },
  };
}

/** The surroundings of this process. Output to a reader that has gone is dropped quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
  }
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTerminal: process.stdout.isTTY,
    errIsTerminal: process.stderr.isTTY,
    columns: () => process.stderr.columns || 80,
    ...(process.stdout.isTTY ? { outColumns: () => process.stdout.columns || 80 } : {}),
    env: process.env,
    cwd: process.cwd(),
    nowMs,
    today,
    drawSeed,
    ...(isatty(0) && process.stdout.isTTY ? processScreen() : {}),
    watch: (what) => watchdog(what, process.env['SQUALL_HANG_MS'], process.stderr.isTTY),
    onInterrupt(listener) {
      // The usual ways to stop a command: a person's Ctrl-C, and what a CI system sends.
      const signals = ['SIGINT', 'SIGTERM'] as const;
      const stop = (): void => {
        for (const signal of signals) process.removeListener(signal, heard);
      };
      // After the first of them, each does what it does to any process.
      const heard = (): void => {
        stop();
        listener();
      };
      for (const signal of signals) process.on(signal, heard);
      return stop;
    },
  };
}
