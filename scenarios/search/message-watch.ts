// The messages of a plan as they travel while it is run and watched: pushes, what the relay makes of them, and those of
// all messages that were lost, late or doubled. It must not know what documents make of them.

import { CAUSE_ACTION, CAUSE_AUTO_SYNC, CAUSE_NOTIFICATION, CAUSE_TOLD, causeOf } from '../../models/cause.ts';
import type { FateRecord, Plan } from '../../models/plan.ts';
import type { RelayRequest, RelayResponse } from '../../models/relay/messages.ts';
import { nominalLatencyMs } from '../../sim/link.ts';
import { linkOptions } from '../networks.ts';
import type { World } from '../world.ts';
import { type Happening, type MessageFate, RELAY } from './story-event.ts';

/** Numbers of causes end here; those of faults begin at half of it. */
const NUMBERS = causeOf(CAUSE_ACTION, 1, 0);
const STEPS_MAX = 4096;
/** Answers to copies of a request have attempts from here on. */
const COPY_ATTEMPTS = 2 ** 20;
/** A message is late beyond so many nominal latencies and so much. */
const LATE_FACTOR = 2;
const LATE_US = 250_000;
/** Where a plan names more fates than this, lost notifications are no news. */
const FATES_MAX = 40;

export interface MessagePorts {
  add(device: number, happening: Happening): void;
  labelsOf(changes: Iterable<number>): string[];
}

export class MessageWatch {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #ports: MessagePorts;
  readonly #lateUs: number;
  #fates: readonly FateRecord[] | undefined;
  #seen = 0;
  /** Pushes by what names their message, as they were told. */
  readonly #pushes = new Map<string, Extract<Happening, { what: 'push' }>>();
  /** Pushes that the relay has answered in the present event, and whose answer is not on its way. */
  #unanswered = new Map<string, { device: number; labels: readonly string[] }>();

  constructor(world: World, plan: Plan, ports: MessagePorts) {
    this.#world = world;
    this.#plan = plan;
    this.#ports = ports;
    const { network, faults } = world.config;
    const nominalUs = nominalLatencyMs(linkOptions(network, faults, 'up')) * 1000;
    this.#lateUs = nominalUs * LATE_FACTOR + LATE_US;
  }

  /** Looks at the messages that were sent since it last looked. */
  look(): void {
    this.#fates ??= this.#world.recorded().fates;
    for (; this.#seen < this.#fates.length; this.#seen++) this.#sent(this.#fates[this.#seen]!);
    for (const [, { device, labels }] of this.#unanswered) {
      this.#ports.add(device, { what: 'message', of: 'answer', fate: 'lost', delayUs: -1, labels });
    }
    this.#unanswered.clear();
  }

  /** The relay has answered. @param endBefore where its log ended before */
  handled(request: RelayRequest, response: RelayResponse, endBefore: number): void {
    if (request.kind !== 'push') return;
    const { device, origin = device, cause, attempt, page } = request;
    const ports = this.#ports;
    const labels = ports.labelsOf(request.changes);
    const key = keyOf(origin, cause, attempt, page);
    const push = this.#pushes.get(key);
    if (push !== undefined) push.labels = labels;
    if (response.kind === 'refusal') {
      ports.add(RELAY, { what: 'reject', author: origin, labels, reason: response.code });
      return;
    }
    if (response.kind !== 'pushed') return;
    for (const { change, reason } of response.rejected) {
      ports.add(RELAY, { what: 'reject', author: origin, labels: ports.labelsOf([change]), reason });
    }
    const { table } = this.#world;
    const positionOf = (change: number): number => table.positionOf(change);
    const stored = response.accepted.filter((change) => positionOf(change) > endBefore);
    const unkept = response.accepted.filter((change) => positionOf(change) === 0);
    if (stored.length + unkept.length > 0) {
      ports.add(RELAY, {
        what: 'accept',
        author: origin,
        labels: ports.labelsOf(stored),
        unkept: ports.labelsOf(unkept),
      });
    } else if (response.accepted.length > 0) {
      ports.add(RELAY, { what: 'accept-again', author: origin, labels: ports.labelsOf(response.accepted) });
    }
    this.#unanswered.set(key, { device: origin, labels });
  }

  #sent([device, way, cause, attempt, page, copy, delayUs]: FateRecord): void {
    const fate = this.#fateOf(copy, delayUs);
    const ports = this.#ports;
    if (way === 1) {
      const key = keyOf(device, cause, attempt % COPY_ATTEMPTS, page);
      this.#unanswered.delete(key);
      if (fate === undefined) return;
      const told = isOfKind(cause, CAUSE_TOLD);
      if (told && this.#plan.fates.length > FATES_MAX) return;
      const labels = this.#pushes.get(key)?.labels ?? [];
      ports.add(device, { what: 'message', of: told ? 'notification' : 'answer', fate, delayUs, labels });
      return;
    }
    const changes = this.#pushed(device, cause);
    if (changes === undefined) {
      if (fate !== undefined) ports.add(device, { what: 'message', of: 'pull', fate, delayUs, labels: [] });
      return;
    }
    const key = keyOf(device, cause, attempt, page);
    if (copy > 0 && this.#pushes.has(key)) {
      const { labels } = this.#pushes.get(key)!;
      ports.add(device, { what: 'push', labels, fate: 'doubled', delayUs, isAgain: false });
      return;
    }
    const labels = ports.labelsOf(changes);
    const push: Extract<Happening, { what: 'push' }> = { what: 'push', labels, fate, delayUs, isAgain: attempt > 0 };
    this.#pushes.set(key, push);
    ports.add(device, push);
  }

  #fateOf(copy: number, delayUs: number): MessageFate | undefined {
    if (delayUs < 0) return 'lost';
    if (copy > 0) return 'doubled';
    return delayUs > this.#lateUs ? 'late' : undefined;
  }

