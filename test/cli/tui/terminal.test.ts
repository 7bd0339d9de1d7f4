// The live view on a real terminal: what it shows, what reaches it, and that the terminal is given back as it was on every
// way out.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasTmux, Tmux } from './tmux.ts';

const CHILD = fileURLToPath(new URL('screen-child.ts', import.meta.url));

let folder: string;
let terminal: Tmux;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-terminal-'));
  // A script restores nothing, other than an interactive shell. It reads a line, which a raw terminal never ends.
  const script = [
    'trap : INT',
    'stty -a > before.txt',
    'echo "line before"',
    `"${process.execPath}" "${CHILD}" "$@"`,
    'echo $? > code.txt',
    'read line',
    'stty -a > after.txt',
    'echo finished',
  ];
  writeFileSync(join(folder, 'run.sh'), script.join('\n'));
});
afterEach(() => {
  terminal.kill();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function start(columns = 80, rows = 24): void {
  terminal = new Tmux({ columns, rows, folder, env: { NODE_NO_WARNINGS: '' } });
}

function read(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

function pidOf(name: 'command' | 'view'): number {
  return Number(read(`${name}.pid`));
}

/** Starts the command, and waits until its view shows. */
async function opened(...args: string[]): Promise<string[]> {
  start();
  terminal.type(`clear; sh run.sh ${args.join(' ')}`);
  const lines = await terminal.until((shown) => /^frame \d/.test(shown[1] ?? ''));
  expect(terminal.flags()).toEqual({ isAlternate: true, hasCursor: false });
  return lines;
}

/** Waits for the end, and gives what then stands on the screen. All must be as it was. */
async function left(code: number): Promise<string[]> {
  // A view whose command was killed leaves a moment later.
  await terminal.until(() => existsSync(join(folder, 'code.txt')) && isBack());
  terminal.press('Enter');
  const lines = await terminal.until((shown) => shown.includes('finished'));
  expect(read('code.txt').trim()).toBe(String(code));
  expect(read('after.txt')).toBe(read('before.txt'));
  expect(isBack()).toBe(true);
  expect(lines.join('\n')).not.toContain('view of');
  expect(lines.slice(0, 2)).toEqual(['line before', 'started']);
  return lines.slice(2, lines.indexOf('finished')).filter((line) => line !== '');
}

/** Whether the usual screen is there, with its cursor. */
function isBack(): boolean {
  const { isAlternate, hasCursor } = terminal.flags();
  return !isAlternate && hasCursor;
}

const TIME = 120_000;

describe.skipIf(!hasTmux())('a live view on a terminal', { timeout: TIME }, () => {
  it('fills the terminal, and measures wide characters right', async () => {
    const lines = await opened('none');
    expect(lines).toHaveLength(24);
    expect(lines[0]).toBe('view of scripted 80x24 tab overview');
    expect(lines[4]).toBe('日本語のデータベース|😀|é|');
    expect(lines[23]).toBe(`${'-'.repeat(79)}#`);
  });

  it('asks for frame after frame', async () => {
    await opened('none');
    await terminal.until((lines) => Number(/^frame (\d+)/.exec(lines[1]!)?.[1]) > 5);
  });

  it('is drawn anew in another size, without remains', async () => {
    await opened('none');
    for (const [columns, rows] of [
      [120, 40],
      [60, 12],
      [80, 24],
    ] as const) {
      terminal.resize(columns, rows);
      const lines = await terminal.until((shown) => shown[0]!.startsWith(`view of scripted ${columns}x${rows} `));
      expect(lines).toHaveLength(rows);
      const last = `${'-'.repeat(columns - 1)}#`;
      await terminal.until(
        (shown) => shown[rows - 1] === last && shown.filter((line) => line.includes('#')).length === 1,
      );
      await terminal.until((shown) => shown.filter((line) => line.startsWith('view of')).length === 1);
    }
  });

  it('hands keys on, and turns and helps by itself', async () => {
    await opened('none');
    terminal.press('p', 's', '+', '=', '-');
    await terminal.until('wishes pause step faster faster slower');
    terminal.press('Tab');
    await terminal.until('tab histogram');
    terminal.press('BTab', 'BTab');
    await terminal.until('tab devices');
    terminal.press('?');
    await terminal.until('tab devices help');
    terminal.press('Escape');
    await terminal.until((lines) => lines[0]!.endsWith('tab devices'));
  });

  it('leaves when the run has ended, and the summary stands below what was there', async () => {
    await opened('count', '8');
    expect(await left(0)).toEqual(['summary']);
  });

  it('stays where it is to stay, until somebody leaves it', async () => {
    await opened('stay');
    terminal.press('q');
    await terminal.until((lines) => /^frame \d+ done$/.test(lines[1]!));
    terminal.press('Tab');
    await terminal.until('tab histogram');
    terminal.press('q');
    expect(await left(0)).toEqual(['summary']);
  });

  it.each(['q', 'C-c'])('%s ends it with the summary', async (key) => {
    await opened('none');
    terminal.press(key);
    expect(await left(0)).toEqual(['summary']);
  });

  it('what is printed meanwhile comes out afterwards, in its order', async () => {
    await opened('log');
    terminal.press('s');
    const shown = await terminal.until('wishes step');
    expect(shown.join('\n')).not.toMatch(/logged|warning/);
    terminal.press('q');
    const lines = await left(0);
    expect(lines.filter((line) => /logged|written|summary/.test(line))).toEqual([
      'logged to output',
      'logged to error',
      'written',
      'summary',
    ]);
    expect(lines.join('\n')).toContain('Warning: a warning');
  });

  it.each([
    ['hang', 130],
    ['hang-deaf', 137],
  ])('a second Ctrl-C ends a command that does not come back (%s)', async (way, code) => {
    await opened(way);
    terminal.press('s');
    await terminal.until('silent');
    terminal.press('C-c');
    await terminal.until('leaving');
    terminal.press('C-c');
    const lines = await left(code);
    if (code === 137) expect(lines.join('\n')).toContain('squall: the process was killed');
  });

  it('an exception that nobody catches is told below', async () => {
    await opened('throw');
    terminal.press('s');
    expect((await left(1)).join('\n')).toContain('Error: thrown on purpose');
  });

  it('process.exit gives it back', async () => {
    await opened('exit');
    terminal.press('s');
    expect(await left(7)).toEqual([]);
  });

  it.each([
    ['SIGKILL', 137],
    ['SIGTERM', 143],
  ] as const)('%s of the command gives it back', async (signal, code) => {
    await opened('none');
    process.kill(pidOf('command'), signal);
    expect((await left(code)).join('\n')).toContain('squall: the process was killed');
  });

  it('a command that is killed in silence has hung', async () => {
    await opened('silent');
    terminal.press('s');
    await terminal.until('silent');
    process.kill(pidOf('command'), 'SIGKILL');
    expect((await left(137)).join('\n')).toContain('squall: it hung');
  });

  it('a view that is killed gives it back at once, and the command goes on', async () => {
    await opened('none');
    process.kill(pidOf('view'), 'SIGKILL');
    const lines = await left(0);
    expect(lines).toEqual(['without a view: the live view was ended by SIGKILL', 'summary']);
    expect(read('dead.txt')).toBe(read('before.txt'));
  });

  it('signals that the command gets too do not end the view', async () => {
    await opened('none');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pidOf('view'), signal);
    terminal.press('p');
    await terminal.until('wishes pause');
    terminal.press('q');
    expect(await left(0)).toEqual(['summary']);
  });

  it('Ctrl-Z stops it with the terminal given back, and fg goes on', async () => {
    start();
    terminal.type(`stty -a > before.txt; clear; "${process.execPath}" "${CHILD}" none`);
    await terminal.until('frame ');
    terminal.press('C-z');
    await terminal.until('Stopped');
    expect(isBack()).toBe(true);
    terminal.type('stty -a > stopped.txt; echo typed');
    await terminal.until((lines) => lines.includes('typed'));
    expect(read('stopped.txt')).toBe(read('before.txt'));
    terminal.type('fg');
    await terminal.until((lines) => lines[0]!.startsWith('view of scripted'));
    expect(terminal.flags()).toEqual({ isAlternate: true, hasCursor: false });
    terminal.press('p');
    await terminal.until('wishes pause');
    terminal.press('q');
    await terminal.until('summary');
    terminal.type('stty -a > after.txt; echo finished');
    await terminal.until((lines) => lines.includes('finished'));
    expect(read('after.txt')).toBe(read('before.txt'));
  });

  it('bg after Ctrl-Z goes on without the terminal, and fg brings the view back', async () => {
    start();
    terminal.type(`clear; "${process.execPath}" "${CHILD}" none`);
    await terminal.until('frame ');
    terminal.press('C-z');
    await terminal.until('Stopped');
    terminal.type('bg; sleep 1; jobs; echo look""ed');
    const lines = await terminal.until((shown) => shown.includes('looked'));
    expect(lines.some((line) => line.includes('Running'))).toBe(true);
    expect(lines.some((line) => line.startsWith('view of scripted'))).toBe(false);
    expect(isBack()).toBe(true);
    terminal.type('fg');
    await terminal.until((shown) => shown[0]!.startsWith('view of scripted'));
    terminal.press('q');
    await terminal.until('summary');
  });

  it('after kill -9 a shell can be typed into', async () => {
    start();
    terminal.type(`stty -a > before.txt; clear; "${process.execPath}" "${CHILD}" none`);
    await terminal.until('frame ');
    process.kill(pidOf('command'), 'SIGKILL');
    await terminal.until(isBack);
    // What the shell said before the view had left is gone with its screen.
    terminal.press('Enter');
    terminal.type('stty -a > after.txt; echo fin""ished');
    const lines = await terminal.until((shown) => shown.includes('finished'));
    expect(lines).toContain('$ stty -a > after.txt; echo fin""ished');
    expect(read('after.txt')).toBe(read('before.txt'));
  });

  it('a run that is over before the view shows leaves no trace of one', async () => {
    start();
    terminal.type('clear; sh run.sh at-once');
    expect(await left(0)).toEqual(['summary']);
    expect(existsSync(join(folder, 'view.pid'))).toBe(false);
  });
});
