// The package as other repositories meet it: packed, installed into an empty project, run, imported and type-checked.
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const PREPARE_TIMEOUT_MS = 300_000;

let project: string;
let packed: string[];

/**
 * The environment of a person's own shell: the Node that runs the tests first, and nothing of the npm script that
 * started them, which would tell npm that it is still in this repository.
 */
function ownShell(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command|execpath|node_execpath|config_local_prefix)/.test(name),
  );
  const outside = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return {
    ...Object.fromEntries(inherited),
    PATH: [dirname(process.execPath), ...outside].join(delimiter),
    NODE_OPTIONS: '',
    NO_COLOR: '1',
  };
}

/** Runs a program in a folder and gives what it printed; throws with all its output where it fails. */
function run(folder: string, program: string, ...args: string[]): string {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: folder,
    env: ownShell(),
    encoding: 'utf8',
    shell,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** A scenario of one's own, with what the package gives for it. */
const OWN_SCENARIO = [
  "import { defineScenario, drawEntity, CHART_OF_ACCOUNTS, entityName, workloadOf, z, type World } from 'squall';",
  'const workload = z.strictObject({ thinkMs: z.number().min(1).default(1000) });',
  'export default defineScenario({',
  "  name: 'own',",
  "  title: 'accounts of one ledger',",
  '  workload,',
  "  defaults: () => ({ thresholds: { requests: ['p(95)<500'] } }),",
  '  build(world: World): void {',
  '    const { thinkMs } = workloadOf(world.config, workload);',
  '    const ledger = world.ledger(world.config.users);',
  '    for (let user = 0; user < world.config.users; user++) {',
  '      const content = world.stream(`user/${user}/content`);',
  '      world.user(world.device(ledger), function* () {',
  '        for (let n = 0; ; n++) {',
  "          const name = entityName('account', user, n);",
  "          const draft = drawEntity(content, 'account', name, CHART_OF_ACCOUNTS, world.simulation.epochMs);",
  "          yield { name: 'create', steps: [{ do: 'edit', draft }, { do: 'push' }], thinkUs: thinkMs * 1000 };",
  '        }',
  '      });',
  '    }',
  '  },',
  '});',
];

function write(file: string, ...lines: string[]): void {
  writeFileSync(join(project, file), `${lines.join('\n')}\n`);
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'squall-package-'));
  // The build is that of test/build.ts: packing without scripts leaves it as it is.
  const [tarball] = JSON.parse(
    run(root, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', project),
  ) as { filename: string; files: { path: string }[] }[];
  packed = tarball!.files.map((file) => file.path).toSorted();
  write('package.json', '{ "name": "empty", "private": true, "type": "module" }');
  run(
    project,
    'npm',
    'install',
    `./${tarball!.filename}`,
    'yjs@13.6.33',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  );
}, PREPARE_TIMEOUT_MS);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the tarball', () => {
  test('holds the built rooms, the licence and the papers, and nothing else', () => {
    const strangers = packed.filter(
      (file) =>
        !/^dist\/(sim|models|relay-adapter|scenarios|cli)\/.+\.(js|d\.ts)$/.test(file) &&
        !/^docs\/.+\.(csv|json|md|mjs|svg|ts|txt)$/.test(file) &&
        // Of the packages that are bundled into the view.
        file !== 'dist/cli/tui/view-process.LICENCES.txt' &&
        !file.startsWith('baselines/') &&
        !['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'].includes(file),
    );
    expect(strangers).toEqual([]);
    expect(packed).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']));
  });

  test('holds the output of each source, and none whose source is gone', () => {
    const sources = globSync('{sim,models,relay-adapter,scenarios,cli}/**/*.ts', { cwd: root })
      .filter((file) => !file.endsWith('.d.ts'))
      .map((file) => `dist/${file.replace(/\.ts$/, '.js')}`);
    expect(packed.filter((file) => file.endsWith('.js'))).toEqual(sources.toSorted());
  });

  test('holds the papers that the README leads to', () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const linked = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, file]) => file!);
    expect(linked.length).toBeGreaterThan(4);
    expect(packed).toEqual(expect.arrayContaining(linked));
  });

  test('holds every file that the manifest points at', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>;
    const pointedAt = JSON.stringify([manifest['bin'], manifest['exports']]).match(/[\w./-]+\.(json|js|d\.ts)/g) ?? [];
    expect(pointedAt.length).toBeGreaterThan(4);
    for (const file of pointedAt) expect(packed).toContain(file.replace(/^\.\//, ''));
  });
});

