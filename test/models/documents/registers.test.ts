import { registers } from '../../../models/documents/specimens/prefer-local.ts';
import { documentContract } from '../../contract/documents.ts';

// The correct sibling of the specimen; a type that shares no memory, makes one change an edit and has no digests.
documentContract(registers('registers', false));
