// What a finding claims about documents, as checks on replicas of a tape: which replicas, what was done to them until
// then, and what must be the same. Or why documents alone cannot show it. It must not know how checks are written down.
import type { Finding } from '../../models/finding.ts';
import type { TapeEntry } from '../../scenarios/search/document-tape.ts';
import { type Compared, Delivered, lackByLog } from './delivered.ts';
import { effectOf, type Expectation, expectedAt } from './places.ts';
import { type Scene, type SceneMember, sparesOf } from './scene.ts';

/** Two expressions that must come to the same; or a call that must not throw. */
export type Check =
  | { readonly must: 'be the same'; readonly actual: string; readonly expected: string }
  | { readonly must: 'not throw'; readonly entry: TapeEntry };

/** What is shown. Code speaks of replicas by what `nameOf` gives. */
export interface Claim {
  /** What must hold, in one sentence. */
  readonly says: string;
  /** For each replica that is looked at, the entry of the tape before which its calls count. */
  readonly until: ReadonlyMap<number, number>;
  readonly checks: readonly Check[];
  /** Values that are taken before an entry of the tape. */
  readonly taken: readonly { readonly before: number; readonly name: string; readonly expression: string }[];
  /** Names of replicas that were made for judging, and what they are. */
  readonly spares: ReadonlyMap<number, { readonly name: string; readonly is: string }>;
  /** Functions of the accounting rules that the checks call. */
  readonly needsBooks: boolean;
}

/** Why a finding cannot be shown. */
export interface Refusal {
  readonly refusal: string;
}

const BEYOND: Readonly<Record<string, string>> = {
  delivery: 'whether a change reaches a device is up to the relay and the sync client, not to the document',
  durability: 'what was accepted and is kept is up to the relay, not to the document',
  cursor: 'a place in the log is up to the relay and the sync client, not to the document',
  liveness: 'whether devices come to an end is up to the relay and the sync client, not to the document',
};

/** The claim of a finding. @param nameOf the name of a replica in code */
export function claimOf(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { oracle } = scene.finding;
  const beyond = BEYOND[oracle];
  if (beyond !== undefined) return { refusal: beyond };
  switch (oracle) {
    case 'convergence':
    case 'version-agreement':
      return agreement(scene, nameOf);
    case 'pending':
      return nothingPending(scene, nameOf);
    case 'reload':
      return reload(scene, nameOf);
    case 'late-joiner':
      return lateJoiner(scene, nameOf);
    case 'idempotence':
      return idempotence(scene, nameOf);
    case 'merge-trees':
      return mergeTrees(scene);
    case 'local-effect':
      return localEffect(scene, nameOf);
    case 'intent':
    case 'causality':
      return lastingEffect(scene, nameOf);
    case 'accounting':
      return accounting(scene, nameOf);
    case 'document':
      return throwing(scene);
    default:
      return { refusal: `what the oracle ${oracle} judges is not known to be a document's matter` };
  }
}

const NOTHING = { taken: [], spares: new Map<number, { name: string; is: string }>(), needsBooks: false } as const;

/** An expression of what a replica shows or holds. */
function stateOf(replica: string, part: string): string {
  if (part === 'version' || part === 'pending') return `${replica}.${part}()`;
  return `seen(${replica})`;
}

/** The part of a state that a finding is about. */
function partOf({ signature, detail }: Finding): string {
  const { part } = detail;
  return typeof part === 'string' ? part : signature.slice(signature.indexOf(':') + 1);
}

function where({ detail: { place } }: Finding): string {
  return typeof place === 'string' ? ` at ${place}` : '';
}

/** Members of a finding in its order; all have what the others have, or the fault may lie elsewhere. */
function agreement(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, members, judgedFrom } = scene;
  const isVersion = finding.oracle === 'version-agreement';
  const compared = isVersion ? unlikeVersions(finding) : oneOfEachGroup(finding);
  const devices = compared.flatMap((index) => members.find((member) => member.index === index) ?? []);
  const [first, ...others] = devices;
  if (first === undefined || others.length === 0) return { refusal: 'the finding does not say which devices differ' };
  const lacking = lackByLog(devices) ?? new Delivered(scene).lackAmong(devices.map((each) => judged(each, judgedFrom)));
  if (lacking !== undefined) return { refusal: lacking };
  const part = isVersion ? 'version' : 'view';
  const names = devices.map(({ name }) => name).join(' and ');
  const what = isVersion ? 'say that they hold' : 'show';
  return {
    ...NOTHING,
    says: `${names} have the same changes, and must ${what} the same${where(finding)}`,
    until: new Map(devices.map(({ replica }) => [replica, judgedFrom])),
    checks: others.map(({ replica }) => ({
      must: 'be the same',
      actual: stateOf(nameOf(replica), part),
      expected: stateOf(nameOf(first.replica), part),
    })),
  };
}

