// fitted-workload: users who ask at random times like those of a record: a mix of pushes and pulls, think times, sizes,
// bursts and a daily curve, all by parameters. `squall workload fit` writes a profile with them. It must not know records.
import { z } from 'zod';
import { normalQuantile } from '../sim/distributions.ts';
import type { Stream } from '../sim/random.ts';
import type { Bursts } from './arrivals/bursts.ts';
import { meanTime, type TimeDistribution } from './arrivals/distributions.ts';
import { Intensity } from './arrivals/intensity.ts';
import { addTimedUser, type Timed } from './arrivals/timed-user.ts';
import { type ScenarioDefinition, type ScenarioRule, workloadOf } from './scenario.ts';

const positive = z.number().gt(0).max(31_536_000_000);
const multiple = z.number().min(0).max(1_000_000);
const sigma = z.number().min(0).max(5);
const size = z.int().min(1).max(10_000);

/** `hour0` to `hour23`. */
export const HOUR_KEYS: readonly string[] = Array.from({ length: 24 }, (_, hour) => `hour${hour}`);

const shape = {
  /** Of requests; the others are pulls. */
  pushShare: z.number().min(0).max(1).default(0.5),
  /** From one request of a user to the next, whatever their answers take: exponential with this mean … */
  thinkMsMean: positive.default(3000),
  /** … or, this share of them, with that one … */
  thinkLongShare: z.number().min(0).max(1).default(0),
  thinkLongMsMean: positive.default(3000),
  /** … or lognormal where sigma is above 0. */
  thinkSigma: sigma.default(0),
  thinkMsMedian: positive.default(3000),
  /** Changes of a push: uniform, geometric with a mean above 0, or lognormal where sigma is above 0. */
  changesMin: size.default(1),
  changesMax: size.default(5),
  changesMean: z.number().min(0).max(10_000).default(0),
  changesSigma: sigma.default(0),
  changesMedian: positive.default(1),
  /** Multiples of the mean rate between bursts and in them, and how long both are, exponential. */
  calmRate: multiple.default(1),
  burstRate: multiple.default(1),
  calmMsMean: z.number().min(1).max(31_536_000_000).default(60_000),
  burstMsMean: z.number().min(1).max(31_536_000_000).default(10_000),
  /** Hour of the day at which a run begins, and each hour's multiple of the mean rate. */
  startHour: z.number().min(0).lt(24).default(0),
};
const workload = z.strictObject({
  ...shape,
  ...(Object.fromEntries(HOUR_KEYS.map((key) => [key, multiple.default(1)])) as Record<
    `hour${number}`,
    z.ZodDefault<z.ZodNumber>
  >),
});
const figuresSchema = z.strictObject(shape);
type Figures = z.infer<typeof figuresSchema>;

function timesOf(figures: Figures): TimeDistribution {
  const {
    thinkMsMean: mean,
    thinkLongMsMean: longMean,
    thinkLongShare: longShare,
    thinkSigma,
    thinkMsMedian,
  } = figures;
  if (thinkSigma > 0) return { kind: 'lognormal', median: thinkMsMedian, sigma: thinkSigma };
  if (longShare > 0) return { kind: 'hyper-exponential', mean, longMean, longShare };
  return { kind: 'exponential', mean };
}

