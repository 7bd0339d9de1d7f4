// The document types by name, and what a person's own must be. Loaded when asked for, so that a type that is not used
// costs nothing.

import type { DocumentType, ReplicaInit } from '../models/documents/port.ts';
import { EDIT_KINDS } from '../models/documents/edit.ts';
import { InputError } from '../sim/errors.ts';
import { unknownName } from './nearest.ts';

const TYPES: Readonly<Record<string, () => Promise<{ default: DocumentType }>>> = {
  lww: () => import('../models/documents/lww.ts'),
  yjs: () => import('../models/documents/yjs.ts'),
};

/** The type of a name, ready to be used. @throws InputError for a name that there is not */
export async function loadDocuments(name: string): Promise<DocumentType> {
  if (!Object.hasOwn(TYPES, name)) throw unknownName('documents', name, Object.keys(TYPES));
  let documents: DocumentType;
  try {
    ({ default: documents } = await TYPES[name]!());
  } catch (error) {
    const missing = /Cannot find package '([^']+)'/.exec(error instanceof Error ? error.message : '');
    if (missing === null) throw error;
    throw new InputError('documents', name, `the package ${missing[1]}, which is not installed here`);
  }
  await documents.init?.();
  own.add(documents);
  return documents;
}

const own = new WeakSet<DocumentType>();

/** Whether a type is one of ours. */
export function isOwnDocuments(documents: DocumentType): boolean {
  return own.has(documents);
}

/** What makes a document type, in words. */
export const DOCUMENTS_HAVE = 'a document type with name, supports (a Map of edit kinds) and create';

/**
 * A loaded default export as a document type, ready to be used.
 *
 * @param file what it is called in messages
 * @throws InputError that says what is missing or wrong
 */
export async function checkedDocuments(exported: unknown, file: string): Promise<DocumentType> {
  const refuse = (expected: string): never => {
    throw new InputError('--documents', file, expected, 'ERR_DOCUMENTS');
  };
  if (typeof exported !== 'object' || exported === null) refuse(`a file whose default export is ${DOCUMENTS_HAVE}`);
  const type = exported as Partial<Record<keyof DocumentType, unknown>>;
  if (typeof type.name !== 'string' || type.name === '') refuse('a default export with a name (a text)');
  if (!(type.supports instanceof Map)) refuse('a default export with supports, a Map from edit kinds to concurrency');
  const kinds = [...(type.supports as Map<unknown, unknown>).keys()];
  const unknown = kinds.find((kind) => !(EDIT_KINDS as readonly unknown[]).includes(kind));
  if (unknown !== undefined)
    refuse(`edit kinds of ${EDIT_KINDS.join(', ')} in supports, not ${JSON.stringify(unknown)}`);
  if (kinds.length === 0) refuse('at least one edit kind in supports');
  const outcomes = ['keeps-both', 'one-wins', 'add-wins', 'remove-wins', 'unjudged'];
  for (const [kind, outcome] of type.supports as Map<unknown, unknown>) {
    if (!outcomes.includes(outcome as string))
      refuse(`one of ${outcomes.join(', ')} for ${kind as string} in supports`);
  }
  if (typeof type.create !== 'function') refuse('a default export with create, a function that makes a replica');
  for (const name of ['concurrency', 'judged', 'init', 'merge', 'versionOf'] as const) {
    if (type[name] !== undefined && typeof type[name] !== 'function') refuse(`${name} to be a function, or left out`);
  }
  if (type.delivery !== undefined && type.delivery !== 'any' && type.delivery !== 'causal') {
    refuse("delivery to be 'any' or 'causal', or left out");
  }
  const documents = exported as DocumentType;
  try {
    await documents.init?.();
  } catch (error) {
    refuse(`an init that does not throw (${error instanceof Error ? error.message : String(error)})`);
  }
  checkReplica(documents, refuse);
  return documents;
}

/** @throws InputError where devices are to sync by state and the type cannot, or the dialect has no such thing */
export function checkSync(config: { sync: string; dialect: string; documents: string }, documents: DocumentType): void {
  if (config.sync !== 'state') return;
  if (config.dialect !== '1.1') throw new InputError('sync', config.sync, `log in dialect ${config.dialect}`);
  const replica = documents.create(SAMPLE);
  const canSync = replica.since !== undefined;
  replica.dispose?.();
  if (!canSync) throw new InputError('sync', config.sync, `log: ${config.documents} has no since, to sync by state`);
}

/** For a replica that only shows what it can do. */
const SAMPLE: ReplicaInit = {
  deviceIndex: 0,
  incarnation: 0,
  actor: 0,
  random: () => 0.5,
  nowMs: () => 1_767_225_600_000,
  run: {},
};

const METHODS = ['edit', 'receive', 'view', 'version', 'pending', 'save', 'load'] as const;

/** One replica is made, so that what it lacks is said before a run. */
function checkReplica(documents: DocumentType, refuse: (expected: string) => never): void {
  let replica: unknown;
  try {
    replica = documents.create(SAMPLE);
  } catch (error) {
    refuse(`a create that does not throw (${error instanceof Error ? error.message : String(error)})`);
  }
  if (typeof replica !== 'object' || replica === null) refuse('a create that gives a replica');
  for (const method of METHODS) {
    if (typeof Reflect.get(replica, method) !== 'function') refuse(`a replica with ${method}, a function`);
  }
  const { dispose } = replica as { dispose?: () => void };
  dispose?.call(replica);
}
