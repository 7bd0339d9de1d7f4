// The end of a run: what has settled, the oracles in their order, and the measures that can be taken only then. It must
// not know scenarios, nor how results are printed.

import type { Counter } from '../sim/metric-kinds.ts';
import type { Metrics } from '../sim/metrics.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { ChangeTable } from '../models/change-table.ts';
import type { Conflicts } from '../models/conflicts.ts';
import { sameView } from '../models/documents/edit.ts';
import type { DocumentType } from '../models/documents/port.ts';
import type { Finding } from '../models/finding.ts';
import type { History } from '../models/history.ts';
import { judgeAccounting } from '../models/oracles/accounting.ts';
import { judgeCausality } from '../models/oracles/causality.ts';
import { divergence, groupsByView, judgeConvergence, type PartingFinder } from '../models/oracles/convergence.ts';
import { isComplete, judgeDelivery } from '../models/oracles/delivery.ts';
import { judgeDurability } from '../models/oracles/durability.ts';
import { judgeIdempotence } from '../models/oracles/idempotence.ts';
import { complaintsAbout, judgeIntent } from '../models/oracles/intent.ts';
import { coreOf, type JudgedDevice, type JudgedLedger, type Moment, partsOf } from '../models/oracles/judged.ts';
import { join, judgeJoined, type Retained } from '../models/oracles/late-joiner.ts';
import { LedgerActs } from '../models/oracles/ledger-acts.ts';
import {
  handOver,
  type MemberState,
  type ReplicaState,
  stateOf,
  stateOfSpare,
} from '../models/oracles/ledger-state.ts';
import { isSettled, judgeLiveness } from '../models/oracles/liveness.ts';
import { judgeMergeTrees } from '../models/oracles/merge-trees.ts';
import { findParting, partingAt } from '../models/oracles/parting.ts';
import { type Complaint, judgeProtocol } from '../models/oracles/protocol.ts';
import { judgePending } from '../models/oracles/pending.ts';
import { judgeReload } from '../models/oracles/reload.ts';
import { judgeSecrecy, secretsOf, type Secrets } from '../models/oracles/secrecy.ts';
import { judgeVersions } from '../models/oracles/version-agreement.ts';
import type { World } from './world.ts';

/** How often it is looked at whether all devices have settled, virtual µs. */
export const SETTLE_CHECK_US = 1_000_000;

/** Documents of more bytes than this together are compared by digest first, and their versions are not asked for. */
const VIEWED_BYTES_MAX = 16 * 1024 * 1024;
/** Random trees by which a log is merged. */
const MERGE_TREES = 2;

/** A ledger as it is judged at the end. */
export interface EndedLedger extends JudgedLedger {
  readonly conflicts?: Pick<Conflicts, 'close'> | undefined;
}

/** Told of findings as they are reported. */
type Told = (findings: readonly Finding[]) => void;

/** What judging looks at; `World` is one. */
export interface JudgedWorld {
  readonly simulation: Pick<Simulation, 'nowUs' | 'events' | 'streams' | 'metrics'>;
  readonly config: {
    readonly dialect: '1.0' | '1.1';
    readonly drain: { readonly budgetMs: number };
  };
  readonly ledgers: readonly EndedLedger[];
  readonly table: ChangeTable;
  readonly documents: DocumentType;
  readonly port: {
    log(ledger: number): Int32Array;
    end(ledger: number): number;
    retained(ledger: number): Retained;
    readonly complaints?: readonly Complaint[] | undefined;
    acknowledged?(ledger: number): Iterable<readonly [change: number, device: number]>;
  };
  readonly history?: History | undefined;
}

/** The log position that a device must reach; with timestamps for cursors there is none to compare. */
function goalOf({ config, port }: Pick<JudgedWorld, 'config' | 'port'>, ledger: JudgedLedger): number {
  return config.dialect === '1.1' ? port.end(ledger.index) : 0;
}

/** True where the outbox of every device that is to agree is empty and it has pulled all that there is. */
export function hasSettled(world: Pick<JudgedWorld, 'config' | 'port' | 'ledgers'>): boolean {
  return world.ledgers.every((ledger) => {
    const goal = goalOf(world, ledger);
    return ledger.members.every((device) => !device.isCore || isSettled(device, goal));
  });
}

