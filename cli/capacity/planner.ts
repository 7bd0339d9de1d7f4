// Answers a capacity question: drives the search, and what goes beside its answer: the interval, the current load, a sweep,
// ready questions, costs. It must not know how points are run, nor how an answer is shown.
import type { Config, ConfigLayer } from '../../scenarios/config-schema.ts';
import { bottleneckOf } from '../../scenarios/capacity/bottleneck.ts';
import { costsOf, type Prices } from '../../scenarios/capacity/costs.ts';
import { crossingsOf, halfStep, intervalOf, seedsHalfWidth } from '../../scenarios/capacity/interval.ts';
import { layerAt, overLayer } from '../../scenarios/capacity/layers.ts';
import { samplesFor } from '../../scenarios/capacity/objectives.ts';
import type { PointTask } from '../../scenarios/capacity/point.ts';
import type {
  Bottleneck,
  CapacityAnswer,
  CapacityPoint,
  Costs,
  CurrentLoad,
  Sweep,
  SweepAxis,
  SweepCurve,
  WhatIfAnswer,
} from '../../scenarios/capacity/result.ts';
import {
  knownOf,
  next,
  searchFrom,
  type SearchOptions,
  type SearchState,
  told,
} from '../../scenarios/capacity/search.ts';
import { curveOf, gridOf, sweepOf } from '../../scenarios/capacity/sweep.ts';
import type { WhatIf } from '../../scenarios/capacity/what-ifs.ts';
import { scaledServices } from '../../scenarios/capacity/scaled-services.ts';
import type { Thresholds } from '../../scenarios/thresholds.ts';
import type { PointRunner } from './tasks.ts';

/** What is asked. */
export interface Question {
  readonly config: Config;
  readonly objectives: Thresholds;
  /** Users of the current load, and whether they were given. */
  readonly users: number;
  readonly isGiven: boolean;
  /** Most users that are looked at. */
  readonly most: number;
  readonly axes: readonly SweepAxis[];
  readonly whatIfs: readonly WhatIf[];
  readonly costs?: { readonly months: number; readonly prices: Prices } | undefined;
  /** The calibration's interval of the throughput, as ratios. */
  readonly ratio?: { readonly low: number; readonly high: number } | undefined;
}

/** What a question is answered with. */
export interface PlannerPorts {
  readonly runner: PointRunner;
  /** Whether no further point is to begin. */
  isLate(): boolean;
  /** Hears what is done now. */
  progress(text: string): void;
}

/** What an answer is made of. */
export interface Planned {
  readonly capacity: CapacityAnswer;
  readonly current: CurrentLoad | null;
  readonly points: readonly CapacityPoint[];
  readonly curve: SweepCurve;
  readonly sweep: Sweep | null;
  readonly whatIfs: readonly WhatIfAnswer[];
  readonly costs: Costs | null;
  readonly notes: readonly string[];
  /** Whether everything that was asked was answered. */
  readonly isComplete: boolean;
}

/** Seeds of the searches beside the main one, which only say how much an answer changes. */
const SIDE_SEEDS = 3;
/** From here on a part is used up. */
const SATURATED_SHARE = 0.98;

class OutOfTime extends Error {}

/** Answers a question. @throws Stopped where the runner was stopped; what points throw */
export async function plan(question: Question, ports: PlannerPorts): Promise<Planned> {
  return new Planner(question, ports).answer();
}

class Planner {
  readonly #question: Question;
  readonly #ports: PlannerPorts;
  readonly #samples: number;
  readonly #points: CapacityPoint[] = [];
  readonly #notes: string[] = [];
  #state: SearchState;

  constructor(question: Question, ports: PlannerPorts) {
    this.#question = question;
    this.#ports = ports;
    this.#samples = samplesFor(question.objectives);
    this.#state = searchFrom({ from: question.users, most: question.most });
  }

