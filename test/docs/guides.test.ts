// The commands that the guides show: each takes the flags that it is given, and those of the guides that a reader types in
// order end as it is said there (`# exit 1`; 0 where nothing is said).

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CommandName, flagsOf, takesValue } from '../../cli/command-flags.ts';
import { COMMAND_NAMES } from './reference/commands.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const papers = ['README.md', ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md') && name !== 'docs/reference.md',
);

/** A command of a guide: its words, what it is to end with, and whether it is a line of its own in a shell's block. */
interface Shown {
  readonly words: readonly string[];
  readonly exit: number;
}

/** The lines of the blocks of a shell and of YAML, and code within a sentence, that call squall. */
function shownIn(text: string): Shown[] {
  const blocks = [...text.matchAll(/^```(?:sh|yaml)\n([\s\S]*?)^```/gm)].flatMap(([, block]) => block!.split('\n'));
  const lines = blocks.flatMap((line) => /npx squall (.+)$/.exec(line)?.[1] ?? []);
  return lines.map((line) => {
    const [command, said] = line.split(/ +# /) as [string, string | undefined];
    const exit = Number(/exit (\d+)/.exec(said ?? '')?.[1] ?? 0);
    const alone = command.replace(/\).*$/, '');
    return { words: (alone.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', '')), exit };
  });
}

const textOf = (paper: string): string => readFileSync(join(root, paper), 'utf8');

test.each(papers)('the commands of %s take the flags that they are given', (paper) => {
  for (const { words } of shownIn(textOf(paper))) {
    const [name, ...rest] = words;
    expect(COMMAND_NAMES, words.join(' ')).toContain(name);
    const flags = flagsOf(name as CommandName);
    rest.forEach((word, at) => {
      const flag = word === '-o' ? 'output' : /^--([a-z-]+)/.exec(word)?.[1];
      if (flag === undefined) return;
      expect(flags, words.join(' ')).toContain(flag);
      const next = rest[at + 1];
      if (takesValue(flag))
        expect(next?.startsWith('--') ?? true, `${flag} has a value in ${words.join(' ')}`).toBe(false);
    });
  }
});

test('there are guides with commands to type', () => {
  for (const paper of ['docs/ci.md', 'docs/reproduce.md', 'docs/report.md']) {
    expect(shownIn(textOf(paper)).length, paper).toBeGreaterThan(4);
  }
});

describe.each(['docs/reproduce.md', 'docs/report.md'])('the commands of %s, in order', (paper) => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'squall-guide-'));
    symlinkSync(`${root}models`, join(folder, 'models'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // A collector is nothing that a test has by itself.
  const shown = shownIn(textOf(paper)).filter(({ words }) => !words.includes('--otlp'));

  test.each(shown.map(({ words, exit }) => [words.join(' '), words, exit] as const))(
    '%s',
    { timeout: 120_000 },
    (_line, words, exit) => {
      const args = [`${root}dist/cli/main.js`, ...words];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, GITHUB_ACTIONS: '' },
      });
      expect(status, stdout + stderr).toBe(exit);
      words.forEach((word, at) => {
        const isWritten = ['-o', '--json', '--report', '--perfetto', '--shiviz'].includes(words[at - 1] ?? '');
        if (isWritten) expect(existsSync(join(folder, word)), word).toBe(true);
      });
    },
  );
});

test('the story of the guide is the one that the command tells', () => {
  const story = /```text\n(time {4}A[\s\S]+?)```/.exec(textOf('docs/reproduce.md'))![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'squall-guide-'));
  try {
    symlinkSync(`${root}models`, join(folder, 'models'));
    const [hunt, replay] = shownIn(textOf('docs/reproduce.md'));
    const run = (words: readonly string[]): string =>
      spawnSync(process.execPath, [`${root}dist/cli/main.js`, ...words], { cwd: folder, encoding: 'utf8' }).stdout;
    const found = /```text\n(✗ safety[\s\S]+?)```/.exec(textOf('docs/reproduce.md'))![1]!;
    expect(run(hunt!.words)).toContain(found);
    expect(run(replay!.words)).toContain(story);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
