// The documented examples: each runs by itself under plain Node and prints exactly the text beside it.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../docs/examples/', import.meta.url));
const examples = readdirSync(folder).filter((name) => name.endsWith('.ts'));

test('there is an example', () => {
  expect(examples).toContain('bank-queue.ts');
});

test.each(examples)('%s prints what is written beside it', (name) => {
  const printed = execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', folder + name], {
    encoding: 'utf8',
  });
  expect(printed).toBe(readFileSync((folder + name).replace(/\.ts$/, '.txt'), 'utf8'));
});
