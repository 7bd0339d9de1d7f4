// Document: a document does not throw. It must not know what a document is made of.

import { visibleLine } from '../../sim/visible-text.ts';
import type { DocumentFailure } from '../document-failure.ts';
import type { Finding } from '../finding.ts';

const LINE_CHARS_MAX = 100;
const PRINTED_CHARS_MAX = 4000;

/**
 * The finding that a document threw. Its signature has the error's name and the first line of its message, with
 * numbers masked, so that it is the same in a smaller run.
 *
 * @param printed what the document had printed by then
 */
export function throwFinding(failure: DocumentFailure, nowUs: number, events: number, printed = ''): Finding {
  const { cause, message } = failure;
  const name = visibleLine(cause instanceof Error ? cause.name : typeof cause);
  // What is thrown is anybody's text.
  const firstLine = visibleLine(message.split('\n', 1)[0]!.trim());
  const masked = firstLine.replace(/\d+/g, '#').slice(0, LINE_CHARS_MAX);
  return {
    oracle: 'document',
    kind: 'safety',
    signature: `document:${name}: ${masked}`,
    atUs: nowUs,
    event: events,
    devices: failure.device < 0 ? [] : [failure.device],
    documents: [],
    detail: {
      device: failure.device,
      doing: failure.doing,
      error: name,
      message,
      ...(printed !== '' && { printed: printed.slice(-PRINTED_CHARS_MAX) }),
    },
  };
}
