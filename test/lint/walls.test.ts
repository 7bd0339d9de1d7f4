// The linter's house rules fire: a small house with one offence a file is linted with the project's own configuration.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const ROOMS = ['sim', 'models', 'relay-adapter', 'scenarios', 'cli', 'test'] as const;
const SIMULATED = ['sim', 'models', 'scenarios'] as const;

const WALL = 'eslint(no-restricted-imports)';
const GLOBAL = 'eslint(no-restricted-globals)';
const PROPERTY = 'eslint(no-restricted-properties)';

/** Each source of ambient time, randomness, locale or wire, and the rule that must stop it. */
const AMBIENT: readonly [name: string, code: string, rule: string][] = [
  ['date-now', 'export const x = Date.now();', GLOBAL],
  ['new-date', 'export const x = new Date();', GLOBAL],
  ['global-date', 'export const x = globalThis.Date;', GLOBAL],
  ['performance', 'export const x = performance.now();', GLOBAL],
  ['web-crypto', 'export const x = crypto.randomUUID();', GLOBAL],
  ['set-timeout', 'setTimeout(() => {}, 1);', GLOBAL],
  ['set-interval', 'setInterval(() => {}, 1);', GLOBAL],
  ['set-immediate', 'setImmediate(() => {});', GLOBAL],
  ['fetch', "export const x = fetch('http://localhost');", GLOBAL],
  ['math-random', 'export const x = Math.random();', PROPERTY],
  ['math-random-taken', 'const { random } = Math;\nexport const x = random();', PROPERTY],
  ['math-pow', 'export const x = Math.pow(2, 3);', PROPERTY],
  ['hrtime', 'export const x = process.hrtime();', PROPERTY],
  ['hrtime-bigint', 'export const x = process.hrtime.bigint();', PROPERTY],
  ['environment', 'export const x = process.env;', PROPERTY],
  ['locale-compare', "export const x = 'a'.localeCompare('b');", PROPERTY],
  ['node-crypto', "export { randomBytes } from 'node:crypto';", WALL],
  ['bare-crypto', "export { randomBytes } from 'crypto';", WALL],
  ['perf-hooks', "export { performance } from 'node:perf_hooks';", WALL],
  ['timers', "export { setTimeout as x } from 'node:timers';", WALL],
  ['timers-promises', "export { setTimeout as x } from 'node:timers/promises';", WALL],
  ['node-process', "export { hrtime } from 'node:process';", WALL],
  ['node-http', "export { request } from 'node:http';", WALL],
];

interface Diagnostic {
  code: string;
  filename: string;
}

