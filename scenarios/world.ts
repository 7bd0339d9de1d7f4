// One run put together: simulation, network, relay, ledgers, devices, users and faults, wired to each other. A scenario
// composes in it; whoever runs it drives its clock. It must not know any scenario.

import { assert } from '../sim/errors.ts';
import { DeviceClock } from '../sim/device-clock.ts';
import type { Network } from '../sim/network.ts';
import type { Stream, StreamKey } from '../sim/random.ts';
import { Simulation } from '../sim/simulation.ts';
import { ChangeTable } from '../models/change-table.ts';
import { Conflicts } from '../models/conflicts.ts';
import { Device, type DeviceWorld, type Ledger } from '../models/device.ts';
import { DocumentFailure } from '../models/document-failure.ts';
import { type Draws, RecordedDraws, RecordingDraws, SeededDraws } from '../models/draws.ts';
import type { DocumentType } from '../models/documents/port.ts';
import type { EntityDraft } from '../models/entities.ts';
import { Faults } from '../models/faults/faults.ts';
import { History } from '../models/history.ts';
import { ledgerId } from '../models/identity.ts';
import { type Measures, measuresOf } from '../models/measures.ts';
import type { Action, Plan, PlannedDevice, UserPlan } from '../models/plan.ts';
import { RELAY_MARKS } from '../models/relay/control.ts';
import { RelayModel } from '../models/relay/model.ts';
import type { RelayRequest, RelayResponse, WireSizes } from '../models/relay/messages.ts';
import { SyncClients } from '../models/sync-clients.ts';
import { startUser, type UserMeasures, userMeasuresOf } from '../models/user.ts';
import type { LiveRelay } from '../relay-adapter/load/live-relay.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import type { PeerAmbient } from '../relay-adapter/state-peer.ts';
import { wireSizes } from '../relay-adapter/wire-sizes.ts';
import type { Config } from './config-schema.ts';
import { epochMsOf } from './epoch.ts';
import { type Incident, incidentOf } from './incident.ts';
import { DeviceCopies } from './device-copies.ts';
import { linkOptions } from './networks.ts';
import { restartsDevices, unlikeNone } from './fault-presets.ts';
import { nominalUsOf } from './nominal.ts';
import { schedulePhases } from './phases.ts';
import { PlanRecorder } from './plan-recorder.ts';
import { Printed } from './printed.ts';
import { Routing } from './regions.ts';
import { openSide } from './sides.ts';
import { Transport } from './transport.ts';
import type { WorldOptions } from './world-options.ts';

export class World {
  readonly config: Config;
  readonly documents: DocumentType;
  readonly simulation: Simulation;
  readonly network: Network;
  readonly relay: RelayModel;
  readonly port: RelayPort;
  /** Under the wall clock: how requests reach the relay. */
  readonly live: LiveRelay | undefined;
  readonly table: ChangeTable;
  readonly measures: Measures;
  readonly userMeasures: UserMeasures;
  readonly ledgers: Ledger[] = [];
  readonly devices: Device[] = [];
  readonly plans: UserPlan[] = [];
  /** What the oracles that need it are told; in runs too big for them there is none. */
  readonly history: History | undefined;
  /** Rare situations that were reached, and how often. */
  readonly marks: Record<string, number> = {
    'page boundary': 0,
    'retry met a stored change': 0,
    'message lost': 0,
    'message cut by a partition': 0,
  };
  /** What the plan asks for and what did nothing, in words. */
  readonly unexercised: string[] = [];
  faults: Faults | undefined;
  /** What a document threw before the run began. */
  failure: DocumentFailure | undefined;
  readonly printed = new Printed();

  readonly #options: WorldOptions;
  readonly #routing: Routing;
  #incident: Incident | undefined;
  readonly #draws: Draws;
  readonly #clients: SyncClients;
  readonly #sizes: WireSizes;
  readonly #deviceWorld: DeviceWorld;
  readonly transport: Transport;
  /** Devices by index: those of a plan may leave places empty. */
  readonly #byIndex: (Device | undefined)[] = [];
  readonly #incarnations: number[] = [];
  readonly #recorder = new PlanRecorder();