function unlikeVersions({ detail }: Finding): number[] {
  return Object.keys(detail).flatMap((key) => {
    const index = /^device (\d+)$/.exec(key)?.[1];
    return index === undefined ? [] : [Number(index)];
  });
}

function oneOfEachGroup({ detail: { groups } }: Finding): number[] {
  return Array.isArray(groups)
    ? groups.flatMap((group: unknown) => (Array.isArray(group) ? [group[0] as number] : []))
    : [];
}

/** A member as it is when it is judged. */
function judged({ name, replica }: SceneMember, judgedFrom: number): Compared {
  return { name, replica, until: judgedFrom };
}

function nothingPending(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, members, judgedFrom } = scene;
  const holding = members.find(({ index }) => finding.devices.includes(index));
  if (holding === undefined) return { refusal: 'the finding does not say which device holds changes back' };
  const all = members.map((each) => judged(each, judgedFrom));
  const lacking = lackByLog(members) ?? new Delivered(scene).lackOf(judged(holding, judgedFrom), all);
  if (lacking !== undefined) return { refusal: lacking };
  return {
    ...NOTHING,
    says: `${holding.name} has all changes, and must hold none of them back`,
    until: new Map([[holding.replica, judgedFrom]]),
    checks: [{ must: 'be the same', actual: `${nameOf(holding.replica)}.pending()`, expected: '0' }],
  };
}

/** The member that a finding names in its detail, or first. */
function memberOf({ finding, members }: Scene): SceneMember | undefined {
  const { device } = finding.detail;
  const index = typeof device === 'number' ? device : finding.devices[0];
  return members.find((member) => member.index === index);
}

const NOT_ON_TAPE: Refusal = { refusal: 'what was judged is not found on the tape of its documents' };

function reload(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, tape, judgedFrom, members } = scene;
  const member = memberOf(scene);
  const at = members.findIndex((each) => each === member);
  const spare = sparesOf(scene)[at]?.replica;
  const load = tape.entries.find(({ call, replica }) => call === 'load' && replica === spare);
  if (member === undefined || spare === undefined || load === undefined) return NOT_ON_TAPE;
  const stored = { name: `what ${member.name} has stored`, replica: spare, until: load.index + 1 };
  const lacking = new Delivered(scene).lackAmong([judged(member, judgedFrom), stored]);
  if (lacking !== undefined) return { refusal: lacking };
  const part = partOf(finding);
  return {
    ...NOTHING,
    says: `what is loaded from the storage of ${member.name} must be as ${member.name} is${where(finding)}`,
    until: new Map([
      [member.replica, judgedFrom],
      [spare, load.index + 1],
    ]),
    spares: new Map([
      [spare, { name: 'rebuilt', is: `A document that is loaded from what ${member.name} has stored.` }],
    ]),
    checks: [
      { must: 'be the same', actual: stateOf('rebuilt', part), expected: stateOf(nameOf(member.replica), part) },
    ],
  };
}

/** Where a replica was first asked for its view after an entry. */
function askedAt({ tape }: Scene, spare: number, from = 0): number | undefined {
  return tape.entries.find(({ index, call, replica }) => index >= from && call === 'view' && replica === spare)?.index;
}

/** The newcomer stands behind those that were loaded from each member's storage. */
function newcomerOf(scene: Scene): TapeEntry | undefined {
  return sparesOf(scene)[scene.members.length];
}

const NEWCOMER = { name: 'newcomer', is: 'A new device, which is given what the relay has.' };

function lateJoiner(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, judgedFrom } = scene;
  const member = memberOf(scene);
  const spare = newcomerOf(scene)?.replica;
  const asked = spare === undefined ? undefined : askedAt(scene, spare);
  if (member === undefined || spare === undefined || asked === undefined) return NOT_ON_TAPE;
  const joined = { name: 'the new device', replica: spare, until: asked };
  const lacking = new Delivered(scene).lackAmong([joined, judged(member, judgedFrom)]);
  if (lacking !== undefined) return { refusal: lacking };
  const part = partOf(finding);
  return {
    ...NOTHING,
    says: `a new device that has been given everything must be as ${member.name} is${where(finding)}`,
    until: new Map([
      [member.replica, judgedFrom],
      [spare, asked],
    ]),
    spares: new Map([[spare, NEWCOMER]]),
    checks: [
      { must: 'be the same', actual: stateOf('newcomer', part), expected: stateOf(nameOf(member.replica), part) },
    ],
  };
}

