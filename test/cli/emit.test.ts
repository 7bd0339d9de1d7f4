// Findings as files of their own: real ones are found, shrunk and emitted, and what is emitted is run where nothing of
// ours is installed.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundleDocuments } from '../../cli/emit/bundle.ts';
import { emit } from '../../cli/emit/emit.ts';
import { flawOf } from '../../cli/emit/proof.ts';
import { emptyFolder, foundBy, specimenFile } from './found.ts';

const ROOT = resolve('.');

/** Runs a script alone in an empty folder, with some packages. */
function runAlone(text: string, packages: readonly string[] = []): { status: number | null; stderr: string } {
  const folder = emptyFolder();
  for (const name of packages) link(folder, name);
  writeFileSync(join(folder, 'repro.mjs'), text);
  const { status, stderr } = spawnSync(process.execPath, ['repro.mjs'], { cwd: folder, env: {}, encoding: 'utf8' });
  return { status, stderr };
}

function link(folder: string, name: string): void {
  const target = join(folder, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), target);
}

/** The same script with another document type bundled in: the `sibling` that the specimen's module exports. */
async function withSibling(text: string, module: string): Promise<string> {
  const folder = emptyFolder();
  const fixed = join(folder, 'fixed.ts');
  writeFileSync(fixed, `export { sibling as default } from ${JSON.stringify(resolve(module))};\n`);
  const call = text
    .trimEnd()
    .split('\n')
    .at(-1)!
    .replace(/reproduce\(\w+, /, 'reproduce(documents, ');
  const bundle = await bundleDocuments(fixed, call, call.includes('trialBalance'));
  return text.slice(0, text.indexOf('// ---- The document type')) + bundle.text;
}

function saysOf(text: string): string {
  return /^\/\/ Must hold: (.*)\.$/m.exec(text)![1]!;
}

const SPECIMENS = [
  ['convergence', 'prefer-local'],
  ['convergence', 'reused-actor'],
  ['version-agreement', 'counts-deliveries'],
  ['pending', 'forgets-dependents'],
  ['reload', 'forgets-tombstones'],
  ['late-joiner', 'first-seen-order'],
  ['local-effect', 'hidden-edit'],
  ['merge-trees', 'merge-gap'],
  ['intent', 'plain-tags'],
  ['intent', 'register-counter'],
  ['causality', 'wall-clock-lww'],
  ['idempotence', 'twice-counted'],
  ['accounting', 'merged-lines'],
  ['document', 'throws-on-gap'],
] as const;

describe('a script that replays a finding without Squall', () => {
  test.each(SPECIMENS)(
    'fails as %s claims of %s, and holds where the bug is mended',
    async (oracle, specimen) => {
      const module = specimenFile(specimen);
      const { file, documents } = await foundBy(module, { oracle });
      const emitted = await emit(file, 'script', documents);
      expect(emitted).toHaveProperty('text');
      const { text } = emitted as { text: string };

      const { status, stderr } = runAlone(text);
      expect(stderr).toContain('AssertionError');
      expect(stderr).toContain(saysOf(text));
      expect(status).toBe(1);

      const mended = runAlone(await withSibling(text, module));
      expect(mended.stderr).toBe('');
      expect(mended.status).toBe(0);
    },
    120_000,
  );

  test('begins with the story, and how it is run', async () => {
    const { file, documents } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const emitted = await emit(file, 'script', documents, ROOT, 'some/folder/lost.mjs');
    const { text } = emitted as { text: string };
    const comment = text.slice(0, text.indexOf('\nimport'));
    expect(comment.split('\n').filter((line) => line !== '' && !line.startsWith('//'))).toEqual([]);
    expect(comment).toContain('//   node lost.mjs\n');
    expect(comment).toContain('What happened');
    expect(comment).toMatch(/edit 1: sets /);
    expect(text).not.toContain(ROOT);
    expect(text.match(/^import .*$/gm)).toEqual(["import assert from 'node:assert/strict';"]);
  });
});

describe('documents of a person’s own, of a library', () => {
  const module = 'test/cli/emit-yjs-counter.ts';

  test('run with that library alone, and are served the chance and time that they bound when they were loaded', async () => {
    const { file, documents } = await foundBy(module, { oracle: 'intent' });
    const emitted = await emit(file, 'script', documents);
    const { text } = emitted as { text: string };
    expect(text).toContain('npm i yjs@13.6.33 && node repro.mjs');
    const { status, stderr } = runAlone(text, ['yjs', 'lib0']);
    expect(stderr).toContain(`AssertionError [ERR_ASSERTION]: ${saysOf(text)}`);
    expect(status).toBe(1);
    // What it stamps counts with is what it was served in the storm.
    const shows = text.replace(
      /\n(\s+)\/\/ An edit’s effect must stay/,
      '\n$1console.error(JSON.stringify(A.view()));$&',
    );
    const [, ms, unit] = /"stamp":"(\d{13}) ([\d.e-]+)"/.exec(runAlone(shows, ['yjs', 'lib0']).stderr)!;
    expect(text).toContain(`serve([${ms}], [${unit}]);`);
    const mended = runAlone(await withSibling(text, module), ['yjs', 'lib0']);
    expect(mended.stderr).toBe('');
    expect(mended.status).toBe(0);
  });

  test('give a test of vitest that fails alike', async () => {
    const { file, documents } = await foundBy(module, { oracle: 'intent' });
    const emitted = await emit(file, 'vitest', documents, ROOT, '/some/folder/repro.test.ts');
    const { text } = emitted as { text: string };
    expect(text).toMatch(/Put it where the tests of your project are.*\n.* && npx vitest run repro\.test\.ts\n/);
    const folder = emptyFolder();
    writeFileSync(join(folder, 'repro.test.ts'), text);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--root', folder], {
      cwd: folder,
      env: { PATH: process.env['PATH'], NO_COLOR: '1' },
      encoding: 'utf8',
    });
    expect(stdout + stderr).toContain(`AssertionError: ${saysOf(text)}`);
    expect(stdout).toMatch(/Tests\s+1 failed \(1\)/);
    expect(status).toBe(1);
  });
});