  /** The changes of a request that was just sent, as far as the outbox tells; undefined where it is a pull. */
  #pushed(index: number, cause: number): readonly number[] | undefined {
    const { config } = this.#world;
    const { client } = this.#world.deviceAt(index);
    const batch = client.outbox.slice(0, config.client.batchSize);
    if (isOfKind(cause, CAUSE_NOTIFICATION)) return undefined;
    const own = numberIn(cause, CAUSE_AUTO_SYNC, index);
    if (own !== undefined) {
      if (own < NUMBERS / 2) return own % 2 === 0 ? batch : undefined;
      return this.#isOvertaking(index) ? client.outbox.slice(-1) : batch;
    }
    return isOfKind(cause, CAUSE_ACTION) && this.#isPushStep(cause) ? batch : undefined;
  }

  #isOvertaking(index: number): boolean {
    const last = this.#world.faults?.happened.findLast(({ device }) => device === index);
    return last?.kind === 'overtaking' && last.atUs === this.#world.simulation.nowUs;
  }

  /** Whether the step of a plan that is a cause pushes. It may be of another device's user, who edits with it. */
  #isPushStep(cause: number): boolean {
    const owner = this.#world.deviceAt(Math.floor(cause / NUMBERS)).id;
    const [ordinal, n] = [Math.floor((cause % NUMBERS) / STEPS_MAX), (cause % NUMBERS) % STEPS_MAX];
    for (const { device, actions } of this.#plan.users) {
      if (device !== owner) continue;
      for (const [at, action] of actions.entries()) {
        if ((action.ordinal ?? at) !== ordinal) continue;
        const step = action.steps.find((each, i) => (each.n ?? i) === n);
        if (step !== undefined) return step.do === 'push' || step.do === 'push-soon';
      }
    }
    return false;
  }
}

function keyOf(device: number, cause: number, attempt: number, page: number): string {
  return `${device} ${cause} ${attempt} ${page}`;
}

/** The number in a cause of a kind and a device; undefined where it is another one's. */
function numberIn(cause: number, kind: number, device: number): number | undefined {
  const number = cause - causeOf(kind, device, 0);
  return number >= 0 && number < NUMBERS ? number : undefined;
}

function isOfKind(cause: number, kind: number): boolean {
  return cause >= causeOf(kind, 0, 0) && cause < causeOf(kind + 1, 0, 0);
}
