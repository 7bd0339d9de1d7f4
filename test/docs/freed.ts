// Gives WASM memory back while tests run: the contract makes some thousand replicas of a document type in one test, and
// the engine collects what lies in WASM only when the event loop turns.
import { afterEach } from 'vitest';
import type { DocumentType, Replica } from '../../models/documents/port.ts';

/** The same type; its replicas are disposed of after each test, where the test has not done so. */
export function freed(type: DocumentType): DocumentType {
  const living = new Set<Replica>();
  afterEach(() => {
    for (const replica of living) replica.dispose?.();
  });
  const create: DocumentType['create'] = (init) => {
    const replica = type.create(init);
    const dispose = replica.dispose?.bind(replica);
    replica.dispose = () => {
      if (living.delete(replica)) dispose?.();
    };
    living.add(replica);
    return replica;
  };
  return { ...type, create };
}
