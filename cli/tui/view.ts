// The live view within its process: asks the command for frames, draws them, reads keys, and gives the terminal back on
// any way out. It must not know what frames say, nor how they look.

import { setPriority } from 'node:os';
import { isatty } from 'node:tty';
import { createElement, Fragment, type FunctionComponent, type ReactElement } from 'react';
import { type Instance, render, useInput } from 'ink';
import type { Tab } from '../../scenarios/watch/snapshot.ts';
import { visibleLine } from '../../sim/visible-text.ts';
import type { AppProps } from './components/app.ts';
import { type Key, type KeyAction, keyActions } from './keys.ts';
import type { Frame, FromView, Title, ToView } from './messages.ts';
import { isInForeground, leaveScreen, writeNow } from './terminal.ts';

/** Redrawn at most ten times a second. */
const FRAME_MS = 100;
/** However dear drawing is, the view lives. */
const FRAME_MS_MAX = 2_000;
/** Weight of the latest frame in the mean cost of one. */
const LATEST = 0.2;
/** How often a view that waits for an answer tells so, ms. */
const SILENCE_MS = 1_000;
/** A command that was told to end for the second time has by then, ms. */
const KILL_MS = 1_000;
/** Whoever is stopped by a signal is by then; ms. */
const STOP_MS = 50;
/** How often a view in the background looks whether it has the terminal again, ms. */
const BACKGROUND_MS = 250;
/** How much of the time after which a hang is told must have gone in silence; the command's clock began earlier. */
const HANG_SHARE = 0.9;
/** Lower than the command's: while it is loaded, and for a hunt, which leaves no core idle. */
const PRIORITY = 10;
/** A run leaves a core to V8's own threads, for which the run waits; the view takes what is left of it. */
const PRIORITY_OF_RUN = 19;

/** How it is drawn. */
export interface Looks {
  readonly App: FunctionComponent<AppProps>;
  tabsOf(title: Title): readonly Tab[];
}

type Opening = Extract<ToView, { kind: 'open' }>;

/**
 * Real time between two frames, ms.
 * @param costMs processor time that a frame takes
 * @param shareMax share of one core that drawing may take
 */
export function frameInterval(costMs: number, shareMax: number): number {
  return Math.min(FRAME_MS_MAX, Math.max(FRAME_MS, costMs / shareMax));
}

/** Serves the command that forked this process, until it says or is gone. */
export function serveView(looks: Looks): void {
  lowerPriority(PRIORITY);
  let view: View | undefined;
  // The command gets its own, and decides.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('disconnect', () => view?.abandoned());
  process.on('message', (message: ToView) => {
    if (message.kind === 'open') {
      if (message.title.kind === 'run') lowerPriority(PRIORITY_OF_RUN);
      view ??= new View(message, looks);
    } else view?.hear(message);
  });
}

function lowerPriority(priority: number): void {
  try {
    setPriority(process.pid, priority);
  } catch {
    // It draws as well without.
  }
}

/** Reads keys where there is a keyboard. */
function Keys({ onKey }: { readonly onKey: (input: string, key: Key) => void }): null {
  useInput(onKey, { isActive: isatty(0) });
  return null;
}

class View {
  readonly #opening: Opening;
  readonly #looks: Looks;
  readonly #tabs: readonly Tab[];
  readonly #command = process.ppid;
  #ink: Instance | undefined;
  #frame: Frame | undefined;
  #tab: Tab;
  #isHelpOpen = false;
  /** Of the distributions: how many were passed by. */
  #operation = 0;
  #isLeaving = false;
  /** The last frame is there. */
  #hasEnded = false;
  /** The terminal was given back, for a while or for good. */
  #isAway = false;
  #isOver = false;
  /** When the command was asked last, and whether it has still to answer. */
  #askedAtMs = 0;
  #isAsking = false;
  #askedTab: Tab;
  #timer: NodeJS.Timeout | undefined;
  readonly #silence: NodeJS.Timeout;
  #costMs = 0;
  #usage: NodeJS.CpuUsage | undefined;

