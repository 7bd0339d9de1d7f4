// Drives one step against a relay and takes down what came back: arrivals at their instants or a closed loop, latencies by
// the monotonic clock, and the scheduler's figures around them. It runs in a process of its own; it must not know what the
// figures are for.
import { HttpClient } from '../../relay-adapter/load/http-client.ts';
import { startPacer } from '../../relay-adapter/load/pacer.ts';
import {
  cumulatedShares,
  inOrder,
  quantileOf,
  type StepCommits,
  type StepLoad,
  type StepMeasurement,
} from '../../scenarios/capacity/steps.ts';
import { Streams } from '../../sim/random.ts';
import { canary, machineTicks, type ReadProc, threadTimes } from './proc.ts';
import type { CalibrationRequests } from './requests.ts';

/** Where steps go. */
export interface DriverTarget {
  readonly origin: string;
  readonly pathPrefix: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The process that serves, where it runs on this machine. */
  readonly pid: number | undefined;
  /** Whether it has figures of its own at /metrics. */
  readonly hasMetrics: boolean;
}

export interface StepOrder {
  readonly load: StepLoad;
  readonly repeat: number;
  readonly settleMs: number;
  readonly measureMs: number;
  readonly seed: string;
}

/** A step as the driver has it: not judged yet. */
export type DrivenStep = Omit<StepMeasurement, 'reasons'>;

/** Open loops have as many connections as they may need: one that waits for another would not be an arrival. */
const OPEN_CONNECTIONS = 400;
const TIMEOUT_MS = 10_000;

interface RelayFigures {
  readonly commits: StepCommits | undefined;
  readonly cpuMs: number | undefined;
}

interface Recorded {
  readonly latenciesMs: number[];
  readonly restsMs: number[];
}

/** @throws Error where no request was answered as it should be */
export async function driveStep(
  { origin, pathPrefix, headers, pid, hasMetrics }: DriverTarget,
  requests: Pick<CalibrationRequests, 'next'>,
  order: StepOrder,
  read: ReadProc,
): Promise<DrivenStep> {
  const { load, repeat, settleMs, measureMs, seed } = order;
  const { arrivals, parts } = load;
  const connections = arrivals.kind === 'closed' ? arrivals.connections : OPEN_CONNECTIONS;
  const common = { origin, pathPrefix, headers, timeoutMs: TIMEOUT_MS };
  const http = new HttpClient({ ...common, connections });
  const asking = new HttpClient({ ...common, connections: 1 });
  const streams = new Streams(`${seed}/${load.name}/${repeat}`);
  const [which, gaps] = [streams.stream('which'), streams.stream('gaps')];
  const bounds = cumulatedShares(parts);

  const recorded: Recorded[] = parts.map(() => ({ latenciesMs: [], restsMs: [] }));
  const latesMs: number[] = [];
  const isChecked = parts.map(() => false);
  let failures = 0;
  let firstFailure = '';
  let answers = 0;
  let inFlight = 0;
  let lastAnswerMs = performance.now();
  /** Requests that are sent from then on, until the end, count. */
  let [fromMs, untilMs] = [Infinity, Infinity];
  let isOver = false;
  let onIdle = (): void => undefined;

  const send = (answered: () => void): void => {
    const draw = which.next();
    const part = Math.max(
      0,
      bounds.findIndex((bound) => draw < bound),
    );
    const { path, body, headers: own } = requests.next(parts[part]!);
    const sentMs = performance.now();
    const restMs = inFlight === 0 ? sentMs - lastAnswerMs : -1;
    inFlight++;
    http.request('POST', path, own, body, ({ status, body: text, error }) => {
      const nowMs = performance.now();
      inFlight--;
      lastAnswerMs = nowMs;
      if (status !== 200 || (!isChecked[part] && !isWhole(parts[part]!, text))) {
        failures++;
        firstFailure ||= error ?? `${status} ${text.slice(0, 200)}`;
      } else {
        isChecked[part] = true;
        if (nowMs >= fromMs && nowMs < untilMs) answers++;
        if (sentMs >= fromMs && sentMs < untilMs) {
          recorded[part]!.latenciesMs.push(nowMs - sentMs);
          recorded[part]!.restsMs.push(restMs);
        }
      }
      answered();
      if (inFlight === 0) onIdle();
    });
  };

  const canaryBeforeMs = canary(() => performance.now());
  let stop = async (): Promise<void> => undefined;
  if (arrivals.kind === 'closed') {
    const again = (): void => {
      if (!isOver) send(again);
    };
    for (let connection = 0; connection < connections; connection++) again();
  } else {
    const { perSecond, rests } = arrivals;
    const gapMs = (): number => {
      const isRest = rests !== undefined && gaps.chance(rests.share);
      return -(isRest ? rests.meanMs : 1000 / perSecond) * Math.log(1 - gaps.next());
    };
    let dueMs = performance.now();
    const pacer = await startPacer(() => {
      const isDue = (): boolean => !isOver && dueMs <= performance.now();
      while (isDue()) {
        const nowMs = performance.now();
        if (nowMs >= fromMs && nowMs < untilMs) latesMs.push(nowMs - dueMs);
        send(() => undefined);
        dueMs += gapMs();
      }
      if (!isOver) pacer.wakeAt(dueMs);
    });
    pacer.wakeAt(dueMs);
    stop = () => pacer.close();
  }
  try {
    await sleep(settleMs);
    const figuresBefore = hasMetrics ? await figuresOf(asking) : NO_FIGURES;
    const threads = (): {
      server: ReturnType<typeof threadTimes> | undefined;
      driver: ReturnType<typeof threadTimes>;
    } => ({
      server: pid === undefined ? undefined : threadTimes(read, pid),
      driver: threadTimes(read, 'self'),
    });
    const [threadsBefore, ticksBefore] = [threads(), machineTicks(read)];
    fromMs = performance.now();
    await sleep(measureMs);
    // A relay that had no core for that long is waited for.
    const hasNothing = (): boolean => answers === 0 && failures === 0 && performance.now() - fromMs < TIMEOUT_MS;
    while (hasNothing()) await sleep(measureMs);
    untilMs = performance.now();
    const [threadsAfter, ticksAfter] = [threads(), machineTicks(read)];
    const figuresAfter = hasMetrics ? await figuresOf(asking) : NO_FIGURES;
    isOver = true;
    await stop();
    if (inFlight > 0) await new Promise<void>((resolve) => (onIdle = resolve));
    const canaryAfterMs = canary(() => performance.now());
    if (answers === 0) throw new Error(`step ${load.name}: no request was answered as it should be: ${firstFailure}`);

    const tookMs = untilMs - fromMs;
    const ticks = ticksAfter.all - ticksBefore.all;
    const { server: before } = threadsBefore;
    const { server: after } = threadsAfter;
    const isSeen = before !== undefined && after !== undefined;
    const late = inOrder(latesMs);
    return {
      load,
      repeat,
      seconds: tookMs / 1000,
      answers,
      failures,
      parts: parts.map((part, index) => ({ part, ...recorded[index]! })),
      cpuMs: isSeen ? after.cpuMs - before.cpuMs : difference(figuresAfter.cpuMs, figuresBefore.cpuMs),
      driverCpuMs: threadsAfter.driver.cpuMs - threadsBefore.driver.cpuMs,
      commits: commitsBetween(figuresBefore.commits, figuresAfter.commits),
      disturbance: {
        serverWait: isSeen ? (after.waitMs - before.waitMs) / tookMs : undefined,
        driverWait: (threadsAfter.driver.waitMs - threadsBefore.driver.waitMs) / tookMs,
        steal: ticks === 0 ? 0 : (ticksAfter.stolen - ticksBefore.stolen) / ticks,
        canaryMs: [canaryBeforeMs, canaryAfterMs],
        lateMs: [quantileOf(late, 0.5), quantileOf(late, 0.99)],
      },
    };
  } finally {
    isOver = true;
    await stop();
    await http.close();
    await asking.close();
  }
}