/** The log is handed over once more: the last `receive` before a replica is asked again. */
function idempotence(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, tape, judgedFrom } = scene;
  const isJoined = finding.detail['replica'] === 'joined';
  const member = memberOf(scene);
  const replica = isJoined ? newcomerOf(scene)?.replica : member?.replica;
  if (replica === undefined || member === undefined) return NOT_ON_TAPE;
  const again = tape.entries.findLast(
    (entry) => entry.index >= judgedFrom && entry.call === 'receive' && entry.replica === replica,
  );
  if (again === undefined) return NOT_ON_TAPE;
  const name = isJoined ? 'newcomer' : nameOf(replica);
  const part = partOf(finding);
  const who = isJoined ? 'a new device' : member.name;
  const lacking = new Delivered(scene).newIn({ name: who, replica, until: again.index }, again.took);
  if (lacking !== undefined) return { refusal: lacking };
  return {
    ...NOTHING,
    says: `${who} that is given once more what it has must stay as it is${where(finding)}`,
    until: new Map([[replica, again.index + 1]]),
    spares: new Map(isJoined ? [[replica, NEWCOMER]] : []),
    taken: [{ before: again.index, name: 'before', expression: stateOf(name, part) }],
    checks: [{ must: 'be the same', actual: stateOf(name, part), expected: 'before' }],
  };
}

/** The last replica that was asked is the one that differs from the first of the trees. */
function mergeTrees(scene: Scene): Claim | Refusal {
  const { finding, tape } = scene;
  const spares = sparesOf(scene);
  const newcomer = newcomerOf(scene)?.index ?? Number.POSITIVE_INFINITY;
  const trees = spares.filter(({ index }) => index > newcomer);
  const [reference] = trees;
  const asked = tape.entries.findLast(
    ({ call, replica }) => call === 'view' && trees.some((spare) => spare.replica === replica),
  );
  if (reference === undefined || asked === undefined) return NOT_ON_TAPE;
  const how = finding.signature.slice(finding.signature.indexOf(':') + 1);
  const inOrder = { name: 'oneByOne', is: 'All changes, one by one in the order of the log.' };
  const other = { name: 'otherwise', is: WAYS[how] ?? 'The same changes in another way.' };
  const spareNames = new Map([[asked.replica, other]]);
  if (how === 'claim') return mergedClaim(scene, asked, spareNames);
  const firstAsked = askedAt(scene, reference.replica);
  if (firstAsked === undefined || reference.replica === asked.replica) return NOT_ON_TAPE;
  const lacking = new Delivered(scene).lackAmong([
    { name: 'a replica', replica: reference.replica, until: firstAsked },
    { name: 'another replica', replica: asked.replica, until: asked.index },
  ]);
  if (lacking !== undefined) return { refusal: lacking };
  const part = partOf(finding);
  return {
    ...NOTHING,
    says: `the same changes must come to the same, one by one or ${SAID[how] ?? 'otherwise'}${where(finding)}`,
    until: new Map([
      [reference.replica, firstAsked],
      [asked.replica, asked.index],
    ]),
    spares: spareNames.set(reference.replica, inOrder),
    checks: [{ must: 'be the same', actual: stateOf('otherwise', part), expected: stateOf('oneByOne', part) }],
  };
}

const WAYS: Readonly<Record<string, string>> = {
  merged: 'All changes, shuffled and merged into one before they are given.',
  exchanged: 'The same changes in groups and in another order, some of them twice.',
  shuffled: 'The same changes in another order, some of them twice.',
  since: 'What another replica gave when it was asked for what was lacking.',
  claim: 'A replica that was given changes merged into one.',
};

const SAID: Readonly<Record<string, string>> = {
  merged: 'merged first',
  exchanged: 'in groups',
  shuffled: 'in another order',
  since: 'asked for from another replica',
};