export default {
  name: 'fitted-workload',
  title: 'requests at random times like those of a record',
  workload,
  devicesPerUser: 1,

  rules(config): readonly ScenarioRule[] {
    const hours = HOUR_KEYS.map((key) => config.workload[key]!);
    const sum = hours.reduce((total, hour) => total + hour, 0);
    const { calmRate, burstRate } = config.workload as Figures & Record<string, number>;
    return [
      { paths: ['workload.hour0', 'workload.hour23'], sum, holds: sum > 0, expected: '> 0 for one hour at least' },
      {
        paths: ['workload.calmRate', 'workload.burstRate'],
        sum: calmRate + burstRate,
        holds: calmRate + burstRate > 0,
        expected: '> 0',
      },
    ];
  },

  defaults: (profile) => ({
    client: { batchSize: 10_000 },
    thresholds: {
      requests: [`p(95)<${profile.p95Ms}`],
      requests_failed: [`rate<${profile.errorRateMax}`],
      push_success_rate: [`rate>${profile.successRateMin}`],
      pull_success_rate: [`rate>${profile.successRateMin}`],
    },
  }),

  turn: (config) => ({
    requests: 1,
    msMean: meanTime(timesOf(config.workload as unknown as Figures)) * config.thinkScale,
  }),

  build(world) {
    const { config } = world;
    const figures = workloadOf(config, workload) as Figures & Record<string, number>;
    const { calmRate, burstRate, calmMsMean, burstMsMean, startHour } = figures;
    const bursts: Bursts | undefined =
      calmRate === 1 && burstRate === 1 ? undefined : { calmRate, burstRate, calmMsMean, burstMsMean };
    const hours = HOUR_KEYS.map((key) => figures[key]!);
    const intensity = new Intensity({ hours, startHour, bursts }, world.stream('bursts'));
    for (let user = 0; user < config.users; user++) {
      const share = user / config.users;
      const fromUs = Math.round(config.rampUpMs * 1000 * share);
      const endUs = Math.round((config.durationMs - config.rampDownMs * share) * 1000);
      const streams = { turns: world.stream(`user/${user}/turns`), think: world.stream(`user/${user}/think`) };
      const timed = requests(figures, config.thinkScale, intensity, streams, fromUs, endUs);
      addTimedUser(world, user, world.device(world.ledger(1), config.durationMs), timed);
    }
  },
} satisfies ScenarioDefinition;

function* requests(
  figures: Figures,
  scale: number,
  intensity: Intensity,
  streams: { readonly turns: Stream; readonly think: Stream },
  fromUs: number,
  endUs: number,
): Generator<Timed, void> {
  const times = timesOf(figures);
  // A user who has long been there is met in the midst of a think time: a long one more likely than a short one.
  let thinkMs = drawMet(times, streams.think);
  let atUs = fromUs;
  for (;;) {
    atUs = intensity.after(atUs, thinkMs * scale * 1000, endUs);
    if (atUs === Number.POSITIVE_INFINITY) return;
    const isPush = streams.turns.chance(figures.pushShare);
    const changes = drawChanges(figures, streams.turns);
    yield { atUs: Math.round(atUs), changes: isPush ? changes : 0 };
    thinkMs = drawTime(times, streams.think);
  }
}

const drawExponential = (mean: number, stream: Stream): number => -mean * Math.log1p(-stream.next());

function drawTime(of: TimeDistribution, stream: Stream): number {
  if (of.kind === 'exponential') return drawExponential(of.mean, stream);
  if (of.kind === 'lognormal') return of.median * Math.exp(of.sigma * normalQuantile(stream.next()));
  return drawExponential(stream.chance(of.longShare) ? of.longMean : of.mean, stream);
}

/** What is left of a think time that is met at a random instant: a uniform part of one drawn with its length as weight. */
function drawMet(of: TimeDistribution, stream: Stream): number {
  if (of.kind === 'lognormal') {
    const median = of.median * Math.exp(of.sigma * of.sigma);
    return stream.next() * drawTime({ ...of, median }, stream);
  }
  if (of.kind === 'exponential') return drawTime(of, stream);
  return drawTime({ ...of, longShare: (of.longShare * of.longMean) / meanTime(of) }, stream);
}

/** As the fit means them: see `SizeDistribution`. */
function drawChanges(figures: Figures, stream: Stream): number {
  const { changesMin, changesMax, changesMean, changesSigma, changesMedian } = figures;
  const u = stream.next();
  let changes: number;
  if (changesSigma > 0) changes = Math.round(changesMedian * Math.exp(changesSigma * normalQuantile(u)));
  else if (changesMean > 1) changes = 1 + Math.floor(Math.log1p(-u) / Math.log1p(-1 / changesMean));
  else if (changesMean > 0) changes = 1;
  else changes = changesMin + Math.floor(u * (changesMax - changesMin + 1));
  return Math.min(changesMax, Math.max(changesMin, changes));
}
