// A finding in one line, for who watches a run: what is wrong, where, and what is shown there. It must not know where the
// line stands, nor how wide that is.

import type { Finding } from '../../models/finding.ts';
import { differenceOf, rowsOf, shownText } from '../report/difference.ts';
import { clipped, labelsText, visible } from '../report/story-words.ts';

/** Characters of a line, and of one value in it: details quote what documents hold, however much that is. */
const LINE_CHARS = 240;
const VALUE_CHARS = 60;

/** What is wrong, in a few words. */
const WRONG: Readonly<Record<string, string>> = {
  convergence: 'devices show different things',
  'version-agreement': 'devices show the same and say that they hold different things',
  pending: 'a document still holds changes back',
  reload: 'a document is another one when it is loaded from its storage',
  'late-joiner': 'a new device differs from the others',
  'local-effect': 'a device does not show its own edit',
  'merge-trees': 'changes come to something else when they are merged in another way',
  delivery: 'accepted changes did not reach every device',
  'durability:lost': 'accepted changes are lost',
  'durability:doubled': 'a change was stored twice',
  intent: 'an accepted edit has not the effect that it must have',
  causality: 'an edit lost to one that its author had seen',
  idempotence: 'the same changes once more change something',
  cursor: 'a device’s place in the log is wrong',
  accounting: 'the books do not balance',
  liveness: 'not all was pushed and pulled in time',
  document: 'a document threw',
  protocol: 'an answer is against the protocol',
  secrecy: 'the relay holds what devices wrote for all to read',
};

/** One line of at most 240 characters, without any that a terminal would act upon. */
export function findingLine(finding: Finding): string {
  const { oracle, signature, devices } = finding;
  const { place, shown, notes } = differenceOf(finding, (index) => `device ${index}`, {});
  const wrong = WRONG[signature] ?? WRONG[oracle] ?? signature;
  const where = place === undefined ? '' : ` at ${place}`;
  const [row] = rowsOf(shown);
  const key = row?.key === undefined ? '' : `${row.key} `;
  const facts = (row?.shown ?? []).map(
    ({ who, value }) => `${manyText(who)}: ${clipped(shownText(value), VALUE_CHARS)}`,
  );
  if (facts.length > 0) return lineOf(`${wrong}${where} (${key}${facts.join('; ')})`);
  const [note = ''] = notes;
  const whom = devices.length === 1 ? ` for device ${devices[0]}` : '';
  return lineOf(`${wrong}${where}${whom}${note === '' ? '' : `: ${clauseOf(note)}`}`);
}

function lineOf(text: string): string {
  return clipped(visible(text), LINE_CHARS);
}

/** A sentence as it stands within another one. */
function clauseOf(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}

/** `device 0, device 1, device 2` in short: `devices 0–2`. */
function manyText(who: string): string {
  if (!/^device \d+(, device \d+)+$/.test(who)) return who;
  return `devices ${labelsText(who.replaceAll('device ', '').split(', '))}`;
}
