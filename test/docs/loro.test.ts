// Loro stands the contract of document types.
import loro from '../../docs/examples/loro.ts';
import { documentContract } from '../contract/documents.ts';
import { freed } from './freed.ts';

await loro.init?.();
documentContract(freed(loro));
