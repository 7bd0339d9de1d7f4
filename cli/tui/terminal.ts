// The terminal given back by hand, for when the process that had it cannot do so any more. It must not know what was
// shown.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Ends a synchronized update, leaves the alternate screen, takes colours back, shows the cursor. */
const LEAVE = '\u001b[?2026l\u001b[?1049l\u001b[0m\u001b[?25h';

/** How often a write to a terminal that takes nothing is tried again, and the time between, ms. */
const WRITE_TRIES = 200;
const WRITE_WAIT_MS = 5;

/** Writes at once, whatever state the process is in. What cannot be written is dropped. */
export function writeNow(descriptor: 1 | 2, text: string): void {
  let bytes: Uint8Array = Buffer.from(text);
  for (let tries = 0; bytes.length > 0 && tries < WRITE_TRIES; tries += 1) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      sleepNow(WRITE_WAIT_MS);
    }
  }
}

/** Waits without a turn of the event loop, ms. */
export function sleepNow(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, ms);
}

/** Leaves the alternate screen and shows the cursor. */
export function leaveScreen(): void {
  if (isatty(1)) writeNow(1, LEAVE);
}

/** Whether this process may draw and read keys: false where its job was put into the background. Told on Linux alone. */
export function isInForeground(): boolean {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'utf8');
  } catch {
    return true;
  }
  // After the name, which may hold anything: state, parent, process group, session, terminal, the group that has it.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return foreground === '-1' || foreground === group;
}

/** How the terminal of standard input is set, as `stty` writes it; undefined where there is none, or no `stty`. */
export function terminalSettings(): string | undefined {
  if (!isatty(0)) return undefined;
  const { status, stdout } = spawnSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Sets the terminal of standard input as it was. */
export function restoreSettings(settings: string | undefined): void {
  if (settings !== undefined) spawnSync('stty', [settings], { stdio: ['inherit', 'ignore', 'ignore'] });
}
