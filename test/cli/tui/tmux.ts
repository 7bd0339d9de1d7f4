// A real terminal to look at and type into: tmux, with a server of its own. It must not know what runs in it.
import { execFileSync, spawnSync } from 'node:child_process';

/** Longer than anything that is waited for takes on a busy machine. */
const WAIT_MS = 40_000;
const LOOK_MS = 30;

/** Whether tmux is here. Where SQUALL_NEED_TMUX=1 it has to be. */
export function hasTmux(): boolean {
  const isHere = spawnSync('tmux', ['-V']).status === 0;
  if (!isHere && process.env['SQUALL_NEED_TMUX'] === '1') throw new Error('tmux is needed (SQUALL_NEED_TMUX=1)');
  return isHere;
}

export interface TmuxOptions {
  readonly columns: number;
  readonly rows: number;
  readonly folder: string;
  /** On top of PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
}

let started = 0;

/** One terminal in which an interactive bash runs. */
export class Tmux {
  readonly #socket: string;

  constructor({ columns, rows, folder, env = {} }: TmuxOptions) {
    started += 1;
    this.#socket = `squall-test-${process.pid}-${started}`;
    const shell = ['bash', '--norc', '--noprofile', '-i'];
    const surroundings = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      LC_ALL: 'C.UTF-8',
      PS1: '$ ',
      BASH_SILENCE_DEPRECATION_WARNING: '1',
      ...env,
    };
    const session = ['new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', folder];
    const options = { env: { ...surroundings, TERM: 'xterm-256color' }, stdio: 'pipe' } as const;
    execFileSync('tmux', [...this.#server(), ...session, '--', ...shell], options);
    // The whole size is for what runs in it.
    this.#tmux('set-option', '-g', 'status', 'off');
    this.resize(columns, rows);
  }

  /** Presses keys, each by tmux's name (`q`, `C-c`, `Tab`, `BTab`, `Enter`). */
  press(...keys: string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** Types a line and ends it. */
  type(line: string): void {
    this.#tmux('send-keys', '-l', line);
    this.press('Enter');
  }

  /** What stands on the screen, line by line without blanks at the ends. */
  screen(): string[] {
    const lines = this.#tmux('capture-pane', '-p').split('\n');
    return lines.slice(0, -1).map((line) => line.trimEnd());
  }

  /** The screen with its escape codes. */
  colours(): string {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** Whether the alternate screen is shown, and the cursor. */
  flags(): { readonly isAlternate: boolean; readonly hasCursor: boolean } {
    const [alternate, cursor] = this.#tmux('display-message', '-p', '#{alternate_on} #{cursor_flag}').trim().split(' ');
    return { isAlternate: alternate === '1', hasCursor: cursor === '1' };
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /**
   * Waits until the screen shows something.
   * @param what a text, or what is true of the screen
   * @throws Error with the screen where it does not come
   */
  async until(what: string | ((lines: string[]) => boolean)): Promise<string[]> {
    const isThere = typeof what === 'string' ? (lines: string[]) => lines.some((line) => line.includes(what)) : what;
    const end = performance.now() + WAIT_MS;
    for (;;) {
      const lines = this.screen();
      if (isThere(lines)) return lines;
      if (performance.now() > end) throw new Error(`${String(what)} did not come:\n${lines.join('\n')}`);
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS);
      });
    }
  }

  kill(): void {
    spawnSync('tmux', [...this.#server(), 'kill-server']);
  }

  #server(): string[] {
    return ['-u', '-L', this.#socket, '-f', '/dev/null'];
  }

  #tmux(...args: string[]): string {
    return execFileSync('tmux', [...this.#server(), ...args], { encoding: 'utf8', stdio: 'pipe' });
  }
}