/**
 * Judges a world that has settled or used up its budget, and takes the last measures. It yields between two ledgers, so
 * that whoever drives it can pause there, or leave.
 *
 * @param found told of findings as soon as they are reported
 * @throws DocumentFailure where a document throws when it is asked
 */
export function* judgeWorld(world: World, isSettledInTime: boolean, found?: Told): Generator<void, Finding[], void> {
  const { simulation, ledgers, table, port } = world;
  world.relay.checkStations();
  port.audit?.();
  const { logBytes, documentBytes } = sizesOf(simulation.metrics);
  for (const ledger of ledgers) {
    ledger.conflicts?.close();
    let bytes = 0;
    for (const change of port.log(ledger.index)) bytes += table.wireBytesOf(change);
    logBytes.add(bytes);
    for (const device of ledger.members) if (device.isRunning) documentBytes.add(device.storedBytes());
    yield;
  }
  if (isSettledInTime) measureConvergence(world);
  const findings = yield* judgeLedgers(world, isSettledInTime, documentBytes.value > VIEWED_BYTES_MAX, found);
  const held = judgeHeld(world);
  found?.(held);
  return inOrder([...findings, ...held]);
}

/** Looks for plaintext in all that a relay holds, where somebody can look and payloads were to be encrypted. */
function judgeHeld({ port, config, ledgers, table, history, simulation }: World): Finding[] {
  if (port.held === undefined || config.wire.payloads === 'plain') return [];
  const secrets = ledgers.map((ledger) => secretsOf(ledger, port.log(ledger.index), table, history));
  const all: Secrets = {
    texts: chained(secrets.map(({ texts }) => texts)),
    payloads: chained(secrets.map(({ payloads }) => payloads)),
  };
  const members = ledgers.flatMap((ledger) => ledger.members);
  const [first, ...others] = ledgers;
  const judged = first !== undefined && others.length === 0 ? first : { index: -1, id: 'every ledger', members };
  return judgeSecrecy(judged, all, port.held(), table, { nowUs: simulation.nowUs, events: simulation.events });
}

function chained<T>(lists: readonly Iterable<T>[]): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const list of lists) yield* list;
    },
  };
}

/**
 * Asks the oracles about all ledgers. Findings stand in order from what causes others to what follows from them.
 *
 * @param isLarge where looking at every view would take longer than the run
 */
export function* judgeLedgers(
  world: JudgedWorld,
  isSettledInTime: boolean,
  isLarge: boolean,
  found?: Told,
): Generator<void, Finding[], void> {
  const { ledgers, history, simulation, config } = world;
  const moment: Moment = { nowUs: simulation.nowUs, events: simulation.events };
  const findings: Finding[] = [];
  for (const ledger of ledgers) {
    history?.close(ledger.index);
    const ofLedger = foundBefore(world, ledger, moment);
    if (isSettledInTime) {
      if (history === undefined) ofLedger.push(...judgeBasics(world, ledger, moment, isLarge));
      else ofLedger.push(...new LedgerJudgement(world, history, ledger, moment).judge());
    }
    const reported = withoutEchoes(ofLedger);
    found?.(reported);
    findings.push(...reported);
    yield;
  }
  if (!isSettledInTime) {
    // What has not been delivered yet cannot be expected to agree.
    const { nowUs, events } = moment;
    const goal = (ledger: EndedLedger): number => goalOf(world, ledger);
    const late = judgeLiveness(ledgers, goal, config.drain.budgetMs, nowUs, events);
    found?.(late);
    findings.push(...late);
  }
  return inOrder(findings);
}

/** All oracles; those whose findings explain those of others come first. */
export const ORACLES = [
  'secrecy',
  'protocol',
  'cursor',
  'durability',
  'local-effect',
  'liveness',
  'delivery',
  'pending',
  'reload',
  'version-agreement',
  'idempotence',
  'convergence',
  'accounting',
  'causality',
  'intent',
  'late-joiner',
  'merge-trees',
];

