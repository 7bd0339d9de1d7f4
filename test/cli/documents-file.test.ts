// `--documents <file>` as a process: a type of one's own runs like ours, and what is wrong with a file is one clear line.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { squall } from './command.ts';
import { documentsFile, PREFER_LOCAL } from './finding-fixtures.ts';

let folder: string;
let before: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-documents-'));
  mkdirSync(join(folder, 'directory.ts'));
  documentsFile(folder, 'own', "export default { ...lww, name: 'own' };");
  documentsFile(folder, 'no-create', "export default { name: 'x', supports: lww.supports };");
  documentsFile(folder, 'no-default', 'export const documents = lww;');
  documentsFile(folder, 'a-list', 'export default [lww];');
  documentsFile(folder, 'wrong-kind', "export default { ...lww, supports: new Map([['sett', 'one-wins']]) };");
  documentsFile(folder, 'throws', "throw new Error('one\\ntwo'); export default lww;");
  documentsFile(folder, 'leaves', 'process.exit(0); export default lww;');
  documentsFile(folder, 'waits', 'await new Promise(() => {}); export default lww;');
  documentsFile(folder, 'package', "import x from 'no-such-package-here'; export default x ?? lww;");
  documentsFile(folder, 'bad-init', "export default { ...lww, init: () => Promise.reject(new Error('no wasm')) };");
  const asks =
    "create(i) { const r = lww.create(i); const receive = r.receive.bind(r); r.receive = (changes) => { if (Math.abs(now() - i.nowMs()) > 5) throw new Error('a real clock'); return receive(changes); }; return r; }";
  documentsFile(folder, 'clock', `const now = Date.now; export default { ...lww, name: 'clock', ${asks} };`);
  const breaks =
    "create(i) { const r = lww.create(i); let n = 0; const receive = r.receive.bind(r); r.receive = (changes) => { if (++n > 2) throw new Error('third delivery'); return receive(changes); }; return r; }";
  documentsFile(folder, 'breaks', `export default { ...lww, name: 'breaks', ${breaks} };`);
  writeFileSync(join(folder, 'syntax.ts'), 'export default {');
  writeFileSync(join(folder, 'own.config.json'), '{"documents": "./own.ts"}');
  before = readdirSync(folder).sort();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = [
  ['run', 'crdt-conflicts', '--profile', 'storm', '--seed', '1', '--quiet'],
  ['hunt', 'crdt-conflicts', '--seeds', '1..4', '--workers', '1', '--quiet'],
];

describe.each(COMMANDS)('squall %s', (...command) => {
  const cases: [file: string, line: string | RegExp][] = [
    ['./none.ts', 'ERR_FILE --documents: got "./none.ts", expected a file that exists'],
    ['./directory.ts', 'ERR_FILE --documents: got "./directory.ts", expected a file, not a directory'],
    ['./syntax.ts', /^ERR_FILE --documents: got "\.\/syntax\.ts", expected a module that loads \(.+\)$/],
    ['./no-default.ts', 'ERR_FILE --documents: got "./no-default.ts", expected a module with a default export'],
    ['./no-create.ts', /^ERR_DOCUMENTS --documents: got "\.\/no-create\.ts", expected a default export with create, /],
    ['./a-list.ts', /^ERR_DOCUMENTS --documents: got "\.\/a-list\.ts", expected a default export with a name/],
    ['./wrong-kind.ts', /^ERR_DOCUMENTS --documents: .*, not "sett"$/],
    ['./throws.ts', 'ERR_FILE --documents: got "./throws.ts", expected a module that loads (one)'],
    ['./leaves.ts', /^ERR_FILE the process ended before the command did: /],
    ['./waits.ts', /^ERR_FILE the process ended before the command did: /],
    [
      './package.ts',
      /^ERR_FILE --documents: got "\.\/package\.ts", expected a module that loads \(Cannot find package 'no-such-package-here' .*\)$/,
    ],
    ['./bad-init.ts', 'ERR_DOCUMENTS --documents: got "./bad-init.ts", expected an init that does not throw (no wasm)'],
    ['./own.txt', /^ERR_FILE --documents: got "\.\/own\.txt", expected a file that exists$/],
  ];
  it.each(cases)('refuses %s with one line and exit 2', (file, line) => {
    const { status, stdout, stderr } = squall(folder, ...command, '--documents', file);
    expect(stderr.endsWith('\n')).toBe(true);
    const said = stderr.slice(0, -1);
    if (typeof line === 'string') expect(said).toBe(line);
    else expect(said).toMatch(line);
    expect(said).not.toContain('\n');
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('a run with documents of one’s own', () => {
  const [run] = COMMANDS;
  const resultOf = (...args: string[]) => {
    const said = squall(folder, ...run!, '--json', 'out.json', ...args);
    const result = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as {
      traceHash: string;
      config: { documents: string };
      findings: { oracle: string; kind: string; detail: unknown }[];
    };
    rmSync(join(folder, 'out.json'));
    return { ...said, result };
  };

  it('is the run that the same type of ours makes, and names the file in its configuration', () => {
    const own = resultOf('--documents', './own.ts');
    const ours = resultOf();
    expect(own.result.traceHash).toBe(ours.result.traceHash);
    expect(own.result.config.documents).toBe('./own.ts');
    expect(own.status).toBe(0);
  });

  it('takes the file from a configuration file and from --set too', () => {
    expect(resultOf('--config', 'own.config.json').result.config.documents).toBe('./own.ts');
    expect(resultOf('--set', 'documents=./own.ts').result.config.documents).toBe('./own.ts');
  });

  it('serves a clock that the module kept when it was loaded', () => {
    expect(resultOf('--documents', './clock.ts')).toMatchObject({ status: 0 });
  });

  it('reports a planted bug as a finding, and a throw as one, not as a crash', () => {
    expect(resultOf('--documents', PREFER_LOCAL)).toMatchObject({ status: 1 });
    const { status, result } = resultOf('--documents', './breaks.ts');
    expect(status).toBe(1);
    expect(result.findings).toMatchObject([{ oracle: 'document', kind: 'safety' }]);
    expect(JSON.stringify(result.findings[0]!.detail)).toContain('third delivery');
  });

  it('a hunt shrinks a throw to the deliveries that it takes', () => {
    const { status, stdout } = squall(
      folder,
      'hunt',
      'crdt-conflicts',
      '--documents',
      './breaks.ts',
      '--seeds',
      '1..4',
      '--max-findings',
      '1',
      '--findings',
      'made',
    );
    expect(stdout).toMatch(/\n {2}shrunk to 1 device, 0 edits, 0 faults, 0 message fates\n/);
    expect(status).toBe(1);
    const replayed = squall(folder, 'replay', 'made', '--exact', '--quiet');
    expect(replayed.stdout).toMatch(/^✗ reproduced, the same trace {2}made\/crdt-conflicts-document-/);
    expect(replayed.status).toBe(1);
  });
});
