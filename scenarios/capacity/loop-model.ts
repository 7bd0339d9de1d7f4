// One instance of a relay whose event loop is the one that works, alone under one load: a small and fast simulation, for
// fits that try many figures. What it does is what models/relay/service-options.ts says; it must not know measurements.
import type { ServiceOptions } from '../../models/relay/service-options.ts';
import { normalQuantile } from '../../sim/distributions.ts';
import { type Stream, Streams } from '../../sim/random.ts';
import { cumulatedShares, inOrder, type PartMeasurement, type StepLoad } from './steps.ts';

/** What a client and its network add to each request, lognormal by two of its quantiles, ms. */
export interface ClientDelay {
  readonly p50: number;
  readonly p95: number;
}

export interface LoopRun {
  readonly service: ServiceOptions;
  /** Of the lognormal cost of each request. */
  readonly serviceSigma: number;
  readonly client: ClientDelay;
  readonly load: StepLoad;
  /** Requests that count, after a tenth as many that do not. */
  readonly requests: number;
  readonly seed: string;
  /** Hears of each request that counts, in the order of answers: when its client began it, and had its answer, ms. */
  readonly answered?: (part: number, sentMs: number, doneMs: number) => void;
}

export interface LoopOutcome {
  /** In order, by part of the load. */
  readonly latenciesMs: readonly Float64Array[];
  readonly perSecond: number;
  readonly commitsPerSecond: number;
  readonly pushesPerCommit: number;
  readonly commitMs: number;
  /** Share of the time in which the loop worked. */
  readonly use: number;
}

const Z95 = 1.6448536269514722;

/** What lognormal noise of a sigma is multiplied with, mean 1. */
function noise(stream: Stream, sigma: number): number {
  if (sigma === 0) return 1;
  return Math.exp(sigma * (draw(stream) - sigma / 2));
}

/** A standard normal draw; the stream's 0 is moved off the end. */
function draw(stream: Stream): number {
  return normalQuantile(stream.next() + 2 ** -33);
}

/** Requests by the instant at which they reach the relay. */
class Waiting {
  readonly #at: number[] = [];
  readonly #request: number[] = [];

  get size(): number {
    return this.#at.length;
  }

  get nextMs(): number {
    return this.#at[0] ?? Infinity;
  }

  push(atMs: number, request: number): void {
    const [at, requests] = [this.#at, this.#request];
    let index = at.length;
    at.push(atMs);
    requests.push(request);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (at[parent]! <= atMs) break;
      at[index] = at[parent]!;
      requests[index] = requests[parent]!;
      index = parent;
    }
    at[index] = atMs;
    requests[index] = request;
  }

  pop(): number {
    const [at, requests] = [this.#at, this.#request];
    const first = requests[0]!;
    const [lastAt, lastRequest] = [at.pop()!, requests.pop()!];
    const size = at.length;
    if (size === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= size) break;
      if (child + 1 < size && at[child + 1]! < at[child]!) child++;
      if (at[child]! >= lastAt) break;
      at[index] = at[child]!;
      requests[index] = requests[child]!;
      index = child;
    }
    at[index] = lastAt;
    requests[index] = lastRequest;
    return first;
  }
}

/** Stalls that take more of the time leave too little for work to end. */
const STALLED_SHARE_MAX = 0.9;

/** How often stalls of a length may begin, so that work comes to an end between them. */
export function stallsPerMinuteMost({ stallMsMedian, stallSigma }: ServiceOptions): number {
  const meanMs = stallMsMedian * Math.exp((stallSigma * stallSigma) / 2);
  return (STALLED_SHARE_MAX * 60_000) / meanMs;
}

