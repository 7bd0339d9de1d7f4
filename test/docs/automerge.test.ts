// Automerge stands the contract of document types.
import automerge from '../../docs/examples/automerge.ts';
import { documentContract } from '../contract/documents.ts';
import { freed } from './freed.ts';

await automerge.init?.();
documentContract(freed(automerge));
