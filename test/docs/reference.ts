// Writes docs/reference.md from the code: `npm run docs:reference`.
import { writeFileSync } from 'node:fs';
import { referenceText } from './reference/page.ts';

writeFileSync(new URL('../../docs/reference.md', import.meta.url), await referenceText());