  constructor(opening: Opening, looks: Looks) {
    this.#opening = opening;
    this.#looks = looks;
    this.#tabs = looks.tabsOf(opening.title);
    this.#tab = this.#tabs[0] ?? 'overview';
    this.#askedTab = this.#tab;
    this.#silence = setInterval(() => {
      if (this.#silentMs() >= SILENCE_MS) this.#draw();
    }, SILENCE_MS);
    process.on('uncaughtException', (error) => void this.#fail(error));
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#continue);
    // A terminal that has gone away takes its command along.
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => undefined);
    this.#ask();
  }

  hear(message: Exclude<ToView, Opening>): void {
    if (this.#isOver) return;
    if (message.kind === 'leave') {
      void this.#leave();
      return;
    }
    this.#isAsking = false;
    this.#frame = message.frame;
    this.#draw();
    if (message.kind === 'end') void this.#end();
    else this.#schedule();
  }

  /** The command is gone without a word. Nobody else gives the terminal back. */
  abandoned(): void {
    if (this.#isOver) return;
    if (this.#ink !== undefined) {
      try {
        // First of all, before a shell makes the terminal its own.
        if (isatty(0)) process.stdin.setRawMode(false);
      } catch {
        // It has.
      }
      leaveScreen();
      const { hang } = this.#opening;
      const hangs = hang !== null && this.#silentMs() >= hang.afterMs * HANG_SHARE;
      say(hangs ? hang.text : 'squall: the process was killed');
    }
    // Node would set the terminal once more when it ends, and take it from the shell that has it by now.
    process.kill(process.pid, 'SIGKILL');
  }

  #ask(): void {
    clearTimeout(this.#timer);
    if (this.#usage !== undefined && this.#frame !== undefined) {
      const { user, system } = process.cpuUsage(this.#usage);
      const latestMs = (user + system) / 1000;
      this.#costMs = this.#costMs === 0 ? latestMs : this.#costMs * (1 - LATEST) + latestMs * LATEST;
    }
    // The first frame loads what draws it, and is not counted.
    if (this.#frame !== undefined) this.#usage = process.cpuUsage();
    this.#askedAtMs = performance.now();
    this.#isAsking = true;
    this.#askedTab = this.#tab;
    tell({ kind: 'next', tab: this.#tab });
  }

  /** Asks again when it is time: soon, where another tab is looked at than was asked for. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isAsking || this.#isAway || this.#isOver) return;
    const hasTab = this.#askedTab === this.#tab;
    if (this.#hasEnded && hasTab) return;
    const everyMs = hasTab ? frameInterval(this.#costMs, this.#opening.shareMax) : FRAME_MS;
    this.#timer = setTimeout(() => this.#ask(), Math.max(0, this.#askedAtMs + everyMs - performance.now()));
  }

  #silentMs(): number {
    return this.#isAsking ? performance.now() - this.#askedAtMs : 0;
  }

  #draw(): void {
    if (this.#isAway || this.#isOver || this.#frame === undefined) return;
    if (this.#ink === undefined) this.#begin(this.#frame);
    else this.#ink.rerender(this.#tree(this.#frame));
  }

  #begin(frame: Frame): void {
    if (isInForeground()) {
      this.#mount(this.#tree(frame));
      return;
    }
    // Whoever took the terminal as a job in the background would be stopped.
    this.#isAway = true;
    this.#isAsking = false;
    setTimeout(() => this.#goOn(), BACKGROUND_MS).unref();
  }

  #tree(frame: Frame): ReactElement {
    const { columns, rows } = process.stdout;
    const props: AppProps = {
      title: this.#opening.title,
      frame,
      tab: this.#tab,
      isHelpOpen: this.#isHelpOpen,
      operation: this.#operation,
      columns: columns || 80,
      rows: rows || 24,
      isLeaving: this.#isLeaving,
      silentMs: this.#silentMs(),
    };
    return createElement(
      Fragment,
      null,
      createElement(Keys, { onKey: this.#press }),
      createElement(this.#looks.App, props),
    );
  }

  #mount(tree: ReactElement): void {
    const ink = render(tree, {
      alternateScreen: true,
      exitOnCtrlC: false,
      incrementalRendering: true,
      maxFps: 1000 / FRAME_MS,
      patchConsole: true,
      interactive: true,
    });
    this.#ink = ink;
    // Before ink's own listener, which draws at once what is there.
    process.stdout.prependListener('resize', this.#resize);
    ink.waitUntilExit().catch((error: unknown) => this.#fail(error));
  }

  /** A terminal moves lines about when it gets another size. */
  readonly #resize = (): void => {
    this.#ink?.clear();
    process.stdout.write('\u001b[2J\u001b[H');
    this.#draw();
  };

  /** Leaves the alternate screen and raw mode. */
  async #giveBack(): Promise<void> {
    this.#isAway = true;
    clearTimeout(this.#timer);
    const ink = this.#ink;
    this.#ink = undefined;
    if (ink === undefined) return;
    process.stdout.removeListener('resize', this.#resize);
    ink.unmount();
    // What failed has been told.
    await ink.waitUntilExit().catch(() => undefined);
  }

  readonly #press = (input: string, key: Key): void => {
    for (const action of keyActions(input, key)) this.#act(action);
    this.#draw();
  };

  #act(action: KeyAction): void {
    if (action === 'next tab') this.#turn(1);
    else if (action === 'previous tab') this.#turn(-1);
    else if (action === 'next operation') this.#operation++;
    else if (action === 'previous operation') this.#operation--;
    else if (action === 'help') this.#isHelpOpen = !this.#isHelpOpen;
    else if (action === 'close') this.#isHelpOpen = false;
    else if (action === 'suspend') this.#suspend();
    else if (action === 'quit') this.#quit();
    else tell({ kind: 'wish', wish: action });
  }

  #turn(by: number): void {
    const index = this.#tabs.indexOf(this.#tab) + by + this.#tabs.length;
    this.#tab = this.#tabs[index % this.#tabs.length] ?? this.#tab;
    this.#schedule();
  }

  #quit(): void {
    if (this.#hasEnded) {
      void this.#leave();
    } else if (this.#isLeaving) {
      void this.#force();
    } else {
      this.#isLeaving = true;
      tell({ kind: 'wish', wish: 'quit' });
    }
  }

  /** Ends a command that does not come to an end by itself: code that hangs hears nothing. */
  async #force(): Promise<void> {
    if (this.#isAway || this.#isOver) return;
    await this.#giveBack();
    kill(this.#command, 'SIGINT');
    this.#timer = setTimeout(() => {
      if (kill(this.#command, 'SIGKILL')) say('squall: the process was killed');
    }, KILL_MS);
  }

  async #end(): Promise<void> {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    await this.#ink?.waitUntilRenderFlush();
    tell({ kind: 'ended' });
    // Without a keyboard nobody could leave.
    if (!this.#opening.stays || !isatty(0)) await this.#leave();
  }

  async #leave(): Promise<void> {
    if (this.#isOver) return;
    await this.#giveBack();
    this.#close();
  }

  /** The terminal was given back, and nothing is left to say. */
  #close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearInterval(this.#silence);
    if (process.connected) process.disconnect();
    // Timers of what has drawn would keep it for a while, and the command waits.
    // oxlint-disable-next-line unicorn/no-process-exit -- everything has been written
    process.exit();
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#isOver) return;
    process.exitCode = 1;
    this.#isOver = true;
    await this.#giveBack();
    const text = error instanceof Error ? error.message : String(error);
    say(`squall: the live view failed: ${visibleLine(text.split('\n')[0]!)}`);
    this.#close();
  }

  /** Ctrl-Z: gives the terminal back and stops all that belongs to the command, as the shell expects. */
  readonly #suspend = (): void => {
    void this.#stop();
  };

  async #stop(): Promise<void> {
    if (this.#isAway || this.#isOver) return;
    await this.#giveBack();
    process.removeListener('SIGTSTP', this.#suspend);
    kill(0, 'SIGTSTP');
    // Comes when it goes on, or soon where nobody is there who could let it go on and so it was not stopped.
    setTimeout(this.#resume, STOP_MS);
  }

  readonly #resume = (): void => {
    process.on('SIGTSTP', this.#suspend);
    this.#goOn();
  };

  /** Stopped and let go on from outside: somebody else has had the terminal. */
  readonly #continue = (): void => {
    void this.#renew();
  };

  async #renew(): Promise<void> {
    if (this.#isAway || this.#isOver) return;
    await this.#giveBack();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#isOver) return;
    this.#isAway = false;
    // The time that it was stopped is no silence.
    if (this.#isAsking) this.#askedAtMs = performance.now();
    this.#draw();
    if (this.#hasEnded && !this.#opening.stays) void this.#leave();
    else this.#schedule();
  }
}

function tell(message: FromView): void {
  // To a command that has gone: the disconnect tells.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
}

/** Sends a signal to the command that is still there, or to all that belongs to it (0). */
function kill(pid: number, signal: NodeJS.Signals): boolean {
  if (!process.connected || (pid !== 0 && process.ppid !== pid)) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function say(text: string): void {
  writeNow(2, text.endsWith('\n') ? text : `${text}\n`);
}
