// The live view as its command has it: a process of its own that asks for frames and is answered, and that has the
// terminal until it leaves. On any way out the terminal is given back. It must not know what frames say.

import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { holdOutput } from './held-output.ts';
import type { Frame, FromView, ToView, Wish } from './messages.ts';
import type { Tab } from '../../scenarios/watch/snapshot.ts';
import { leaveScreen, restoreSettings, sleepNow, terminalSettings } from './terminal.ts';

/** A view that was told to leave, or to draw its last frame, has by then; real time, ms. */
const LEAVE_MS = 2_000;
/** Share of the command's time that frames may take: a view that asks sooner is answered later. */
const SHARE_MAX = 0.015;
/** However long a frame takes, the view lives; real time between two, ms. */
const WAIT_MS_MAX = 2_000;
/** A process that was killed may still be within a write for so long, ms. */
const KILLED_MS = 5;

export interface ScreenOptions {
  readonly open: Extract<ToView, { kind: 'open' }>;
  /** What is to be shown now; asked between two turns of the event loop. */
  frame(tab: Tab): Frame;
  /** A person asks for something. */
  wish(wish: Wish): void;
  /** The view is gone and the run goes on without: called at most once, after the terminal was given back. */
  isDead?(reason: string): void;
  /** The view's program; left out, our own. */
  readonly program?: string;
}

/** A view's process that was started, and how the terminal was set then. */
export interface StartedView {
  readonly child: ChildProcess;
  readonly settings: string | undefined;
}