describe('installed into an empty project', () => {
  test('the command runs a storm and passes', () => {
    const flags = ['--profile', 'light', '--seed', '42', '--duration', '2s', '--users', '5', '--no-tui'];
    const said = run(project, 'npx', '--no-install', 'squall', 'run', 'sync-relay', ...flags);
    expect(said).toMatch(/trace ?hash/i);
  });

  test('the library runs a storm and gives its result', () => {
    write(
      'library.js',
      "import { run } from 'squall';",
      "const flags = { profile: 'light', seed: '42', users: 5, durationMs: 2000 };",
      "const result = await run('sync-relay', flags);",
      'console.log(JSON.stringify({ seed: result.seed, scenario: result.scenario, hash: typeof result.traceHash }));',
    );
    const said = JSON.parse(run(project, process.execPath, 'library.js')) as unknown;
    expect(said).toEqual({ seed: '42', scenario: 'sync-relay', hash: 'string' });
  });

  test('the kernel is a library entry of its own, and loads no other room', () => {
    write(
      'kernel.js',
      "import { registerHooks } from 'node:module';",
      'const loaded = [];',
      'registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });',
      "const { Simulation } = await import('squall/sim');",
      'const own = loaded.map((url) => /squall\\/dist\\/([^/]+)\\//.exec(url)?.[1]).filter(Boolean);',
      'console.log(typeof Simulation, [...new Set(own)].join());',
    );
    expect(run(project, process.execPath, 'kernel.js').trim()).toBe('function sim');
  });

  test('there is one yjs in the tree', () => {
    const found = globSync('node_modules/**/yjs/package.json', { cwd: project });
    expect(found).toEqual([join('node_modules', 'yjs', 'package.json')]);
  });

  test('nothing of the development tools comes along', () => {
    const installed = readdirSync(join(project, 'node_modules'));
    for (const tool of ['typescript', 'vitest', 'oxlint', 'node', 'fast-check']) expect(installed).not.toContain(tool);
  });

  test.each([
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ])('the types resolve under moduleResolution %s', (moduleResolution, module) => {
    const folder = join(project, moduleResolution);
    mkdirSync(folder);
    write(
      `${moduleResolution}/use.ts`,
      "import { type Config, type ConfigLayer, type Finding, InputError, type MetricResult } from 'squall';",
      "import { type Result, run, type RunOptions, type ScenarioDefinition, type World } from 'squall';",
      "import { Simulation } from 'squall/sim';",
      "const options: RunOptions = { profile: 'light', seed: '42', users: 5, network: 'lte', config: { drain: {} } };",
      "export const results: Promise<Result>[] = [run('sync-relay', options), run({ scenario: 'sync-relay' })];",
      'export const again = (result: Result): Promise<Result> => run(result.scenario, { config: result.config });',
      'export const metric = (result: Result): MetricResult | undefined => result.metrics[0];',
      'export const finding = (result: Result): Finding | undefined => result.findings[0];',
      'export const layer = (config: Config): ConfigLayer => config;',
      'export const users = (world: World): number => world.config.users;',
      'export const name = (scenario: ScenarioDefinition): string => scenario.name;',
      'export const field = (error: unknown): string => (error instanceof InputError ? error.field : String(error));',
      'export const hash = (result: Result): string => result.traceHash satisfies string;',
      '// Neither is `any`: what does not resolve would take anything.',
      '// @ts-expect-error a result has no such field',
      'export const wrong = (result: Result): unknown => result.noSuchField;',
      '// @ts-expect-error a world has no such field',
      'export const wrongToo = (world: World): unknown => world.noSuchField;',
      '// @ts-expect-error an option has no such name',
      "export const misspelt = run('sync-relay', { usres: 5 });",
      '// @ts-expect-error a simulation has no such field',
      'export const alsoWrong = (simulation: Simulation): unknown => simulation.noSuchField;',
    );
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      target: 'es2023',
      types: [],
      moduleResolution,
      module,
    };
    write(`${moduleResolution}/tsconfig.json`, JSON.stringify({ compilerOptions, files: ['use.ts', 'own.ts'] }));
    write(`${moduleResolution}/own.ts`, ...OWN_SCENARIO);
    run(folder, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json');
  });
});
