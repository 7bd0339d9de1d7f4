import { expect, it } from 'vitest';
import { nearestName, oneOfNames } from '../../scenarios/nearest.ts';

it('the nearest name is the one with the fewest edits', () => {
  expect(nearestName('sync-rely', ['crdt-conflicts', 'sync-relay', 'mixed-workload'])).toBe('sync-relay');
  expect(nearestName('LIGHT', ['light', 'heavy'])).toBe('light');
});

it('a name that is far from all has no nearest', () => {
  expect(nearestName('banana', ['light', 'heavy'])).toBeUndefined();
  expect(nearestName('x', ['a'])).toBeUndefined();
  expect(nearestName('light', [])).toBeUndefined();
});

it('a list of one is not repeated as a guess', () => {
  expect(oneOfNames('modle', ['model'])).toBe('model');
  expect(oneOfNames('hevy', ['light', 'heavy'])).toBe('one of light, heavy (did you mean heavy?)');
});
