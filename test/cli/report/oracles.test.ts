import { expect, it } from 'vitest';
import { ASKED } from '../../../cli/report/oracles.ts';
import { ORACLES } from '../../../scenarios/judgement.ts';

it('the report knows of each oracle when it is asked, in the order in which they are reported', () => {
  expect(Object.keys(ASKED)).toEqual(ORACLES);
});
