// Which oracles judged a run, from what its result says of its configuration. It must not know how they judge.

import type { StoredResult } from '../../scenarios/result-file.ts';

/** When an oracle is asked; what needs a world that has settled is not asked where one has not. */
interface Asked {
  /** Only where all oracles were wanted (`oracles: all`). */
  readonly all?: true;
  readonly settled?: true;
  /** Only in dialect 1.1, where positions tell what a device knew. */
  readonly positions?: true;
  /** Only where payloads were to be encrypted, and the relay is ours, so that all that it holds can be looked at. */
  readonly encrypted?: true;
  /** Only on a real relay: the model answers by the rules. */
  readonly real?: true;
}

/** In the order in which they are reported (scenarios/judgement.ts); a test holds both together. */
export const ASKED: Readonly<Record<string, Asked>> = {
  secrecy: { encrypted: true },
  protocol: { real: true },
  cursor: { all: true, positions: true },
  durability: {},
  'local-effect': { all: true },
  liveness: {},
  delivery: { settled: true },
  pending: { settled: true },
  reload: { all: true, settled: true },
  'version-agreement': { settled: true },
  idempotence: { all: true, settled: true },
  convergence: { settled: true },
  accounting: { all: true, settled: true },
  causality: { all: true, settled: true, positions: true },
  intent: { all: true, settled: true, positions: true },
  'late-joiner': { all: true, settled: true, positions: true },
  'merge-trees': { all: true, settled: true, positions: true },
};

/** Sides whose store is at hand. */
const OWN_RELAYS = ['inject', 'spawn'];

/** An oracle of a run: whether it came to judge. */
export interface Judging {
  readonly oracle: string;
  readonly hasJudged: boolean;
}

/** The oracles that were to judge a run, and those that spoke. None judges a run that was interrupted. */
export function oraclesOf({
  config,
  side,
  findings,
  verdict,
}: Pick<StoredResult, 'config' | 'side' | 'findings' | 'verdict'>): Judging[] {
  const wire = config['wire'];
  const payloads = typeof wire === 'object' && wire !== null && 'payloads' in wire ? wire.payloads : 'plain';
  const isSettled = verdict !== 'interrupted' && findings.every(({ oracle }) => oracle !== 'liveness');
  const spoke = new Set(findings.map(({ oracle }) => oracle));
  const judging: Judging[] = [];
  for (const [oracle, { all, settled, positions, encrypted, real }] of Object.entries(ASKED)) {
    const isWanted =
      (all !== true || config['oracles'] === 'all') &&
      (positions !== true || config['dialect'] !== '1.0') &&
      (real !== true || side !== 'model') &&
      (encrypted !== true || (payloads !== 'plain' && OWN_RELAYS.includes(side)));
    if (!isWanted && !spoke.has(oracle)) continue;
    const hasJudged = spoke.has(oracle) || (verdict !== 'interrupted' && (isSettled || settled !== true));
    judging.push({ oracle, hasJudged });
  }
  const others = [...spoke].filter((oracle) => !Object.hasOwn(ASKED, oracle)).sort();
  return [...judging, ...others.map((oracle) => ({ oracle, hasJudged: true }))];
}