/** Lints a folder with the configuration that stands in it. */
function lint(folder: string): Diagnostic[] {
  const tool = join(root, 'node_modules/oxlint/bin/oxlint');
  const env = { ...process.env, OXLINT_TSGOLINT_PATH: join(root, 'node_modules/.bin/tsgolint') };
  let output: string;
  try {
    output = execFileSync(process.execPath, [tool, '--format', 'json'], { cwd: folder, env, encoding: 'utf8' });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  return (JSON.parse(output) as { diagnostics: Diagnostic[] }).diagnostics;
}

describe('a house with one offence a file', () => {
  let house: string;
  let rulesByFile: Map<string, string[]>;

  const write = (file: string, code: string): void => {
    mkdirSync(dirname(join(house, file)), { recursive: true });
    writeFileSync(join(house, file), `${code}\n`);
  };
  const rulesFor = (file: string): string[] => rulesByFile.get(file) ?? [];

  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'squall-house-'));
    copyFileSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'));
    copyFileSync(join(root, 'tsconfig.json'), join(house, 'tsconfig.json'));
    mkdirSync(join(house, 'node_modules'));
    symlinkSync(join(root, 'node_modules/@types'), join(house, 'node_modules/@types'), 'junction');
    for (const room of ROOMS) {
      write(`${room}/thing.ts`, 'export type Thing = number;\nexport const thing: Thing = 1;');
      for (const other of ROOMS) {
        if (other === room) continue;
        write(`${room}/from-${other}.ts`, `export { thing } from '../${other}/thing.ts';`);
        write(
          `${room}/deep/from-${other}.ts`,
          `import { thing } from '../../${other}/thing.ts';\nexport const x = thing;`,
        );
        write(`${room}/type-from-${other}.ts`, `export type { Thing } from '../${other}/thing.ts';`);
        write(`${room}/lazy-from-${other}.ts`, `export const x = (): unknown => import('../${other}/thing.ts');`);
      }
      write(`${room}/self.ts`, "export { run } from 'squall';");
    }
    for (const room of [...SIMULATED, 'relay-adapter', 'cli']) {
      for (const [name, code] of AMBIENT) write(`${room}/ambient-${name}.ts`, code);
    }
    write(
      'sim/guard.ts',
      [
        'export const x = [Date.now(), Math.random(), performance.now(), crypto.randomUUID(), process.hrtime()];',
        "export { randomBytes } from 'node:crypto';",
        "export { thing } from '../models/thing.ts';",
      ].join('\n'),
    );
    write(
      'sim/own-field.ts',
      'export const clock = { Date: 1, random: (): number => 4 };\nexport const x = clock.random();',
    );
    write('sim/yjs.ts', "export { Doc } from 'yjs';");
    write('models/yjs.ts', "export { Doc } from 'yjs';");
    write('cli/floating.ts', 'async function later(): Promise<void> {}\nexport function go(): void {\n  later();\n}');
    write('cli/unused.ts', 'const left = 1;\nexport const right = 2;');
    write('cli/any.ts', 'export const x = (value: any): string => String(value);');
    write('cli/type-annotation.ts', "export const x: import('./thing.ts').Thing = 1;");

    rulesByFile = new Map();
    for (const { filename, code } of lint(house)) {
      rulesByFile.set(filename, [...rulesFor(filename), code]);
    }
  });

  afterAll(() => rmSync(house, { recursive: true, force: true }));

  const pairs = ROOMS.flatMap((room) => ROOMS.filter((other) => other !== room).map((other) => [room, other] as const));

  test.each(pairs.filter(([room, other]) => ROOMS.indexOf(other) > ROOMS.indexOf(room)))(
    '%s may not import %s',
    (room, other) => {
      for (const file of ['from', 'deep/from', 'type-from', 'lazy-from']) {
        expect(rulesFor(`${room}/${file}-${other}.ts`), file).toContain(WALL);
      }
    },
  );

  test.each(pairs.filter(([room, other]) => ROOMS.indexOf(other) < ROOMS.indexOf(room)))(
    '%s may import %s',
    (room, other) => {
      for (const file of ['from', 'deep/from', 'type-from', 'lazy-from']) {
        expect(rulesFor(`${room}/${file}-${other}.ts`), file).toEqual([]);
      }
    },
  );

  test('no room but test goes round the walls by the name of the package', () => {
    for (const room of ROOMS.slice(0, -1)) expect(rulesFor(`${room}/self.ts`), room).toContain(WALL);
    expect(rulesFor('test/self.ts')).toEqual([]);
  });

  test.each(AMBIENT)('simulated code may not use %s', (name, _code, rule) => {
    for (const room of SIMULATED) expect(rulesFor(`${room}/ambient-${name}.ts`), room).toContain(rule);
  });

  test('the adapter and the command may read real clocks and open sockets', () => {
    for (const room of ['relay-adapter', 'cli']) {
      for (const [name] of AMBIENT) {
        const rules = rulesFor(`${room}/ambient-${name}.ts`);
        for (const rule of [WALL, GLOBAL, PROPERTY]) expect(rules, `${room}: ${name}`).not.toContain(rule);
      }
    }
  });

  test('the guard may touch what it patches, but keeps the wall', () => {
    expect(rulesFor('sim/guard.ts')).toEqual([WALL]);
  });

  test("a part's own fields of the same name are no offence", () => {
    expect(rulesFor('sim/own-field.ts')).toEqual([]);
  });

  test('the kernel knows no CRDT library, the models may', () => {
    expect(rulesFor('sim/yjs.ts')).toContain(WALL);
    expect(rulesFor('models/yjs.ts')).toEqual([]);
  });

  test.each([
    ['a promise that nobody awaits', 'cli/floating.ts', 'typescript(no-floating-promises)'],
    ['an unused variable', 'cli/unused.ts', 'eslint(no-unused-vars)'],
    ['an explicit any', 'cli/any.ts', 'typescript(no-explicit-any)'],
    ['an import hidden in a type annotation', 'cli/type-annotation.ts', 'typescript(consistent-type-imports)'],
  ])('%s is an error', (_what, file, rule) => {
    expect(rulesFor(file)).toContain(rule);
  });
});

describe('this tree', () => {
  test('keeps its walls', () => {
    const offences = lint(root).filter(({ code }) => [WALL, GLOBAL, PROPERTY].includes(code));
    expect(offences).toEqual([]);
  });

  test('switches no wall off by a comment', () => {
    const sources = globSync('{sim,models,relay-adapter,scenarios,cli}/**/*.ts', { cwd: root });
    expect(sources.length).toBeGreaterThan(0);
    const silenced = sources.filter((file) =>
      /(oxlint|eslint)-disable[^\n]*no-restricted-imports/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(silenced).toEqual([]);
  });
});
