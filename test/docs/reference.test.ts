// The generated reference is what the code gives, and nothing in it lacks a line: keys of the configuration, parameters of
// scenarios, exit codes, oracles, commands.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { flagsOf } from '../../cli/command-flags.ts';
import { CONFIG_DESCRIPTIONS, WORKLOAD_DESCRIPTIONS } from '../../scenarios/config-descriptions.ts';
import { SCENARIOS } from '../../scenarios/registry.ts';
import { EXIT_PRECEDENCE } from '../../scenarios/result.ts';
import { COMMAND_NAMES } from './reference/commands.ts';
import { VALUE_PATHS } from './reference/configuration.ts';
import { membersOf } from './reference/declarations.ts';
import { EXIT_MEANINGS } from './reference/exit-codes.ts';
import { oracleFiles } from './reference/kinds.ts';
import { code, figure, rowsOf, table, words } from './reference/markdown.ts';
import { referenceText } from './reference/page.ts';

const page = readFileSync(new URL('../../docs/reference.md', import.meta.url), 'utf8');

test('the reference is what the code gives: npm run docs:reference makes it anew', { timeout: 60_000 }, async () => {
  expect(page).toBe(await referenceText());
});

test('each key of the configuration has a line, and no line is for a key that there is not', () => {
  expect(Object.keys(CONFIG_DESCRIPTIONS).toSorted()).toEqual([...VALUE_PATHS].toSorted());
});

test('each parameter of a scenario has a line', () => {
  const keys = Object.fromEntries(
    Object.values(SCENARIOS).map(({ name, workload }) => [name, Object.keys(workload.shape)]),
  );
  const lines = Object.fromEntries(
    Object.entries(WORKLOAD_DESCRIPTIONS).map(([name, own]) => [name, Object.keys(own)]),
  );
  expect(lines).toEqual(keys);
});

test('each exit code that can win has a meaning, and is given by some command', () => {
  expect(new Set(EXIT_MEANINGS.keys())).toEqual(new Set(EXIT_PRECEDENCE));
  for (const row of rowsOf(page, '## Exit codes')) expect(row[2], row[0]).not.toBe('');
});

test('each module that judges is an oracle of the table', () => {
  const named = rowsOf(page, '## Oracles').map(([oracle]) => oracle!.replaceAll('`', ''));
  expect(oracleFiles().length).toBeGreaterThan(10);
  expect(named).toEqual(expect.arrayContaining(oracleFiles()));
});

test.each(COMMAND_NAMES)('the flags of %s stand in its table', (name) => {
  const rows = rowsOf(page, `### \`squall ${name}\``);
  const named = rows.map(([cell]) => /--([a-z-]+)/.exec(cell!)![1]);
  expect(named).toEqual(flagsOf(name));
});

describe('what the page is made of', () => {
  test('a table is aligned by the width that a terminal gives its cells', () => {
    expect(table(['a', 'b'], [['表', 'x'], ['abcd']])).toBe(
      ['| a    | b   |', '| ---- | --- |', '| 表   | x   |', '| abcd |     |'].join('\n'),
    );
  });

  test('pipes and tags come out harmless, in code as in words', () => {
    expect(words('a|b <script> `x<y|z`')).toBe('a\\|b \\<script> `x<y\\|z`');
    expect(code('<name|file>')).toBe('`<name\\|file>`');
  });

  test('figures are grouped, fractions are not', () => {
    expect([0, 999, 1000, 10_485_760, 0.35].map(figure)).toEqual(['0', '999', '1,000', '10,485,760', '0.35']);
  });

  test('a pipe that is escaped does not part two cells', () => {
    expect(rowsOf('\n## T\n\n| a | b |\n| - | - |\n| x \\| y | `z` |\n\n## U\n', '## T')).toEqual([['x \\| y', '`z`']]);
  });

  test('members of an interface come with their comments and types, of several lines too', () => {
    const members = membersOf('scenarios/baseline/comparison.ts', 'BaselineComparison');
    expect(members.map(({ name }) => name)).toContain('exitCode');
    expect(members.find(({ name }) => name === 'file')).toEqual({
      name: 'file',
      isOptional: false,
      type: 'string',
      comment: "The baseline's file.",
    });
    expect(membersOf('scenarios/result.ts', 'Load').map(({ name }) => name)).toEqual(['scheduleErrorMs', 'reasons']);
    expect(() => membersOf('scenarios/result.ts', 'Nobody')).toThrow('no interface Nobody');
  });
});
