// One run put together: simulation, network, relay, ledgers, devices, users and faults, wired to each other. A scenario
// composes in it; whoever runs it drives its clock. It must not know any scenario.

import { assert } from '../sim/errors.ts';
import { DeviceClock } from '../sim/device-clock.ts';
import type { LinkOptions } from '../sim/link.ts';
import { Network } from '../sim/network.ts';
import type { Stream, StreamKey } from '../sim/random.ts';
import { Simulation } from '../sim/simulation.ts';
import { Slab } from '../sim/slab.ts';
import type { TraceOptions } from '../sim/trace.ts';
import { ChangeTable } from '../models/change-table.ts';
import { Conflicts } from '../models/conflicts.ts';
import { Device, type DeviceWorld, type Ledger } from '../models/device.ts';
import type { DocumentType } from '../models/documents/port.ts';
import type { EntityDraft } from '../models/entities.ts';
import { Faults } from '../models/faults.ts';
import { ledgerId } from '../models/identity.ts';
import { type Measures, measuresOf } from '../models/measures.ts';
import type { Action, UserPlan } from '../models/plan.ts';
import { RelayModel } from '../models/relay/model.ts';
import type { RelayRequest, RelayResponse, WireSizes } from '../models/relay/messages.ts';
import { CAUSE_NOTIFICATION, CAUSE_TOLD, causeOf, numberOfPush } from '../models/cause.ts';
import { SyncClients } from '../models/sync-client.ts';
import { startUser, type UserMeasures, userMeasuresOf } from '../models/user.ts';
import { inProcess } from '../relay-adapter/in-process.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import { wireSizes } from '../relay-adapter/wire-sizes.ts';
import type { Config } from './config-schema.ts';
import { epochMsOf } from './epoch.ts';

/** What kind of message an event carries, in its third integer; a notification has the number of its push there. */
const REQUEST = -1;
const RESPONSE = -2;
/** Answers to copies of one request are told apart by attempts that no request has. */
const COPY_ATTEMPTS = 2 ** 20;

interface Answer {
  readonly device: number;
  readonly serial: number;
  readonly response: RelayResponse;
  readonly bytes: number;
}

export interface WorldOptions extends TraceOptions {
  /** Puts something between the relay and the rules that it asks, such as a relay with a planted bug. */
  readonly wrapPort?: ((port: RelayPort) => RelayPort) | undefined;
}

export class World {
  readonly config: Config;
  readonly simulation: Simulation;
  readonly network: Network;
  readonly relay: RelayModel;
  readonly port: RelayPort;
  readonly table: ChangeTable;
  readonly measures: Measures;
  readonly userMeasures: UserMeasures;
  readonly ledgers: Ledger[] = [];
  readonly devices: Device[] = [];
  readonly plans: UserPlan[] = [];
  /** Rare situations that were reached, and how often. */
  readonly marks: Record<string, number> = {
    'page boundary': 0,
    'retry met a stored change': 0,
    'message lost': 0,
    'message cut by a partition': 0,
  };
  faults: Faults | undefined;

  readonly #documents: DocumentType;
  readonly #clients: SyncClients;
  readonly #sizes: WireSizes;
  readonly #deviceWorld: DeviceWorld;
  readonly #requests = new Slab<RelayRequest>();
  readonly #answers = new Slab<Answer>();
  readonly #arrive: number;
  readonly #answered: number;
  readonly #notified: number;
  readonly #up: number[] = [];
  readonly #down: number[] = [];
  readonly #linkUp: LinkOptions;
  readonly #linkDown: LinkOptions;
  /** By device: until when a notification that was sent stands for further ones. */
  #toldUntilUs = new Float64Array(64);

