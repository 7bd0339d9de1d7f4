// A run under the wall clock: connects a world to a real relay that is not waited for, and says whether the driver kept
// its schedule. It must not know real time but by what it is given.

import { assert } from '../sim/errors.ts';
import type { Trend } from '../sim/metric-kinds.ts';
import { CAUSE_NOTIFICATION, causeOf } from '../models/cause.ts';
import type { LivePort } from '../relay-adapter/load/live-port.ts';
import type { LiveRelay } from '../relay-adapter/load/live-relay.ts';
import type { RealTime } from '../relay-adapter/load/real-time.ts';
import type { Load, Offered } from './result.ts';
import type { World } from './world.ts';

/** A run that achieves less of the offered rate than this says little of that rate. */
const ACHIEVED_SHARE_MIN = 0.95;
/** Chance makes no more of a difference than so many standard deviations of a count, each the root of what is expected. */
const DEVIATIONS_MAX = 3;
/** Whoever drives the run is asked at least so often whether it goes on. */
const WAIT_US_MAX = 200_000;

export class WallClock {
  readonly #world: World;
  readonly #time: RealTime;
  readonly #live: LiveRelay;
  /** From when a request was due until it went out. */
  readonly #scheduleError: Trend;
  #told = 0;

  constructor(world: World, time: RealTime) {
    const { live, simulation } = world;
    assert(live !== undefined, 'under the wall clock requests are not waited for');
    this.#world = world;
    this.#time = time;
    this.#live = live;
    const { metrics } = simulation;
    this.#scheduleError = metrics.trend('schedule_error');
    const fromSend = {
      push: metrics.trend('push_response_time_from_send'),
      pull: metrics.trend('pull_response_time_from_send'),
    };
    live.listen({
      answered: ({ request, response, atUs, tookUs }) => {
        fromSend[request.kind].recordUs(tookUs);
        world.transport.came(request, response, atUs);
      },
      notified: (device, atUs) => world.transport.told(device, ++this.#told, atUs),
      sent: (dueUs, atUs) => this.#scheduleError.recordUs(Math.max(0, atUs - dueUs)),
    });
  }

  /** Makes all devices known to the relay; then time begins. */
  async start(): Promise<void> {
    const port = this.#world.port as LivePort;
    const members = this.#world.devices.map(({ ledger, id }) => ({ ledger: ledger.index, device: id }));
    for (const { ledger, device } of members) port.join(ledger, device);
    await this.#live.joinAll(members);
    // A member that is not told of changes finds them when it syncs by itself.
    if (this.#live.missingSockets > 0) this.#world.marks['member without a socket'] = this.#live.missingSockets;
    this.#time.start();
  }

  /** Since the run began, whole µs. */
  get nowUs(): number {
    return this.#time.nowUs;
  }

  /** Every device that has not pulled all that was accepted does so soon, as if it had been told. */
  nudge(): void {
    const { devices, config, port } = this.#world;
    if (config.dialect === '1.0') return;
    for (const { client, index, ledger, position } of devices) {
      if (position < port.end(ledger.index)) client.notified(causeOf(CAUSE_NOTIFICATION, index, ++this.#told));
    }
  }

  /** Sends what is due. */
  flush(): void {
    this.#live.flush();
  }

  /** Waits until something is due, an answer is there, or for a while. */
  async wait(): Promise<void> {
    await this.#time.until(Math.min(this.#world.simulation.nextTimeUs(), this.#time.nowUs + WAIT_US_MAX));
  }

  /** How well the load was made. @param measuredMs for how long the rates were counted */
  load({ rate, achieved }: Offered, measuredMs: number): Load {
    const { config } = this.#world;
    const errors = this.#scheduleError.total();
    const [p50, p99, max] = [errors.percentileUs(50), errors.percentileUs(99), errors.maxUs].map((us) => us / 1000);
    const limitMs = config.wire.scheduleErrorMsMax;
    const reasons: string[] = [];
    if (p99! > limitMs) reasons.push(`schedule error p99 ${p99!.toFixed(1)} ms, above ${limitMs} ms`);
    const expected = (rate * measuredMs) / 1000;
    const least = ACHIEVED_SHARE_MIN * expected - DEVIATIONS_MAX * Math.sqrt(expected);
    if ((achieved * measuredMs) / 1000 < least) {
      reasons.push(`${achieved.toFixed(1)} requests/s of ${rate.toFixed(1)} offered`);
    }
    return { scheduleErrorMs: { p50: p50!, p99: p99!, max: max! }, reasons };
  }

  async close(): Promise<void> {
    await this.#live.close();
    await this.#time.close();
  }
}