/** Whether an answer did as much as was asked for. */
function isWhole({ op, size }: { op: string; size: number }, text: string): boolean {
  const { accepted, changes } = JSON.parse(text) as { accepted?: unknown[]; changes?: unknown[] };
  return (op === 'push' ? accepted : changes)?.length === size;
}

const NO_FIGURES: RelayFigures = { commits: undefined, cpuMs: undefined };

async function figuresOf(client: HttpClient): Promise<RelayFigures> {
  const text = await new Promise<string>((resolve) => {
    client.request('GET', '/metrics', undefined, undefined, ({ status, body }) => resolve(status === 200 ? body : ''));
  });
  return readFigures(text);
}

/** What a relay says of its CPU and its commits, in Prometheus' text format. */
export function readFigures(text: string): RelayFigures {
  const value = (name: string): number | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    const figure = line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
    return Number.isNaN(figure) ? undefined : figure;
  };
  const cpuSeconds = value('squall_relay_cpu_seconds_total');
  const count = value('squall_relay_commit_duration_seconds_count');
  const seconds = value('squall_relay_commit_duration_seconds_sum');
  const jobs = value('squall_relay_committed_total{what="jobs"}') ?? 0;
  const changes = value('squall_relay_committed_total{what="changes"}') ?? 0;
  const cumulated = [...text.matchAll(/^squall_relay_commit_duration_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(
    ([, upTo, under]) => ({ upToMs: upTo === '+Inf' ? Number.MAX_VALUE : 1000 * Number(upTo), under: Number(under) }),
  );
  const buckets = cumulated.map(({ upToMs, under }, index) => {
    const below = cumulated[index - 1];
    return { overMs: below?.upToMs ?? 0, upToMs, count: under - (below?.under ?? 0) };
  });
  return {
    cpuMs: cpuSeconds === undefined ? undefined : cpuSeconds * 1000,
    commits: count === undefined || seconds === undefined ? undefined : { count, seconds, jobs, changes, buckets },
  };
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}

function commitsBetween(before: StepCommits | undefined, after: StepCommits | undefined): StepCommits | undefined {
  if (before === undefined || after === undefined) return undefined;
  return {
    count: after.count - before.count,
    seconds: after.seconds - before.seconds,
    jobs: after.jobs - before.jobs,
    changes: after.changes - before.changes,
    buckets: after.buckets.map((bucket, index) => ({
      ...bucket,
      count: bucket.count - (before.buckets[index]?.count ?? 0),
    })),
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
