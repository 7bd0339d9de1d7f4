import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTarget, findConfigFile, isFileName, loadFile, stemOf, writeWhole } from '../../cli/files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'squall-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const refused = (message: string) => expect.objectContaining({ name: 'InputError', message });

describe('a file that is read', () => {
  it('may be JSON or a module', async () => {
    writeFileSync(join(folder, 'a.json'), '{"users": 5}');
    writeFileSync(join(folder, 'a.mjs'), 'export default { users: 6 };');
    writeFileSync(join(folder, 'a.ts'), 'const users: number = 7;\nexport default { users };');
    expect(await loadFile('--config', 'a.json', folder)).toEqual({ users: 5 });
    expect(await loadFile('--config', 'a.mjs', folder)).toMatchObject({ users: 6 });
    expect(await loadFile('--config', './a.ts', folder)).toMatchObject({ users: 7 });
  });

  it('that is missing or a directory is refused with a line', async () => {
    mkdirSync(join(folder, 'dir.json'));
    await expect(loadFile('--config', 'no.json', folder)).rejects.toEqual(
      refused('ERR_FILE --config: got "no.json", expected a file that exists'),
    );
    await expect(loadFile('--config', 'a/b/no.ts', folder)).rejects.toEqual(
      refused('ERR_FILE --config: got "a/b/no.ts", expected a file that exists'),
    );
    await expect(loadFile('--config', 'dir.json', folder)).rejects.toEqual(
      refused('ERR_FILE --config: got "dir.json", expected a file, not a directory'),
    );
    writeFileSync(join(folder, 'a.yaml'), '');
    await expect(loadFile('--config', 'a.yaml', folder)).rejects.toEqual(
      refused('ERR_FILE --config: got "a.yaml", expected a file that ends in .json, .ts, .mts, .js, .mjs'),
    );
  });

  it('that is malformed is refused with one line and the reason', async () => {
    writeFileSync(join(folder, 'a.json'), '{"users": }\n\n');
    writeFileSync(join(folder, 'b.mjs'), 'export default {');
    writeFileSync(join(folder, 'c.mjs'), 'throw new Error("first line\\nsecond line");');
    writeFileSync(join(folder, 'd.mjs'), 'export const users = 5;');
    for (const [file, expected] of [
      ['a.json', /^ERR_FILE --config: got "a\.json", expected a readable JSON file \(Unexpected token .+\)$/],
      ['b.mjs', /^ERR_FILE --config: got "b\.mjs", expected a module that loads \(.+\)$/],
      ['c.mjs', /^ERR_FILE --config: got "c\.mjs", expected a module that loads \(first line\)$/],
      ['d.mjs', /^ERR_FILE --config: got "d\.mjs", expected a module with a default export$/],
    ] as const) {
      await expect(loadFile('--config', file, folder)).rejects.toThrow(expected);
    }
  });

  it('is found as configuration of its folder, TypeScript first', () => {
    expect(findConfigFile(folder)).toBeUndefined();
    writeFileSync(join(folder, 'squall.config.json'), '{}');
    expect(findConfigFile(folder)).toBe('squall.config.json');
    writeFileSync(join(folder, 'squall.config.ts'), 'export default {};');
    expect(findConfigFile(folder)).toBe('squall.config.ts');
  });

  it('is told from a name by a slash or its ending', () => {
    expect(['./x', 'a/b', 'x.json', 'x.ts', 'x.mjs', 'light', 'sync-relay', 'v1.0'].filter(isFileName)).toEqual([
      './x',
      'a/b',
      'x.json',
      'x.ts',
      'x.mjs',
    ]);
    expect(stemOf('./profiles/mine.json')).toBe('mine');
  });
});

describe('a file to write', () => {
  it('is refused before the run where it cannot be written, and nothing is left', () => {
    mkdirSync(join(folder, 'dir'));
    writeFileSync(join(folder, 'file'), 'x');
    const lines: [file: string, expected: string][] = [
      ['missing/out.json', 'a file in a folder that exists'],
      ['file/out.json', 'a file in a folder'],
      ['dir', 'a file, not a directory'],
      ['dir/', 'a file, not a directory'],
      ['', 'a file to write'],
      ['/dev/null', 'a regular file'],
    ];
    for (const [file, expected] of lines) {
      expect(() => checkTarget('--json', file, folder)).toThrow(
        refused(`ERR_FILE --json: got ${JSON.stringify(file)}, expected ${expected}`),
      );
    }
    expect(readdirSync(folder).sort()).toEqual(['dir', 'file']);
  });

  it.skipIf(process.getuid?.() === 0)('is refused in a folder without write permission', () => {
    chmodSync(folder, 0o555);
    expect(() => checkTarget('--json', 'out.json', folder)).toThrow('(no permission)');
    chmodSync(folder, 0o755);
  });

  it('is checked without being made or changed', () => {
    writeFileSync(join(folder, 'old.json'), 'old');
    checkTarget('--json', 'old.json', folder);
    checkTarget('--json', 'new.json', folder);
    expect(readdirSync(folder)).toEqual(['old.json']);
    expect(readFileSync(join(folder, 'old.json'), 'utf8')).toBe('old');
  });

  it('is replaced whole, through a link where it is one', () => {
    writeFileSync(join(folder, 'old.json'), 'a much longer text than the new one');
    symlinkSync(join(folder, 'old.json'), join(folder, 'link.json'));
    writeWhole('--json', 'link.json', 'new', folder);
    expect(readFileSync(join(folder, 'old.json'), 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['link.json', 'old.json']);
  });

  it('leaves nothing behind where writing fails', () => {
    mkdirSync(join(folder, 'taken.json'));
    expect(() => writeWhole('--json', 'taken.json', 'x', folder)).toThrow('ERR_FILE --json: got "taken.json"');
    expect(readdirSync(folder)).toEqual(['taken.json']);
    expect(existsSync(join(folder, 'taken.json'))).toBe(true);
  });
});
