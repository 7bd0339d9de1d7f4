// How often the statistics err on data with a known truth, by hand (`npm run sweep:statistics`): comparisons of pairs at
// several noises, and change points in pure noise. `comparisons=2000` chooses how many. Exit 1 where a limit is broken:
// false alarms of 5%, and 95% of slow-downs of 20% found by pairs that are added while they could tell.
import { randomNormal } from 'd3-random';
import { changePoints } from '../../scenarios/baseline/change-points.ts';
import { Streams } from '../../sim/random.ts';
import { fixedVerdict, type Noise, steppedVerdict } from '../scenarios/baseline/noisy-pairs.ts';

const given = new Map(process.argv.slice(2).map((argument) => argument.split('=', 2) as [string, string]));
const comparisons = Number(given.get('comparisons') ?? 1000);
const percent = (count: number): string => `${((100 * count) / comparisons).toFixed(1)}%`.padStart(6);
const seeds = Array.from({ length: comparisons }, (_, index) => `${given.get('from') ?? 'sweep'}/${index}`);

function row(
  noise: Noise,
  name: string,
  decide: (effect: number, seed: string) => { verdict: string; pairs: number },
): boolean {
  const equal = seeds.map((seed) => decide(1, seed));
  const slower = seeds.map((seed) => decide(1.2, seed));
  const count = (list: typeof equal, verdict: string): number => list.filter((each) => each.verdict === verdict).length;
  const pairs = (list: typeof equal): string =>
    (list.reduce((sum, each) => sum + each.pairs, 0) / comparisons).toFixed(1).padStart(4);
  console.log(
    `${(noise.sigma * 100).toFixed(0)}%   ${(noise.drift * 100).toFixed(0).padStart(2)}%     ${(noise.outliers * 100).toFixed(1)}%  ${name.padEnd(8)}` +
      ` ${percent(count(equal, 'worse'))} ${percent(count(equal, 'better'))} ${percent(count(equal, 'inconclusive'))}  ${pairs(equal)}` +
      `    ${percent(count(slower, 'worse'))} ${percent(count(slower, 'inconclusive'))}  ${pairs(slower)}`,
  );
  return (
    count(equal, 'worse') + count(equal, 'better') < 0.05 * comparisons && count(slower, 'worse') >= 0.95 * comparisons
  );
}

console.log(`${comparisons} comparisons each; equal runs, and head ×1.2`);
console.log('noise drift outliers pairs     worse better inconcl. pairs    found inconcl. pairs');
let isSound = true;
for (const drift of [0.05, 0.12]) {
  for (const sigma of [0.03, 0.05, 0.08]) {
    const noise = { sigma, drift, outliers: 0.035 };
    for (const pairs of [5, 10, 15, 20]) {
      row(noise, String(pairs), (effect, seed) => ({ verdict: fixedVerdict(pairs, effect, noise, seed), pairs }));
    }
    isSound = row(noise, '5 to 20', (effect, seed) => steppedVerdict(effect, noise, seed)) && isSound;
  }
}

console.log('\nchange points: 200 series each of lognormal noise of 5%; then with a step of +20% at three fifths');
console.log('length   false   found   found exactly and alone');
for (const length of [20, 50, 100, 300]) {
  let [falseOnes, found, exact] = [0, 0, 0];
  for (let series = 0; series < 200; series++) {
    const normal = randomNormal.source(new Streams(`series/${length}/${series}`).stream('noise').source)(0, 0.05);
    const flat = Array.from({ length }, () => 100 * Math.exp(normal()));
    const at = length * 0.6;
    const points = changePoints(flat.map((value, index) => (index >= at ? value * 1.2 : value)));
    if (changePoints(flat).length > 0) falseOnes++;
    if (points.some(({ index }) => Math.abs(index - at) <= 1)) found++;
    if (points.length === 1 && points[0]!.index === at) exact++;
  }
  const share = (count: number): string => `${(count / 2).toFixed(1)}%`.padStart(6);
  console.log(`${String(length).padStart(6)}  ${share(falseOnes)}  ${share(found)}  ${share(exact)}`);
  isSound = isSound && falseOnes < 30;
}
if (!isSound) process.exitCode = 1;