  constructor(config: Config, documents: DocumentType, options: WorldOptions = {}) {
    this.config = config;
    this.documents = documents;
    this.#options = options;
    const { plan, isRecording = false } = options;
    const epochMs = epochMsOf(config.epoch);
    this.simulation = new Simulation({ seed: config.seed, epochMs, trace: options });
    const { simulation } = this;
    if (options.isMeasured === false) simulation.metrics.keepNoTrends();
    this.measures = measuresOf(simulation.metrics);
    this.userMeasures = userMeasuresOf(simulation.metrics);
    this.table = new ChangeTable(documents.isStable === true, { keepsEntities: config.side !== 'model' });
    this.#sizes = wireSizes(this.table, config.dialect, () => simulation.nowMs);
    const draws = plan === undefined ? new SeededDraws(simulation.streams) : new RecordedDraws(plan.draws);
    this.#draws = isRecording ? new RecordingDraws(draws) : draws;
    // Without faults nobody expects these.
    if (unlikeNone(config.faults).length > 0) for (const name of RELAY_MARKS) this.marks[name] = 0;
    this.history =
      config.oracles === 'all' ? new History(this.table, documents, simulation, config.sync === 'state') : undefined;
    const mark = (name: string): void => {
      this.marks[name] = (this.marks[name] ?? 0) + 1;
    };
    this.transport = new Transport(
      {
        simulation,
        sizes: this.#sizes,
        notifyMs: config.client.notifyMs,
        send: config.clock === 'wall' ? (request) => this.live!.send(request, simulation.nowUs) : undefined,
        arrived: (request) => this.relay.receive(request),
        clientOf: (origin) => this.#byIndex[origin]?.client,
        membersOf: (ledger) => this.ledgers[ledger]!.members,
        mark,
      },
      {
        up: linkOptions(config.network, config.faults, 'up'),
        down: linkOptions(config.network, config.faults, 'down'),
        fates: plan?.fates,
        isRecording,
      },
    );
    this.network = this.transport.network;
    this.#routing = new Routing(config.regions, simulation.streams.key('device/region'));
    const { dialect, relay, service, cluster } = config;
    const { port, live } = openSide(config, {
      table: this.table,
      documents,
      run: this,
      plan,
      isMember: (ledger, device) => this.#byIndex[device]?.ledger.index === ledger,
      membersOf: (ledger) => this.ledgers[ledger]?.members ?? [],
      mark,
      peerAmbient: this.#peerAmbient(),
      time: options.time,
      access: options.access,
      nowUs: () => simulation.nowUs,
      nowMs: () => simulation.nowMs,
      visibleEnd: cluster.replicaLagMs > 0 ? (ledger) => this.relay.visibleEnd(ledger) : undefined,
    });
    this.port = options.wrapPort?.(port, () => simulation.nowUs) ?? port;
    this.live = live;
    this.relay = new RelayModel(
      simulation,
      { ...relay, service, cluster },
      {
        draws: this.#draws,
        handle: (request) => this.#handle(request),
        rowsFor: (request) => this.port.rowsFor(request),
        endOf: (ledger) => this.port.end(ledger),
        regions: this.#routing.size,
        regionOf: ({ device, origin }) => this.#routing.servingOf(origin ?? device),
        storeDelayUs: (region) => this.#routing.storeDelayUs(region),
        respond: (request, response) => this.transport.respond(request, response),
        notify: (request) => this.transport.notify(request),
        control: this.port.control,
        mark,
      },
    );
    this.#clients = new SyncClients(
      {
        simulation,
        measures: this.measures,
        sizes: this.#sizes,
        draws: this.#draws,
        wireBytesOf: (change) => this.table.wireBytesOf(change),
        send: (request) => this.transport.send(request),
      },
      { ...config.client, isByState: config.sync === 'state' },
    );
    this.#deviceWorld = {
      simulation,
      table: this.table,
      measures: this.measures,
      clients: this.#clients,
      documents,
      run: this,
      printed: (device, text) => this.printed.add(device, text),
      dialect,
      keepsStorage: plan === undefined ? restartsDevices(config.faults) : plan.faults.length > 0,
      observer: this.history,
      wireBytesOf: (change) => this.#sizes.change(change),
      nextIncarnation: (id) => {
        const incarnation = this.#incarnations[id] ?? 0;
        this.#incarnations[id] = incarnation + 1;
        return incarnation;
      },
    };
  }

  /** A stream of randomness by purpose and owner. */
  stream(name: string): Stream {
    return this.simulation.streams.stream(name);
  }

  /** A key for draws that depend on nothing drawn before. */
  key(name: string): StreamKey {
    return this.simulation.streams.key(name);
  }

  /** Adds a ledger. @param writers devices that will edit; two or more make conflicts possible */
  ledger(writers: number): Ledger {
    const index = this.ledgers.length;
    const members: Device[] = [];
    const isTracked = writers > 1 && this.#options.isMeasured !== false;
    const conflicts = isTracked ? new Conflicts(this.simulation, this.table, this.measures, members) : undefined;
    const times = { lastEditUs: 0, lastAppliedUs: 0, lastHealedUs: -1 };
    const ledger: Ledger = { index, id: ledgerId(index), members, conflicts, ...times };
    this.ledgers.push(ledger);
    return ledger;
  }

  /** The device of an index. */
  deviceAt(index: number): Device {
    const device = this.#byIndex[index];
    assert(device !== undefined, 'there is no device of this index');
    return device;
  }

  /** Adds a device as a member of a ledger. @param quietMs time in which it does only what its user asks for */
  device(ledger: Ledger, quietMs = 0): Device {
    const index = this.devices.length;
    const { skewMsMax, driftPpmMax } = this.config.faults;
    const clockStream = skewMsMax > 0 || driftPpmMax > 0 ? this.stream(`device/${index}/clock`) : undefined;
    const skewUs = clockStream === undefined ? 0 : Math.round(clockStream.uniform(-1, 1) * skewMsMax * 1000);
    const driftPpm = clockStream === undefined ? 0 : clockStream.uniform(-1, 1) * driftPpmMax;
    const autoSyncMs = quietMs + this.stream(`device/${index}/auto-sync`).next() * this.config.client.autoSyncMs;
    const autoSyncUs = Math.floor(autoSyncMs * 1000);
    return this.#addDevice(ledger, { index, ledger: ledger.index, skewUs, driftPpm, autoSyncUs });
  }

  #addDevice(ledger: Ledger, planned: PlannedDevice, id = planned.index): Device {
    const { index, skewUs, driftPpm } = planned;
    const clock = new DeviceClock({ epochMs: this.simulation.epochMs, skewUs, driftPpm });
    this.transport.connect(index, this.#routing.addedUsOf(index));
    const device = new Device(this.#deviceWorld, index, ledger, clock, id);
    this.#byIndex[index] = device;
    this.devices.push(device);
    ledger.members.push(device);
    if (id === index) this.#recorder.devices.push(planned);
    return device;
  }

  /** Adds a user whose actions are drawn one by one; users start over the ramp up and stop over the ramp down. */
  user(device: Device, actions: () => Iterator<Action>): void {
    const { users, durationMs, rampUpMs, rampDownMs } = this.config;
    const user = this.plans.length;
    const share = user / users;
    this.plans.push({
      user,
      device: device.index,
      startUs: Math.round(rampUpMs * 1000 * share),
      stopUs: Math.round((durationMs - rampDownMs * share) * 1000),
      endUs: Math.round(durationMs * 1000),
      actions,
    });
  }

  /** Adds what a plan names, in the place of a scenario. */
  carryOut(plan: Plan): void {
    try {
      this.#addAll(plan);
    } catch (error) {
      if (!(error instanceof DocumentFailure)) throw error;
      this.failure = error;
    }
  }

  #addAll(plan: Plan): void {
    for (const planned of plan.devices) {
      while (this.ledgers.length <= planned.ledger) {
        const index = this.ledgers.length;
        const ofLedger = plan.devices.filter(({ ledger }) => ledger === index).map((device) => device.index);
        this.ledger(plan.users.filter(({ device }) => ofLedger.includes(device)).length);
      }
      this.#addDevice(this.ledgers[planned.ledger]!, planned);
    }
    for (const { device, drafts } of plan.preloads) this.preload(this.deviceAt(device), drafts);
    for (const { actions, ...user } of plan.users) {
      this.plans.push({ ...user, actions: () => actions[Symbol.iterator]() });
    }
  }

  /** Puts entities into a ledger before the run: every member and the relay have them at virtual 0. */
  preload(author: Device, drafts: readonly EntityDraft[]): void {
    const { ledger } = author;
    this.#recorder.preloads.push({ device: author.index, drafts });
    const changes = drafts.map((draft) => author.edit(draft)).filter((change) => change >= 0);
    for (const change of changes) {
      const identity = { ledger: ledger.index, device: author.index, serial: 0, cause: 0, attempt: 0, page: 0 };
      const request: RelayRequest = { kind: 'push', changes: [change], bytes: 0, answers: 0, ...identity };
      const response = this.port.handle(this.config.sync === 'state' ? author.withState(request) : request);
      assert(response.kind === 'pushed' && response.accepted.length === 1, 'what a run begins with is accepted');
    }
    author.client.restart([], author.client.cursor);
    const log = this.port.log(ledger.index);
    for (const member of ledger.members) member.begin(log);
  }

  /** Starts devices, users and faults; the scenario has built everything by then. */
  start(): void {
    const { simulation, config } = this;
    const { plan, isRecording = false } = this.#options;
    const copies = new DeviceCopies(this.#byIndex.length, config.users);
    for (const { index, autoSyncUs } of this.#recorder.devices) {
      if (autoSyncUs !== null) this.deviceAt(index).client.start(autoSyncUs);
    }
    this.#incident = incidentOf(this, this.#routing);
    const users = {
      simulation,
      measures: this.userMeasures,
      device: (index: number) => this.#byIndex[index],
      acting: (index: number, ordinal: number) => copies.acting(index, ordinal) ?? this.#byIndex[index],
      nominalUs: config.clock === 'wall' ? nominalUsOf(config) : undefined,
      load: config.incident.kind === 'surge' ? () => this.#incident!.load : undefined,
      began: isRecording ? this.#recorder.began.bind(this.#recorder) : undefined,
      didNothing: plan === undefined ? undefined : (what: string) => this.unexercised.push(what),
    };
    for (const user of this.plans) startUser(users, user);
    this.faults = new Faults(
      {
        simulation,
        network: this.network,
        relay: this.relay,
        linksOf: (device) => this.transport.linksOf(device.index),
        logEndOf: (device) => this.port.end(device.ledger.index),
        clone: (device) => {
          const add = (planned: PlannedDevice, id: number): Device => this.#addDevice(device.ledger, planned, id);
          return copies.copy(device, add, Math.round((config.client.autoSyncMs * 1000) / 2));
        },
      },
      config.faults,
      this.devices.slice(),
      {
        plan: plan?.faults,
        isRecording,
        usersEndUs: Math.round(config.durationMs * 1000),
        deliversCausally: this.documents.delivery === 'causal',
      },
    );
    schedulePhases(simulation, config);
  }

  /** The safety phase is over: no fault begins, what is cut is healed, nothing is lost any more, all devices sync. */
  heal(): void {
    this.faults?.stop();
    this.#incident?.end();
    this.network.calm();
    for (const { index, autoSyncUs } of this.#recorder.devices)
      if (autoSyncUs === null) this.deviceAt(index).client.start(0);
  }

  /** Chance and time of a peer that keeps documents. */
  #peerAmbient(): PeerAmbient {
    const stream = this.stream('relay/document');
    return { random: () => stream.next(), nowMs: () => this.simulation.nowMs };
  }

  /** Lets go of what documents hold outside of the heap; nothing may be asked of the world any more. */
  dispose(): void {
    for (const holder of [...this.devices, this.port]) {
      try {
        holder.dispose?.();
      } catch (error) {
        // A document that has failed before may fail at its end too.
        if (!(error instanceof DocumentFailure)) throw error;
      }
    }
  }

  /** What was drawn and done, as data; the world was made with `isRecording`. */
  recorded(): Plan {
    assert(this.#draws instanceof RecordingDraws, 'a plan is kept from the start or not at all');
    const faults = this.faults?.happened ?? [];
    return this.#recorder.planOf(this.plans, { faults, fates: this.transport.fates, draws: this.#draws.records });
  }

  #handle(request: RelayRequest): RelayResponse {
    const response = this.port.handle(request);
    if (response.kind === 'page') {
      if (response.hasMore) this.marks['page boundary']!++;
    } else if (response.kind === 'pushed' && response.stored < response.accepted.length) {
      this.marks['retry met a stored change']!++;
    }
    return response;
  }
}
