// A part of a document that a script writes: what stands between `<!-- name -->` and `<!-- /name -->`.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

function partsOf(file: string, name: string): { path: string; text: string; from: number; to: number } {
  const path = root + file;
  const text = readFileSync(path, 'utf8');
  const [opening, closing] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(opening) + opening.length;
  const to = text.indexOf(closing);
  if (from < opening.length || to < from) throw new Error(`${file} has no block ${name}`);
  return { path, text, from, to };
}

/** What a block holds at present, without blank lines around it. */
export function readBlock(file: string, name: string): string {
  const { text, from, to } = partsOf(file, name);
  return text.slice(from, to).trim();
}

/** Writes a block anew. @param file from the project's root */
export function replaceBlock(file: string, name: string, content: string): void {
  const { path, text, from, to } = partsOf(file, name);
  writeFileSync(path, `${text.slice(0, from)}\n\n${content}\n\n${text.slice(to)}`);
}
