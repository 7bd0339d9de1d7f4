// What each exit code means, for the generated reference. Which command ends with which comes from the commands' help.
import { EXIT_PRECEDENCE } from '../../../scenarios/result.ts';

/** By code, in the order in which they are looked up; a code without a meaning fails the reference's test. */
export const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [0, 'passed; for `replay`: the failure is gone'],
  [1, 'a safety finding: something wrong happened; for `replay`: it does so again'],
  [2, 'bad input; nothing ran, nothing was written'],
  [3, 'a bug of Squall or of the scenario, or two runs of one seed that differ'],
  [4, 'a liveness finding: something that must come did not come within the budget; for `replay`: again'],
  [5, '`replay --exact`: the trace is not the recorded one'],
  [6, '`replay`: the plan no longer reaches what it tested'],
  [97, 'a figure is worse than the baseline by more than its critical limit'],
  [98, 'inconclusive: noise hides the answer, the load was not what it was to be, or seeds were lost'],
  [99, 'a threshold was crossed, or a system does not recover from an incident (metastable)'],
  [130, 'interrupted by Ctrl-C or SIGTERM'],
]);

/** All codes that can win among several, the strongest first. */
export function precedence(): number[] {
  return EXIT_PRECEDENCE.filter((code) => code !== 0);
}