/** Runs the loop under a load until so many requests were answered. */
export function runLoop(run: LoopRun): LoopOutcome {
  const { service, serviceSigma, client, load, requests: counted } = run;
  const streams = new Streams(`${run.seed}/${load.name}`);
  const [gaps, which, costs, stalls, clients] = ['gaps', 'which', 'costs', 'stalls', 'clients'].map((name) =>
    streams.stream(name),
  ) as [Stream, Stream, Stream, Stream, Stream];
  const { parts, arrivals } = load;
  const bounds = cumulatedShares(parts);
  const clientSigma = client.p50 <= 0 ? 0 : Math.max(0, Math.log(Math.max(client.p95, client.p50) / client.p50) / Z95);
  const clientMs = (): number => client.p50 * (clientSigma === 0 ? 1 : Math.exp(clientSigma * draw(clients)));

  const skipped = Math.ceil(counted / 10);
  const total = skipped + counted;
  const [partOf, sentAt, delayOf]: [number[], number[], number[]] = [[], [], []];
  const latencies: number[][] = parts.map(() => []);
  const waiting = new Waiting();
  let made = 0;
  let arrivedMs = 0;
  /** Makes a request that the client begins at an instant: half of the client's own delay comes before the relay. */
  const begin = (atMs: number): void => {
    const share = which.next();
    const delayMs = clientMs();
    partOf.push(
      Math.max(
        0,
        bounds.findIndex((bound) => share < bound),
      ),
    );
    sentAt.push(atMs);
    delayOf.push(delayMs);
    waiting.push(atMs + delayMs / 2, made++);
  };
  const arrive = (): void => {
    if (arrivals.kind !== 'open') return;
    const { perSecond, rests } = arrivals;
    const isRest = rests !== undefined && gaps.chance(rests.share);
    arrivedMs += -(isRest ? rests.meanMs : 1000 / perSecond) * Math.log(1 - gaps.next());
    begin(arrivedMs);
  };
  /** An open load goes on whether it is answered or not. */
  const arriveUntil = (atMs: () => number): void => {
    if (arrivals.kind !== 'open') return;
    for (;;) {
      if (arrivedMs > atMs()) return;
      arrive();
    }
  };
  if (arrivals.kind === 'open') arrive();
  else for (let connection = 0; connection < arrivals.connections; connection++) begin(connection * 0.01);

  let answered = 0;
  let [countedFromMs, countedToMs] = [0, 0];
  let [usedMs, commits, committed, commitMs, pushesAnswered] = [0, 0, 0, 0, 0];
  const answer = (request: number, atMs: number): void => {
    const doneMs = atMs + delayOf[request]! / 2;
    if (answered === skipped - 1) countedFromMs = atMs;
    if (answered >= skipped) {
      latencies[partOf[request]!]!.push(doneMs - sentAt[request]!);
      run.answered?.(partOf[request]!, sentAt[request]!, doneMs);
    }
    answered++;
    countedToMs = atMs;
    if (arrivals.kind === 'closed') begin(doneMs);
  };

  const perMinute = Math.min(service.stallsPerMinute, stallsPerMinuteMost(service));
  const stallGapMs = (): number => (perMinute === 0 ? Infinity : (-60_000 / perMinute) * Math.log(1 - stalls.next()));
  const stallMs = (): number => service.stallMsMedian * Math.exp(service.stallSigma * draw(stalls));
  let nextStallMs = stallGapMs();
  let freeMs = 0;
  /** When work that begins at an instant has ended, with the stalls that fall into it. */
  const after = (fromMs: number, workMs: number): number => {
    let endMs = fromMs + workMs;
    while (nextStallMs < endMs) {
      endMs += stallMs();
      nextStallMs += stallGapMs();
    }
    return endMs;
  };

  let sinceCheckpoint = 0;
  const turn: number[] = [];
  const pushes: number[] = [];
  const takeUntil = (atMs: number): void => {
    while (waiting.nextMs <= atMs) turn.push(waiting.pop());
  };
  for (;;) {
    if (answered >= total) break;
    arriveUntil(() => Math.max(freeMs, waiting.nextMs));
    const firstMs = waiting.nextMs;
    while (nextStallMs < firstMs) {
      const endMs = Math.max(freeMs, nextStallMs) + stallMs();
      freeMs = endMs;
      nextStallMs += stallGapMs();
    }
    const fromMs = Math.max(freeMs, firstMs);
    const isRested = service.idleAfterMs > 0 && fromMs - freeMs >= service.idleAfterMs;
    arriveUntil(() => fromMs);
    turn.length = 0;
    pushes.length = 0;
    takeUntil(fromMs);
    let atMs = after(fromMs, service.turnMs + (isRested ? service.idleMs : 0));
    for (const request of turn) {
      const { op, size } = parts[partOf[request]!]!;
      const isPush = op === 'push';
      const meanMs = isPush
        ? service.pushMs + service.pushMsPerChange * size
        : service.pullMs + service.pullMsPerRow * size;
      atMs = after(atMs, meanMs * noise(costs, serviceSigma));
      if (isPush) pushes.push(request);
      else answer(request, atMs);
    }
    for (let first = 0; first < pushes.length; first += service.commitPushesMax) {
      const batch = pushes.slice(first, first + service.commitPushesMax);
      let changes = 0;
      for (const request of batch) changes += parts[partOf[request]!]!.size;
      let workMs = service.commitMs + service.commitMsPerChange * changes;
      sinceCheckpoint += changes;
      if (service.checkpointChanges > 0 && sinceCheckpoint >= service.checkpointChanges) {
        sinceCheckpoint = 0;
        workMs += service.checkpointMs;
      }
      const endMs = after(atMs, workMs);
      commits++;
      commitMs += endMs - atMs;
      committed += changes;
      pushesAnswered += batch.length;
      atMs = endMs;
      for (const request of batch) answer(request, atMs);
    }
    usedMs += atMs - fromMs;
    freeMs = atMs;
  }
  const spanMs = Math.max(countedToMs - countedFromMs, Number.MIN_VALUE);
  return {
    latenciesMs: latencies.map(inOrder),
    perSecond: (1000 * (answered - skipped)) / spanMs,
    commitsPerSecond: (1000 * commits) / countedToMs,
    pushesPerCommit: commits === 0 ? 0 : pushesAnswered / commits,
    commitMs: commits === 0 ? 0 : commitMs / commits,
    use: usedMs / countedToMs,
  };
}

/** Latencies and rests of a run, as a driver would have taken them down. */
export function simulatedParts(run: LoopRun): PartMeasurement[] {
  const answered: { part: number; sentMs: number; doneMs: number }[] = [];
  runLoop({ ...run, answered: (part, sentMs, doneMs) => void answered.push({ part, sentMs, doneMs }) });
  const parts = run.load.parts.map((part) => ({ part, latenciesMs: [] as number[], restsMs: [] as number[] }));
  let lastDoneMs = 0;
  for (const { part, sentMs, doneMs } of answered.toSorted((a, b) => a.sentMs - b.sentMs)) {
    parts[part]!.latenciesMs.push(doneMs - sentMs);
    parts[part]!.restsMs.push(sentMs >= lastDoneMs ? sentMs - lastDoneMs : -1);
    lastDoneMs = Math.max(lastDoneMs, doneMs);
  }
  return parts;
}