/** A merged change says no more than what a replica has that was given it. */
function mergedClaim({ tape }: Scene, asked: TapeEntry, spares: Claim['spares']): Claim | Refusal {
  const given = tape.entries.find(({ call, replica }) => call === 'receive' && replica === asked.replica);
  const merged = given?.took[0];
  if (merged === undefined) return NOT_ON_TAPE;
  return {
    ...NOTHING,
    says: 'a merged change must claim what a replica holds that was given it, and no more',
    until: new Map([[asked.replica, asked.index]]),
    spares,
    checks: [
      { must: 'be the same', actual: `documents.versionOf(${BYTES_MARK}${merged})`, expected: 'otherwise.version()' },
    ],
  };
}

/** Stands before the number of bytes in an expression, where their name comes. */
export const BYTES_MARK = '#bytes:';

/** What an edit's author sees when it has just been made. */
function localEffect(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, tape, storyline } = scene;
  const { parting, detail, devices } = finding;
  const change = storyline.changes.find(
    ({ device, incarnation, sequence }) =>
      device === parting?.author && incarnation === parting.incarnation && sequence === parting.sequence,
  );
  const edit = JSON.stringify(detail['edit']);
  const event = storyline.events.find(({ happening, device }) => {
    if (happening.what !== 'edit' || device !== devices[0]) return false;
    const isIt = happening.edits.some((each) => JSON.stringify(each) === edit);
    return isIt && (change === undefined ? happening.change < 0 : happening.label === change.label);
  });
  if (event === undefined || event.happening.what !== 'edit') return NOT_ON_TAPE;
  const made = event.happening.edits.find((each) => JSON.stringify(each) === edit)!;
  const calls = tape.entries.slice(0, event.mark);
  const last = calls.findLast(({ call }) => call === 'edit' || call === 'editTogether');
  const view =
    last === undefined ? -1 : calls.findLastIndex(({ call, index }) => call === 'view' && index < last.index);
  if (last === undefined) return NOT_ON_TAPE;
  const first = calls.find(({ call, index }) => index > view && (call === 'edit' || call === 'editTogether')) ?? last;
  const { actual, expected, before } = effectOf(nameOf(last.replica), made, String(detail['place']));
  const { label } = event.happening;
  const name = storyline.devices.find(({ index }) => index === devices[0])?.name ?? 'its author';
  return {
    ...NOTHING,
    says: `${name} must see the effect of edit ${label}${where(finding)} at once`,
    until: new Map([[last.replica, event.mark]]),
    taken: before === undefined ? [] : [{ before: first.index, name: 'before', expression: before }],
    checks: [{ must: 'be the same', actual, expected }],
  };
}

function lastingEffect(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { finding, judgedFrom } = scene;
  const member = memberOf(scene);
  if (member === undefined) return NOT_ON_TAPE;
  const expectation: Expectation | undefined = expectedAt(nameOf(member.replica), finding);
  if (expectation === undefined) return { refusal: 'what was expected is not said in a form that can be checked' };
  const unlike = new Delivered(scene).unlikeLog(judged(member, judgedFrom), member.knows);
  if (unlike !== undefined) return { refusal: unlike };
  const { actual, expected } = expectation;
  const why =
    finding.oracle === 'causality' ? 'an edit must not lose to one that it had seen' : 'an edit’s effect must stay';
  return {
    ...NOTHING,
    says: `${why}${where(finding)}`,
    until: new Map([[member.replica, judgedFrom]]),
    checks: [{ must: 'be the same', actual, expected }],
  };
}

function accounting(scene: Scene, nameOf: (replica: number) => string): Claim | Refusal {
  const { judgedFrom } = scene;
  const member = memberOf(scene);
  if (member === undefined) return NOT_ON_TAPE;
  const unlike = new Delivered(scene).unlikeLog(judged(member, judgedFrom), member.knows);
  if (unlike !== undefined) return { refusal: unlike };
  const name = nameOf(member.replica);
  return {
    ...NOTHING,
    says: `the books must balance as ${member.name} sees them${where(scene.finding)}`,
    until: new Map([[member.replica, judgedFrom]]),
    checks: [
      { must: 'be the same', actual: `books.unbalancedTransactions(${name}.view())`, expected: '[]' },
      { must: 'be the same', actual: `books.trialBalance(${name}.view())`, expected: '0' },
    ],
    needsBooks: true,
  };
}

function throwing({ tape }: Scene): Claim | Refusal {
  const entry = tape.entries.findLast(({ threw }) => threw !== undefined);
  if (entry === undefined) return NOT_ON_TAPE;
  return {
    ...NOTHING,
    says: 'a document must not throw',
    until: new Map(entry.replica < 0 ? [] : [[entry.replica, entry.index]]),
    checks: [{ must: 'not throw', entry }],
  };
}
