// The document types by name. Loaded when asked for, so that a type that is not used costs nothing.

import type { DocumentType } from '../models/documents/port.ts';
import { unknownName } from './nearest.ts';

const TYPES: Readonly<Record<string, () => Promise<{ default: DocumentType }>>> = {
  lww: () => import('../models/documents/lww.ts'),
};

/** The type of a name, ready to be used. @throws InputError for a name that there is not */
export async function loadDocuments(name: string): Promise<DocumentType> {
  if (!Object.hasOwn(TYPES, name)) throw unknownName('documents', name, Object.keys(TYPES));
  const { default: documents } = await TYPES[name]!();
  await documents.init?.();
  return documents;
}