/** What was lost on the way comes with a resync: that says nothing of handing over a second time. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const isLossy = findings.some(({ oracle }) => ['cursor', 'durability', 'delivery'].includes(oracle));
  return isLossy ? findings.filter(({ oracle }) => oracle !== 'idempotence') : findings;
}

function inOrder(findings: readonly Finding[]): Finding[] {
  const rankOf = ({ oracle }: Finding): number => ORACLES.indexOf(oracle);
  return [...findings].sort((one, other) => rankOf(one) - rankOf(other));
}

/** What was found while the run went on, and what holds whether it has settled or not. */
function foundBefore({ history, port, table, config }: JudgedWorld, ledger: EndedLedger, moment: Moment): Finding[] {
  const acknowledged = history?.acknowledgedIn(ledger.index) ?? port.acknowledged?.(ledger.index) ?? [];
  const found = history?.foundIn(ledger, moment) ?? [];
  return [
    // A timestamp for a cursor is no position.
    ...found.filter(({ oracle }) => oracle !== 'cursor' || config.dialect === '1.1'),
    ...judgeDurability(ledger, port.log(ledger.index), acknowledged, table, moment),
    ...judgeProtocol(ledger, port.complaints ?? [], moment),
  ];
}

/** What costs little beside any run. */
function judgeBasics(world: JudgedWorld, ledger: EndedLedger, moment: Moment, isLarge: boolean): Finding[] {
  const { table, port } = world;
  const { nowUs, events } = moment;
  const members = coreOf(ledger);
  const findings = [
    ...judgeDelivery([ledger], table, () => port.log(ledger.index), nowUs, events),
    ...judgePending(ledger, members, (device) => device.pending(), moment),
  ];
  const diverged = judgeConvergence([ledger], nowUs, events, isLarge ? 0 : undefined);
  if (diverged.length === 0 && !isLarge) {
    findings.push(...judgeVersions(ledger, [members], (device) => device.version(), moment));
  }
  return [...findings, ...diverged];
}

/** All oracles on one ledger. */
class LedgerJudgement {
  readonly #world: JudgedWorld;
  readonly #history: History;
  readonly #ledger: EndedLedger;
  readonly #moment: Moment;
  readonly #log: Int32Array;
  readonly #members: readonly JudgedDevice[];
  readonly #states: readonly MemberState[];
  readonly #groups: readonly (readonly JudgedDevice[])[];

