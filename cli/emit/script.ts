// The text of a reproduction: the story as a comment, the calls, what must hold, and the bundled document type. It must
// not know how it is bundled, nor whether it fails.
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { TOOL } from '../../scenarios/version.ts';
import type { Check, Claim } from './claims.ts';
import { literal } from './literals.ts';
import type { Steps } from './steps.ts';

export type EmitKind = 'script' | 'vitest';

/** What a reproduction is put together from. */
export interface Parts {
  readonly kind: EmitKind;
  readonly file: FindingFile;
  readonly claim: Claim;
  readonly steps: Steps;
  /** Lines of code that play the tape. */
  readonly played: readonly string[];
  /** What the person reads first. */
  readonly explanation: string;
  /** The document type's code; at its end it calls `reproduce`. */
  readonly bundle: string;
  /** Packages that it imports, with their versions where they are known. */
  readonly packages: readonly string[];
  /** The module that serves chance and time to the process's own functions, as a data URL. */
  readonly ambient: string | undefined;
  /** Its name, for the comment. */
  readonly name: string;
}

/** The whole text. */
export function reproductionText(parts: Parts): string {
  const { kind, file, bundle, ambient, claim } = parts;
  const imports =
    kind === 'script' ? [`import assert from 'node:assert/strict';`] : [`import { expect, test } from 'vitest';`];
  if (ambient !== undefined) {
    imports.unshift(
      '// Serves chance and time to whatever is loaded after it: Math.random, Date, performance, crypto.',
      `import '${ambient}';`,
    );
  }
  const check = kind === 'script' ? 'assert' : 'expect';
  return [
    ...(kind === 'vitest' ? ['// @ts-nocheck'] : []),
    ...heading(parts).map((line) => `// ${line}`.trimEnd()),
    '',
    ...imports,
    '',
    `async function reproduce(documents, ${check}${claim.needsBooks ? ', books' : ''}) {`,
    ...body(parts).map((line) => (line === '' ? '' : `  ${line}`)),
    '}',
    '',
    `// ---- The document type ${JSON.stringify(file.documents.split(/[/\\]/).at(-1))}, bundled. ----`,
    '',
    bundle.trimEnd(),
    '',
  ].join('\n');
}

/** What the bundle ends with. */
export function callText(kind: EmitKind, claim: Claim): string {
  const books = claim.needsBooks ? ', { trialBalance, unbalancedTransactions }' : '';
  if (kind === 'script') return `await reproduce(documents, assert${books});`;
  return `test(${literal(claim.says)}, () => reproduce(documents, expect${books}));`;
}

function heading({ file, claim, explanation, packages, kind, name }: Parts): string[] {
  const install = kind === 'vitest' ? ['vitest', ...packages] : packages;
  const run = kind === 'vitest' ? `npx vitest run ${name}` : `node ${name}`;
  return [
    `Must hold: ${claim.says}.`,
    'It does not, and this file fails as long as that is so.',
    '',
    kind === 'vitest' ? 'Put it where the tests of your project are, and run it there:' : 'Run it:',
    `  ${install.length === 0 ? '' : `npm i ${install.join(' ')} && `}${run}`,
    '',
    ...explanation.trimEnd().split('\n'),
    '',
    `Written by ${TOOL.name} ${TOOL.version}: scenario ${file.scenario}, seed ${JSON.stringify(file.seed)}. It needs no ${TOOL.name}.`,
  ];
}

function body({ claim, played, steps, kind, ambient }: Parts): string[] {
  const code = [...played, ...claim.checks.map((check) => checkLine(check, claim, steps, kind))].join('\n');
  const lines = [...serving(code, ambient !== undefined)];
  if (/\bseen\(/.test(code)) lines.push('', ...SEEN);
  if (/\bshown\(/.test(code)) lines.push('', ...SHOWN);
  if (/\bkept\(/.test(code)) {
    lines.push(
      '',
      '// The type may write over bytes that it has given.',
      'const kept = (list) => list.map((bytes) => bytes.slice());',
    );
  }
  lines.push(...played, '', `// ${claim.says[0]!.toUpperCase()}${claim.says.slice(1)}.`);
  for (const check of claim.checks) {
    if (check.must === 'not throw') lines.push(...steps.served(check.entry));
    lines.push(checkLine(check, claim, steps, kind));
  }
  return lines;
}

function checkLine(check: Check, { says }: Claim, steps: Steps, kind: EmitKind): string {
  if (check.must === 'not throw') {
    const call = steps.call(check.entry);
    if (kind === 'vitest') return `expect(() => ${call}, ${literal(says)}).not.toThrow();`;
    return `assert.doesNotThrow(() => ${call}, ${literal(says)});`;
  }
  const [actual, expected] = [steps.expression(check.actual), steps.expression(check.expected)];
  if (kind === 'vitest') return `expect(${actual}, ${literal(says)}).toEqual(${expected});`;
  return `assert.deepEqual(${actual}, ${expected}, ${literal(says)});`;
}

/** How replicas are made, and what they are served. */
function serving(code: string, isAmbient: boolean): string[] {
  if (!/\bserve\(/.test(code) && !isAmbient) {
    return [
      'await documents.init?.();',
      'const run = {};',
      'const create = (init) => documents.create({ ...init, random: () => 0.5, nowMs: () => 1767225600000, run });',
    ];
  }
  return [
    'await documents.init?.();',
    'const run = {};',
    '// What replicas are given when they ask for chance and for the time; the last time stays.',
    isAmbient ? 'const served = globalThis.served;' : 'const served = { clock: [], chance: [] };',
    'const serve = (clock, chance = []) => Object.assign(served, { clock, chance });',
    'const nowMs = () => (served.clock.length > 1 ? served.clock.shift() : (served.clock[0] ?? 1767225600000));',
    'const random = () => served.chance.shift() ?? 0.5;',
    'const create = (init) => documents.create({ ...init, random, nowMs, run });',
  ];
}

const SEEN = [
  '// What a person sees: names in order, tags as a set, what is empty left out.',
  'const seen = (replica) => {',
  '  const isFull = ([, part]) => part !== undefined && (typeof part !== "object" || Object.keys(part).length > 0) && part !== "";',
  '  const inOrder = (record) => Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));',
  '  const plain = ([name, part]) => [name, Array.isArray(part) ? (name === "tags" ? [...part].sort() : [...part])',
  '    : typeof part === "object" ? Object.fromEntries(inOrder(part)) : part];',
  '  const entity = (parts) => Object.fromEntries(inOrder(parts).filter(isFull).map(plain));',
  '  return Object.fromEntries(inOrder(replica.view()).map(([name, parts]) => [name, entity(parts)]));',
  '};',
];

const SHOWN = [
  '// What a replica shows at a place; undefined where there is nothing.',
  'const shown = (replica, ...path) =>',
  '  path.reduce((value, key) => (value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined), replica.view());',
];