  async answer(): Promise<Planned> {
    const { config, users, costs: wanted } = this.#question;
    let current: CurrentLoad | null = null;
    let calibration: number | null = null;
    let sweep: Sweep | null = null;
    let costs: Costs | null = null;
    const whatIfs: WhatIfAnswer[] = [];
    let isComplete = true;
    try {
      await this.#search();
      current = await this.#currentLoad();
      calibration = await this.#calibrationHalfWidth();
      sweep = await this.#sweep();
      for (const whatIf of this.#question.whatIfs) whatIfs.push(await this.#whatIf(whatIf));
      if (wanted !== undefined) {
        const point = await this.#one(users, { isSized: true }, 'bytes of the current load');
        const capacity = this.#found();
        if (capacity === 0) this.#notes.push('no costs: one user alone misses the objectives');
        else {
          const keeps = this.#question.whatIfs.some(({ keepsLog }) => keepsLog === true);
          const basis = { point, users, capacity, instances: config.relay.instances };
          costs = costsOf(basis, wanted.months, wanted.prices, keeps);
        }
      }
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      isComplete = false;
      this.#notes.push('the time that was given ran out before everything was answered');
    }
    const capacity = this.#capacity(calibration);
    this.#remark(capacity);
    const points = this.#points.toSorted(inOrder);
    return {
      capacity,
      current,
      points,
      curve: curveOf('', meansOf(points)),
      sweep,
      whatIfs,
      costs,
      notes: this.#notes,
      isComplete,
    };
  }

  async #search(): Promise<void> {
    // Kept as it goes, so that what is known is known when time runs out.
    await this.#drive(this.#state, {}, '', (state, points) => {
      this.#state = state;
      this.#points.push(...points);
    });
  }

  async #drive(
    from: SearchState,
    task: Partial<PointTask>,
    what: string,
    step: (state: SearchState, points: readonly CapacityPoint[]) => void = () => undefined,
  ): Promise<SearchState> {
    let state = from;
    for (;;) {
      const probes = next(state);
      if (probes.length === 0) return state;
      const tasks = probes.map((probe) => this.#task(probe.users, probe.seed, probe.isLong, task));
      const loads = [...new Set(probes.map(({ users }) => users))].join(', ');
      const points = await this.#run(tasks, `${what}${state.phase}: ${loads} users`);
      state = told(
        state,
        probes.map((probe, at) => ({ ...probe, isMet: points[at]!.isMet })),
      );
      step(state, points);
    }
  }

  #task(users: number, seed: number, isLong: boolean, more: Partial<PointTask>): PointTask {
    const { config, objectives } = this.#question;
    const whole = seed === 0 ? config.seed : `${config.seed}/${seed + 1}`;
    return { users, seed: whole, isLong, samples: this.#samples, objectives, ...more };
  }

  async #run(tasks: readonly PointTask[], what: string): Promise<CapacityPoint[]> {
    if (this.#ports.isLate()) throw new OutOfTime();
    let done = 0;
    const say = (): void => this.#ports.progress(tasks.length === 1 ? what : `${what}, ${done} of ${tasks.length}`);
    say();
    return this.#ports.runner.points(tasks, () => {
      done++;
      say();
    });
  }

  async #one(users: number, more: Partial<PointTask>, what: string): Promise<CapacityPoint> {
    return (await this.#run([this.#task(users, 0, false, more)], what))[0]!;
  }

  /** The largest load that is known to hold. */
  #found(): number {
    return knownOf(this.#state).low;
  }

  /** The current load as the confirmation looks at loads. */
  async #currentLoad(): Promise<CurrentLoad> {
    const { users, isGiven } = this.#question;
    let points = this.#points.filter((point) => point.isLong && point.users === users);
    if (points.length === 0) {
      const { seeds } = this.#state.options;
      const tasks = Array.from({ length: seeds }, (_, seed) => this.#task(users, seed, true, {}));
      points = await this.#run(tasks, `current load: ${users} users`);
      this.#points.push(...points);
    }
    const isMet = points.filter((point) => point.isMet).length * 2 > points.length;
    const found = this.#found();
    return { users, isMet, isGiven, headRoom: found === 0 ? null : found / users, p95Ms: meanOf(points, 'p95Ms') };
  }

  /** The same search where every service takes as much less or more time as the calibration's interval says. */
  async #calibrationHalfWidth(): Promise<number | null> {
    const { ratio, config } = this.#question;
    if (ratio === undefined || this.#state.outcome?.kind !== 'found') return null;
    const found: number[] = [];
    for (const each of [ratio.low, ratio.high]) {
      found.push(await this.#capacityWith({ layer: scaledServices(config, 1 / each) }, 'calibration, '));
    }
    const [low, high] = found as [number, number];
    return low > 0 && high > 0 ? Math.abs(Math.log(high / low)) / 2 : null;
  }

  async #capacityWith(task: Partial<PointTask>, what: string): Promise<number> {
    return knownOf(await this.#sideSearch(task, what)).low;
  }

  #sideSearch(task: Partial<PointTask>, what: string, points: CapacityPoint[] = []): Promise<SearchState> {
    const options: Partial<SearchOptions> = {
      from: Math.max(1, this.#found()),
      most: this.#question.most,
      seeds: SIDE_SEEDS,
    };
    return this.#drive(searchFrom(options), task, what, (_state, run) => void points.push(...run));
  }

  async #sweep(): Promise<Sweep | null> {
    const { axes, users } = this.#question;
    if (axes.length === 0) return null;
    const grid = gridOf(axes);
    const tasks = grid.map((at) => {
      const layers = axes.map(({ path }, axis) => (path === 'users' ? {} : layerAt(path, at[axis])));
      const own = axes.findIndex(({ path }) => path === 'users');
      const load = own < 0 ? users : (at[own] as number);
      return this.#task(load, 0, false, { layer: overLayer(...layers) });
    });
    const points = await this.#run(tasks, 'sweep');
    return sweepOf(
      axes,
      points.map((point, index) => ({ at: grid[index]!, point })),
    );
  }

  async #whatIf(whatIf: WhatIf): Promise<WhatIfAnswer> {
    const { config, users, isGiven } = this.#question;
    const { name, title, note } = whatIf;
    const blank = { name, title, before: null, after: null, users: null, verdict: null, bottleneck: null };
    const found = this.#found();
    const refusal = whatIf.refusal?.(config);
    if (refusal !== undefined) return { ...blank, note: `not asked: ${refusal}` };
    if (found === 0) return { ...blank, note: 'not asked: one user alone misses the objectives' };
    const layer: ConfigLayer = whatIf.layer(config);
    if (whatIf.by === 'verdict') {
      if (this.#ports.isLate()) throw new OutOfTime();
      const load = isGiven ? users : found;
      this.#ports.progress(`what if ${name}: ${load} users`);
      const { verdict } = await this.#ports.runner.verdict({ users: load, seed: config.seed, layer });
      // A time that was missed in a disturbance is no verdict on what came after it.
      const isOver = verdict === 'passed' || verdict === 'threshold';
      return { ...blank, users: load, verdict: isOver ? 'recovered' : verdict, note };
    }
    const points: CapacityPoint[] = [];
    const state = await this.#sideSearch({ layer, hotLedgers: whatIf.hotLedgers }, `what if ${name}, `, points);
    const after = knownOf(state).low;
    return { ...blank, before: found, after, bottleneck: bottleneckAt(points, after), note };
  }

  #capacity(calibration: number | null): CapacityAnswer {
    const { outcome } = this.#state;
    const { low, high } = knownOf(this.#state);
    const kind = outcome?.kind ?? 'unknown';
    const long = this.#points.filter((point) => point.isLong);
    const known = long.length > 0 ? long : this.#points;
    const rate = meanOf(
      known.filter((point) => point.users === low),
      'achieved',
    );
    const crossings = kind === 'found' ? crossingsOf(this.#points, low) : [];
    const parts = {
      seeds: seedsHalfWidth(crossings),
      search: low > 0 && high !== null ? halfStep(low, high) : 0,
      calibration,
      workload: null,
    };
    const bottleneck = kind === 'always' ? null : bottleneckAt(this.#points, low);
    return { kind, users: low, rate: rate ?? 0, interval: intervalOf(low, parts), bottleneck };
  }

  /** What a person should know of how much an answer rests on. */
  #remark({ kind, interval, bottleneck }: CapacityAnswer): void {
    const { most, ratio } = this.#question;
    if (kind === 'always') this.#notes.push(`the objectives hold up to ${most} users, the most that were looked at`);
    if (kind === 'never') this.#notes.push('the objectives are missed by one user alone: no load meets them');
    if (kind !== 'found') return;
    if (interval.parts.seeds === null)
      this.#notes.push('the spread over seeds is not known: an objective has no distance to its limit');
    if (ratio === undefined)
      this.#notes.push('no calibration: service times are those of the configuration, taken as they are');
    this.#notes.push('the workload is that of the scenario, taken as it is');
    if (bottleneck !== null && bottleneck.share >= SATURATED_SHARE) {
      this.#notes.push('what runs out is used up: users wait for each other, and more of them are served no faster');
    }
    const unsampled = new Set(
      this.#points.flatMap(({ objectives }) =>
        objectives.filter(({ value }) => value === null).map(({ metric }) => metric),
      ),
    );
    for (const metric of unsampled)
      this.#notes.push(`${metric} was not sampled at every point; a point without it misses`);
  }
}

