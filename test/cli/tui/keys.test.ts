// Keys of the live view.
import { expect, it } from 'vitest';
import { keyActions } from '../../../cli/tui/keys.ts';

const NONE = { ctrl: false, meta: false, shift: false, tab: false, escape: false, leftArrow: false, rightArrow: false };

it('keys that come fast come as one text, and each counts', () => {
  expect(keyActions('\t\t', NONE)).toEqual(['next tab', 'next tab']);
  expect(keyActions('\t\u001ap\u0003', NONE)).toEqual(['next tab', 'suspend', 'pause', 'quit']);
  expect(keyActions('ps?+=-q', NONE)).toEqual(['pause', 'step', 'help', 'faster', 'faster', 'slower', 'quit']);
});

it('tab goes on, with shift back, and escape closes', () => {
  expect(keyActions('', { ...NONE, tab: true })).toEqual(['next tab']);
  expect(keyActions('', { ...NONE, tab: true, shift: true })).toEqual(['previous tab']);
  expect(keyActions('', { ...NONE, escape: true })).toEqual(['close']);
  expect(keyActions('', { ...NONE, rightArrow: true })).toEqual(['next operation']);
  expect(keyActions('', { ...NONE, leftArrow: true })).toEqual(['previous operation']);
});

it('control makes another key of it', () => {
  expect(keyActions('c', { ...NONE, ctrl: true })).toEqual(['quit']);
  expect(keyActions('z', { ...NONE, ctrl: true })).toEqual(['suspend']);
  expect(keyActions('q', { ...NONE, ctrl: true })).toEqual([]);
  expect(keyActions('q', { ...NONE, meta: true })).toEqual([]);
  expect(keyActions('cz', NONE)).toEqual([]);
});