  constructor(world: JudgedWorld, history: History, ledger: EndedLedger, moment: Moment) {
    this.#world = world;
    this.#history = history;
    this.#ledger = ledger;
    this.#moment = moment;
    this.#log = world.port.log(ledger.index);
    this.#members = coreOf(ledger);
    this.#states = this.#members.map(stateOf);
    this.#groups = groupsByView(
      this.#members,
      this.#states.map(({ view }) => view),
    );
  }

  judge(): Finding[] {
    const { table, config } = this.#world;
    const { nowUs, events } = this.#moment;
    const ledger = this.#ledger;
    if (this.#members.length === 0) return [];
    const stateBy = new Map(this.#states.map((state) => [state.device, state]));
    const incomplete = [
      ...judgeDelivery([ledger], table, () => this.#log, nowUs, events),
      ...judgePending(ledger, this.#members, (device) => stateBy.get(device)!.pending, this.#moment),
      ...this.#judgeViews(),
    ];
    const findings = [
      ...judgeReload(ledger, this.#states, this.#moment),
      ...judgeVersions(ledger, this.#groups, (device) => stateBy.get(device)!.version, this.#moment),
      ...judgeAccounting(ledger, this.#states, this.#moment),
    ];
    // In dialect 1.0 a device is given its own changes alone, and positions do not tell what it knew.
    if (config.dialect === '1.1') findings.push(...this.#judgeEdits(), ...this.#judgeNewcomers());
    const resynced = this.#resync();
    findings.push(...resynced.findings);
    const { healedByResync } = resynced;
    for (const finding of incomplete) findings.push({ ...finding, detail: { ...finding.detail, healedByResync } });
    return findings;
  }

  #judgeViews(): Finding[] {
    if (this.#groups.length <= 1) return [];
    const { table } = this.#world;
    const acts = this.#history.acts(this.#ledger.index);
    const partingOf: PartingFinder = (views, members) => {
      const act = findParting(views, acts, members, table);
      return act === undefined ? undefined : partingAt(act, members, table);
    };
    return [divergence(this.#ledger, this.#members, this.#groups, this.#moment, partingOf)];
  }

  /** Intent and causality, in each view of those who have everything. */
  #judgeEdits(): Finding[] {
    const { table, documents } = this.#world;
    const ledger = this.#ledger;
    const acts = new LedgerActs(this.#history, documents, table, ledger.index);
    const findings = new Map<string, Finding>();
    for (const group of this.#groups) {
      const whole = this.#states.filter((state) => group.includes(state.device) && this.#isWhole(state));
      const [first] = whole;
      if (first === undefined) continue;
      const complaints = [...complaintsAbout(acts, first.view)];
      if (complaints.length === 0) continue;
      const devices = whole.map(({ device }) => device);
      const accused = { ledger, devices, table, moment: this.#moment };
      for (const finding of [...judgeCausality(complaints, accused), ...judgeIntent(complaints, accused)]) {
        if (!findings.has(finding.signature)) findings.set(finding.signature, finding);
      }
    }
    return [...findings.values()];
  }

  /** What is built from the log alone. Where members differ there is nothing to compare it with. */
  #judgeNewcomers(): Finding[] {
    const { table, documents, port, simulation } = this.#world;
    const ledger = this.#ledger;
    const moment = this.#moment;
    const log = this.#log;
    const [device] = this.#members;
    const retained = port.retained(ledger.index);
    const joined = join(device!, table, log, retained);
    const member = this.#groups.length > 1 ? undefined : this.#states.find((state) => this.#isWhole(state));
    const findings = member === undefined ? [] : judgeJoined(ledger, member, device!, joined, documents, moment);
    if (!joined.isAnswering) {
      const before = stateOfSpare(device!, joined.replica);
      handOver(device!, joined.replica, partsOf(table, log.subarray(retained.from)).flat());
      const after = stateOfSpare(device!, joined.replica);
      if (before.pending === 0) findings.push(...judgeIdempotence(ledger, device!, 'joined', before, after, moment));
    }
    joined.replica.dispose?.();
    if (member === undefined) return findings;
    const stream = simulation.streams.stream('oracle/merge-trees');
    const trees = { ledger, device: device!, type: documents, table, log, stream, trees: MERGE_TREES, moment };
    return [...findings, ...judgeMergeTrees(trees)];
  }

  /**
   * Hands the log to every member once more: what was whole must not change, and what was not may heal. Where members
   * disagree, one that seems whole may have lost something. Versions are looked at on the newcomer alone.
   */
  #resync(): { findings: Finding[]; healedByResync: boolean } {
    const findings: Finding[] = [];
    const version = this.#states[0]!.version;
    const areAlike = this.#groups.length === 1 && this.#states.every((state) => state.version === version);
    const after: ReplicaState[] = [];
    for (const before of this.#states) {
      const { device } = before;
      const isWhole = this.#isWhole(before);
      device.resync(this.#log);
      const state = { view: device.view(), version: before.version, pending: device.pending() };
      after.push(state);
      if (!areAlike || !isWhole || findings.length > 0) continue;
      const who = `device ${device.index}`;
      findings.push(...judgeIdempotence(this.#ledger, device, who, before, state, this.#moment));
    }
    const isHealed = after.every(({ view, pending }) => pending === 0 && sameView(view, after[0]!.view));
    return { findings, healedByResync: isHealed };
  }

  /** Whether a member has all that was accepted and nothing else, and holds nothing back. */
  #isWhole({ device, pending }: MemberState): boolean {
    return pending === 0 && device.ownUnplaced().length === 0 && isComplete(device, this.#log, this.#world.table);
  }
}

/** What is measured at the end of a run alone; got before it, thresholds can be checked against all that there is. */
export function sizesOf(metrics: Metrics): { logBytes: Counter; documentBytes: Counter } {
  return { logBytes: metrics.counter('log_bytes'), documentBytes: metrics.counter('document_bytes') };
}

/**
 * From a ledger's last edit, or the last heal of one of its members, until all members agree: one sample for each
 * ledger. A heal after which nobody had anything to apply kept nobody waiting.
 */
export function measureConvergence({ ledgers, measures }: Pick<World, 'ledgers' | 'measures'>): void {
  for (const { lastEditUs, lastAppliedUs, lastHealedUs } of ledgers) {
    if (lastAppliedUs === 0) continue;
    const fromUs = Math.max(lastEditUs, lastHealedUs < lastAppliedUs ? lastHealedUs : -1);
    measures.convergenceTime.recordUs(Math.max(0, lastAppliedUs - fromUs));
  }
}