/** Which part runs out first, by the points of the least load above the answer, else by those at it. */
function bottleneckAt(points: readonly CapacityPoint[], users: number): Bottleneck | null {
  const above = points.filter((point) => point.users > users && !point.isMet);
  const least = Math.min(...above.map((point) => point.users));
  const long = above.filter((point) => point.users === least && point.isLong);
  const chosen = long.length > 0 ? long : above.filter((point) => point.users === least);
  const known = chosen.length > 0 ? chosen : points.filter((point) => point.users === users);
  if (known.length === 0) return null;
  return bottleneckOf({ use: meanUse(known), tightest: null });
}

function meanUse(points: readonly CapacityPoint[]): { part: string; share: number }[] {
  const sums = new Map<string, number>();
  for (const { use } of points) for (const { part, share } of use) sums.set(part, (sums.get(part) ?? 0) + share);
  return [...sums].map(([part, sum]) => ({ part, share: sum / points.length }));
}

function meanOf(points: readonly CapacityPoint[], key: 'achieved' | 'p95Ms'): number | null {
  const values = points.map((point) => point[key]).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** One point for each load: what its points came to on average. */
function meansOf(points: readonly CapacityPoint[]): { point: CapacityPoint }[] {
  const byUsers = new Map<number, CapacityPoint[]>();
  for (const point of points) byUsers.set(point.users, [...(byUsers.get(point.users) ?? []), point]);
  return [...byUsers.values()].map((all) => ({
    point: { ...all[0]!, achieved: meanOf(all, 'achieved') ?? 0, p95Ms: meanOf(all, 'p95Ms') },
  }));
}

function inOrder(a: CapacityPoint, b: CapacityPoint): number {
  if (a.users !== b.users) return a.users - b.users;
  if (a.isLong !== b.isLong) return a.isLong ? 1 : -1;
  return a.seed < b.seed ? -1 : a.seed > b.seed ? 1 : 0;
}