/** A view under way. It begins to show when it first asks for a frame: until then the terminal is as it was. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #child: ChildProcess;
  /** How the terminal was set. */
  readonly #settings: string | undefined;
  readonly #release: () => void;
  readonly #gone: Promise<void>;
  #resolveGone: () => void = () => undefined;
  #frame: (tab: Tab) => Frame;
  #tab: Tab = 'overview';
  /** Whether the view has had a frame, and with it the terminal. */
  #hasShown = false;
  #isEnding = false;
  #isGone = false;
  #failure: { readonly error: unknown } | undefined;
  #limit: NodeJS.Timeout | undefined;
  /** Before this no frame is due, by `performance.now`. */
  #dueMs = 0;
  #answering: NodeJS.Timeout | undefined;

  /**
   * Opens a view on the terminal of this process. Output is held back until it has left.
   * @param started what `startView` gave, with the same colours and program; left out, it is started now
   */
  static open(options: ScreenOptions, started?: StartedView): Screen {
    return new Screen(
      options,
      started?.child.connected === true ? started : startView(options.open.hasColours, options.program),
    );
  }

  private constructor(options: ScreenOptions, { child, settings }: StartedView) {
    this.#options = options;
    this.#frame = (tab) => options.frame(tab);
    this.#settings = settings;
    this.#gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.#child = child;
    this.#child.ref();
    this.#child.channel?.ref();
    this.#release = holdOutput([process.stdout, process.stderr], process);
    process.once('exit', this.#abandon);
    this.#child.on('message', (message) => this.#hear(message as FromView));
    this.#child.once('error', (error) => this.#over(`the live view did not start: ${error.message}`));
    this.#child.once('exit', (code, signal) => {
      if (signal !== null) this.#reclaim();
      this.#over(signal === null ? `the live view ended with ${code ?? 0}` : `the live view was ended by ${signal}`);
    });
    this.#send(options.open);
  }

  /**
   * Shows the last frame, and waits until the view has left: at once, or if it stays when a person leaves it. A run
   * that is over before the view has shown anything leaves no trace of one.
   * @param frame what is to be shown from now on
   * @throws what a frame threw earlier
   */
  async end(frame: (tab: Tab) => Frame): Promise<void> {
    if (this.#isGone || this.#isEnding) return this.leave();
    const { stays } = this.#options.open;
    if (!stays && !this.#hasShown) return this.leave();
    this.#isEnding = true;
    this.#frame = frame;
    this.#answer('end');
    if (this.#failure === undefined) this.#limitTo(LEAVE_MS);
    return this.#left();
  }

  /**
   * Closes the view at once.
   * @throws what a frame threw earlier
   */
  async leave(): Promise<void> {
    if (!this.#isGone) this.#close();
    return this.#left();
  }

  async #left(): Promise<void> {
    await this.#gone;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  #hear(message: FromView): void {
    if (message.kind === 'next') {
      this.#tab = message.tab;
      if (!this.#isEnding || this.#options.open.stays) this.#answerWhenDue();
    } else if (message.kind === 'wish') {
      this.#options.wish(message.wish);
    } else if (this.#options.open.stays) {
      // Whoever reads the last frame takes their time.
      clearTimeout(this.#limit);
    }
  }

  #answerWhenDue(): void {
    const waitMs = this.#dueMs - performance.now();
    if (waitMs <= 0) this.#answer('frame');
    else this.#answering = setTimeout(() => this.#answer('frame'), waitMs);
  }

  #answer(kind: 'frame' | 'end'): void {
    clearTimeout(this.#answering);
    if (this.#failure !== undefined) return;
    const startedMs = performance.now();
    try {
      const frame = this.#frame(this.#tab);
      this.#hasShown = true;
      this.#send({ kind, frame });
      const endedMs = performance.now();
      this.#dueMs = endedMs + Math.min(WAIT_MS_MAX, (endedMs - startedMs) / SHARE_MAX);
    } catch (error) {
      this.#failure = { error };
      this.#close();
    }
  }

  #send(message: ToView): void {
    // To one that has gone: its exit tells.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #close(): void {
    this.#isEnding = true;
    clearTimeout(this.#answering);
    if (this.#hasShown) {
      this.#send({ kind: 'leave' });
      this.#limitTo(LEAVE_MS);
    } else {
      // It has not touched the terminal.
      this.#child.kill('SIGKILL');
    }
  }

  #limitTo(ms: number): void {
    clearTimeout(this.#limit);
    this.#limit = setTimeout(() => this.#child.kill('SIGKILL'), ms);
  }

  /** Gives the terminal back for a view that was killed. */
  #reclaim(): void {
    if (!this.#hasShown) return;
    leaveScreen();
    restoreSettings(this.#settings);
  }

  #over(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#limit);
    clearTimeout(this.#answering);
    process.removeListener('exit', this.#abandon);
    this.#release();
    this.#resolveGone();
    if (!this.#isEnding) this.#options.isDead?.(reason);
  }

  /** The process ends with the view open. Node itself sets the terminal as it was when it started. */
  readonly #abandon = (): void => {
    this.#isGone = true;
    this.#child.kill('SIGKILL');
    if (this.#hasShown) {
      sleepNow(KILLED_MS);
      leaveScreen();
    }
    this.#release();
  };
}

/**
 * Starts the view's process, with the terminal of this one, which it leaves alone until a screen is opened. It keeps no
 * process alive, and ends when this one does: whoever will want a view starts it early, since it takes a while to load.
 */
export function startView(hasColours: boolean, program = viewFile()): StartedView {
  const settings = terminalSettings();
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production' };
  // What ink's own developers use.
  delete env['DEV'];
  delete env['NO_COLOR'];
  // 1 is the 16 colours whose look the person has chosen.
  env['FORCE_COLOR'] = hasColours ? '1' : '0';
  if (!hasColours) env['NO_COLOR'] = '1';
  const child = fork(program, [], { env, execArgv: [], stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  child.unref();
  child.channel?.unref();
  // One that is still loading would notice only afterwards that nobody wants it any more.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
  // Whoever opens a screen on it hears of it.
  child.on('error', () => undefined);
  return { child, settings };
}

/** The view's program beside this file: its source, or what was built of it. */
function viewFile(): string {
  const source = fileURLToPath(new URL('view-process.ts', import.meta.url));
  return existsSync(source) ? source : source.replace(/\.ts$/, '.js');
}