  constructor(config: Config, documents: DocumentType, options: WorldOptions = {}) {
    this.config = config;
    this.#documents = documents;
    const epochMs = epochMsOf(config.epoch);
    this.simulation = new Simulation({ seed: config.seed, epochMs, trace: options });
    const { simulation } = this;
    this.measures = measuresOf(simulation.metrics);
    this.userMeasures = userMeasuresOf(simulation.metrics);
    this.table = new ChangeTable(documents.isStable === true);
    this.#sizes = wireSizes(this.table, config.dialect, () => simulation.nowMs);
    this.network = new Network(simulation, {
      onDrop: (_link, reason, slot, generation, kind) => this.#dropped(reason, slot, generation, kind),
    });
    this.#linkUp = linkOptions(config, config.network.bandwidthKbitUp);
    this.#linkDown = linkOptions(config, config.network.bandwidthKbitDown);
    const { dialect, relay } = config;
    const isMember = (ledger: number, device: number): boolean => this.devices[device]?.ledger.index === ledger;
    const port = inProcess(this.table, { dialect, pageSize: relay.pageSize }, isMember);
    this.port = options.wrapPort?.(port) ?? port;
    this.relay = new RelayModel(simulation, relay, {
      handle: (request) => this.#handle(request),
      rowsFor: (request) => this.port.rowsFor(request),
      respond: (request, response) => this.#respond(request, response),
      notify: (request) => this.#notify(request),
    });
    this.#clients = new SyncClients(
      {
        simulation,
        measures: this.measures,
        sizes: this.#sizes,
        wireBytesOf: (change) => this.table.wireBytesOf(change),
        send: (request) => this.#send(request),
      },
      config.client,
    );
    this.#deviceWorld = {
      simulation,
      table: this.table,
      measures: this.measures,
      clients: this.#clients,
      documents,
      run: this,
      dialect,
      wireBytesOf: (change) => this.#sizes.change(change),
    };
    this.#arrive = simulation.handler('relay/arrive', (slot, generation) => {
      this.relay.receive(this.#requests.release(slot, generation)!);
    });
    this.#answered = simulation.handler('device/answered', (slot, generation) => {
      const { device, serial, response, bytes } = this.#answers.release(slot, generation)!;
      this.devices[device]!.client.answered(serial, response, bytes);
    });
    this.#notified = simulation.handler('device/notified', (device, pusher, push) => {
      this.devices[device]!.client.notified(causeOf(CAUSE_NOTIFICATION, pusher, push));
    });
  }

  /** The documents' type. */
  get documents(): DocumentType {
    return this.#documents;
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
    const conflicts = writers > 1 ? new Conflicts(this.simulation, this.table, this.measures, members) : undefined;
    const ledger: Ledger = {
      index,
      id: ledgerId(index),
      members,
      conflicts,
      lastEditUs: 0,
      lastAppliedUs: 0,
      lastHealedUs: -1,
    };
    this.ledgers.push(ledger);
    return ledger;
  }

  /** Adds a device as a member of a ledger. */
  device(ledger: Ledger): Device {
    const index = this.devices.length;
    const { simulation, config } = this;
    const { skewMsMax, driftPpmMax } = config.faults;
    const clockStream = skewMsMax > 0 || driftPpmMax > 0 ? this.stream(`device/${index}/clock`) : undefined;
    const clock = new DeviceClock({
      epochMs: simulation.epochMs,
      skewUs: clockStream === undefined ? 0 : Math.round(clockStream.uniform(-1, 1) * skewMsMax * 1000),
      driftPpm: clockStream === undefined ? 0 : clockStream.uniform(-1, 1) * driftPpmMax,
    });
    this.#up.push(this.network.link(`device/${index}/up`, this.#linkUp));
    this.#down.push(this.network.link(`device/${index}/down`, this.#linkDown));
    const device = new Device(this.#deviceWorld, index, ledger, clock);
    this.devices.push(device);
    ledger.members.push(device);
    if (index >= this.#toldUntilUs.length) {
      const larger = new Float64Array(this.#toldUntilUs.length * 2);
      larger.set(this.#toldUntilUs);
      this.#toldUntilUs = larger;
    }
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

  /** Puts entities into a ledger before the run: every member and the relay have them at virtual 0. */
  preload(author: Device, drafts: readonly EntityDraft[]): void {
    const { ledger } = author;
    const changes = drafts.map((draft) => author.edit(draft)).filter((change) => change >= 0);
    for (const change of changes) {
      const request = {
        kind: 'push',
        changes: [change],
        serial: 0,
        bytes: 0,
        cause: 0,
        attempt: 0,
        page: 0,
        answers: 0,
      } as const;
      const response = this.port.handle({ ...request, ledger: ledger.index, device: author.index });
      assert(response.kind === 'pushed' && response.accepted.length === 1, 'what a run begins with is accepted');
    }
    author.client.drop(changes.length);
    const log = this.port.log(ledger.index);
    for (const member of ledger.members) member.begin(log);
  }

  /** Starts devices, users and faults; the scenario has built everything by then. */
  start(): void {
    const { simulation, config } = this;
    const autoSyncUs = config.client.autoSyncMs * 1000;
    for (const device of this.devices) {
      device.client.start(Math.floor(this.stream(`device/${device.index}/auto-sync`).next() * autoSyncUs));
    }
    const users = { simulation, measures: this.userMeasures, device: (index: number) => this.devices[index]! };
    for (const plan of this.plans) startUser(users, plan);
    this.faults = new Faults(
      {
        simulation,
        network: this.network,
        linksOf: (device) => ({ up: this.#up[device.index]!, down: this.#down[device.index]! }),
        logEndOf: (device) => this.port.end(device.ledger.index),
      },
      config.faults,
      this.devices,
    );
    this.#schedulePhases();
  }

  #schedulePhases(): void {
    const { metrics } = this.simulation;
    const { durationMs, rampUpMs, rampDownMs } = this.config;
    const phases: readonly [atMs: number, name: string][] = [
      [0, rampUpMs > 0 ? 'ramp up' : 'hold'],
      [rampUpMs, 'hold'],
      [durationMs - rampDownMs, rampDownMs > 0 ? 'ramp down' : 'drain'],
      [durationMs, 'drain'],
    ];
    metrics.phase = phases[0]![1];
    const phase = this.simulation.handler('run/phase', (index) => {
      metrics.phase = phases[index]![1];
    });
    for (let index = 1; index < phases.length; index++) {
      this.simulation.scheduleAt(Math.round(phases[index]![0] * 1000), phase, index);
    }
  }

  #send(request: RelayRequest): void {
    const slot = this.#requests.put(request);
    const generation = this.#requests.generationOf(slot);
    const { device, bytes, cause, attempt, page } = request;
    const link = this.#up[device]!;
    const copies = this.network.send(link, bytes, cause, attempt, page, this.#arrive, slot, generation, REQUEST);
    if (copies !== 1) this.#requests.expect(slot, copies);
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

  #respond(request: RelayRequest, response: RelayResponse): void {
    const { device, serial, cause, page } = request;
    if (request.kind === 'pull') this.#toldUntilUs[device] = 0;
    const answers = request.answers ?? 0;
    request.answers = answers + 1;
    const attempt = request.attempt + COPY_ATTEMPTS * answers;
    const bytes = this.#sizes.response(response);
    const slot = this.#answers.put({ device, serial, response, bytes });
    const generation = this.#answers.generationOf(slot);
    const link = this.#down[device]!;
    const copies = this.network.send(link, bytes, cause, attempt, page, this.#answered, slot, generation, RESPONSE);
    if (copies !== 1) this.#answers.expect(slot, copies);
  }

  /** A member that was told less than `notifyMs` ago and has not pulled since will pull anyway. */
  #notify(request: RelayRequest): void {
    const nowUs = this.simulation.nowUs;
    const untilUs = nowUs + this.config.client.notifyMs * 1000;
    const { device: pusher } = request;
    const push = numberOfPush(request.cause, request.attempt, request.page);
    const told = causeOf(CAUSE_TOLD, pusher, push);
    const bytes = this.#sizes.notification();
    const toldUntilUs = this.#toldUntilUs;
    for (const { index } of this.ledgers[request.ledger]!.members) {
      if (index === pusher || toldUntilUs[index]! > nowUs) continue;
      toldUntilUs[index] = untilUs;
      this.network.send(this.#down[index]!, bytes, told, 0, 0, this.#notified, index, pusher, push);
    }
  }

  /** A copy that never arrives gives back its slot; those that were lost at the start were never counted. */
  #dropped(reason: string, slot: number, generation: number, kind: number): void {
    if (reason === 'lost') this.marks['message lost']!++;
    if (reason !== 'cut') return;
    this.marks['message cut by a partition']!++;
    if (kind === REQUEST) this.#requests.release(slot, generation);
    else if (kind === RESPONSE) this.#answers.release(slot, generation);
  }
}

function linkOptions(config: Config, bandwidthKbit: number): LinkOptions {
  const { latencyMsMean, latencyMsMin, latencyMsMax, latencySigma, reorderMsMean, ...network } = config.network;
  const { faults } = config;
  const reorderRate = Math.min(1, network.reorderRate + faults.reorderRate);
  return {
    latencyMsMean,
    latencyMsMin,
    latencyMsMax,
    latencySigma,
    bandwidthKbit,
    lossRate: Math.min(1, network.lossRate + faults.lossRate),
    duplicateRate: Math.min(1, network.duplicateRate + faults.duplicateRate),
    reorderRate,
    reorderMsMean,
  };
}
