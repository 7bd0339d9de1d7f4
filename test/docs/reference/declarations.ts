// The members of an interface as its source declares them, with their comments: what a file format's keys are and mean.
// It reads the plain layout that the formatter leaves, and nothing else of the language.
import { readFileSync } from 'node:fs';

export interface Member {
  readonly name: string;
  readonly isOptional: boolean;
  /** As it is declared, on one line. */
  readonly type: string;
  /** Empty where there is none. */
  readonly comment: string;
}

const root = new URL('../../../', import.meta.url);

/**
 * The members of an exported interface, in their order; methods are left out.
 * @param file from the project's root
 * @throws Error where the file has no such interface
 */
export function membersOf(file: string, name: string): Member[] {
  const lines = readFileSync(new URL(file, root), 'utf8').split('\n');
  const begin = lines.findIndex((line) => new RegExp(`^export interface ${name}\\b.*\\{$`).test(line));
  if (begin < 0) throw new Error(`${file} has no interface ${name}`);
  const body = lines.slice(begin + 1, lines.indexOf('}', begin));
  const members: Member[] = [];
  let comment: string[] = [];
  let isInComment = false;
  for (let at = 0; at < body.length; at++) {
    const text = body[at]!.trim();
    if (isInComment || text.startsWith('/**')) {
      if (!isInComment) comment = [];
      comment.push(text.replaceAll(/^\/\*\* ?|^\* ?|\*\/$/g, '').trim());
      isInComment = !text.endsWith('*/');
      continue;
    }
    // A member whose type takes several lines ends where its own indentation comes back.
    let whole = text;
    while (!/^ {2}\S.*;$/.test(body[at]!) || body[at]!.endsWith('{')) {
      at += 1;
      if (at >= body.length) break;
      whole += ` ${body[at]!.trim().replaceAll(/\/\*\*.*\*\//g, '')}`;
    }
    const match = /^(?:readonly )?(\w+)(\?)?: (.+);$/.exec(whole.replaceAll(/\s+/g, ' '));
    if (match !== null) {
      const [, member, optional, type] = match;
      const said = comment.join(' ').replaceAll(/\s+/g, ' ').trim();
      members.push({ name: member!, isOptional: optional !== undefined, type: type!, comment: said });
    }
    comment = [];
  }
  return members;
}