test('packages are looked for from the files that import them', async () => {
  const [one, other] = [emptyFolder(), emptyFolder()];
  mkdirSync(join(other, 'node_modules/deep'), { recursive: true });
  writeFileSync(join(other, 'node_modules/deep/package.json'), '{"name":"deep","type":"module","main":"index.js"}');
  writeFileSync(join(other, 'node_modules/deep/index.js'), 'export const deep = 1;');
  writeFileSync(join(other, 'inner.js'), `export { deep } from 'deep';`);
  const documents = join(one, 'documents.js');
  writeFileSync(documents, `import { deep } from ${JSON.stringify(join(other, 'inner.js'))}; export default { deep };`);
  const { text, packages } = await bundleDocuments(documents, 'assert.equal(documents.deep, 2, "two");', false);
  expect(packages).toEqual([{ name: 'deep', importers: [join(other, 'inner.js')] }]);
  const script = `import assert from 'node:assert';\n${text}`;
  expect(await flawOf({ text: script, packages, says: 'two' })).toBeUndefined();
});

describe('a finding that documents alone do not show', () => {
  test.each([
    ['durability', 'acknowledges-early', /^durability: .*up to the relay/],
    ['cursor', 'page-tie', /^cursor: .*up to the relay/],
    ['liveness', 'fallen-silent', /^liveness: .*up to the relay/],
  ])('is refused with the reason: %s of %s', async (oracle, relaySpecimen, reason) => {
    const { file, documents } = await foundBy('lww', { oracle, relaySpecimen });
    const emitted = await emit(file, 'script', documents);
    expect(emitted).toEqual({ refusal: expect.stringMatching(reason) as string });
  });

  test('is refused where a device was not given what the others have', async () => {
    const { file, documents } = await foundBy('lww', { oracle: 'convergence', relaySpecimen: 'retry-refused' });
    const emitted = await emit(file, 'script', documents);
    expect(emitted).toEqual({
      refusal: expect.stringMatching(
        /was never given change \d+, or lost it at the relay, so the fault lies/,
      ) as string,
    });
  });

  test.each([
    [
      'convergence',
      /^convergence: [A-Z] was never given change \d+, or lost it at the relay, so the fault lies in what/,
    ],
    ['intent', /^intent: [A-Z] (was never given|has) change \d+, .*relay.*, so the fault lies in what was delivered/],
  ])('is refused where the relay has lost what it had accepted: %s', async (oracle, reason) => {
    const { file, documents } = await foundBy('yjs', {
      oracle,
      faults: { relayTailLossesPerHour: 120, evictionsPerHour: 60 },
    });
    expect(file.plan.faults.map(({ kind }) => kind)).toContain('relay-tail-lost');
    const emitted = await emit(file, 'script', documents);
    expect(emitted).toEqual({ refusal: expect.stringMatching(reason) as string });
  });

  test('is refused where it does not occur any more', async () => {
    const { file } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const { sibling } = await import('../../models/documents/specimens/prefer-local.ts');
    const emitted = await emit(file, 'script', sibling);
    expect(emitted).toEqual({ refusal: expect.stringContaining('does not occur now') as string });
  });

  test('is refused where the documents that are bundled do not show it', async () => {
    const folder = emptyFolder();
    const module = join(folder, 'other.ts');
    writeFileSync(
      module,
      `export { sibling as default } from ${JSON.stringify(resolve(specimenFile('prefer-local')))};\n`,
    );
    const { file, documents } = await foundBy(specimenFile('prefer-local'), { oracle: 'convergence' });
    const emitted = await emit({ ...file, documents: module }, 'script', documents);
    expect(emitted).toEqual({ refusal: expect.stringContaining('its assertion holds') as string });
    expect(readdirSync(folder)).toEqual(['other.ts']);
  });
});
