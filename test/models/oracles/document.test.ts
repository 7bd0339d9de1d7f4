import { expect, test } from 'vitest';
import { DocumentFailure } from '../../../models/document-failure.ts';
import { throwFinding } from '../../../models/oracles/document.ts';

test('a document that throws is a finding that names the device, what it did and the error', () => {
  const failure = new DocumentFailure(3, 'receive', new RangeError('no change 17 of actor 4097\nand more'));
  expect(throwFinding(failure, 5, 6, 'printed 1\n')).toEqual({
    oracle: 'document',
    kind: 'safety',
    signature: 'document:RangeError: no change # of actor #',
    atUs: 5,
    event: 6,
    devices: [3],
    documents: [],
    detail: {
      device: 3,
      doing: 'receive',
      error: 'RangeError',
      message: 'no change 17 of actor 4097\nand more',
      printed: 'printed 1\n',
    },
  });
});

test('the signature is the same whatever the numbers, and not for another error', () => {
  const signatureOf = (error: unknown): string => throwFinding(new DocumentFailure(0, 'edit', error), 0, 0).signature;
  expect(signatureOf(new TypeError('at 12 of 345'))).toBe(signatureOf(new TypeError('at 7 of 8')));
  expect(signatureOf(new TypeError('at 12'))).not.toBe(signatureOf(new RangeError('at 12')));
  expect(signatureOf(new TypeError('x'.repeat(500))).length).toBeLessThan(130);
  expect(signatureOf('a text 3')).toBe('document:string: a text #');
});

test('what was not printed is left out, and of much the end is kept', () => {
  const failure = new DocumentFailure(0, 'view', new Error('bad'));
  expect(throwFinding(failure, 0, 0).detail).not.toHaveProperty('printed');
  const { printed } = throwFinding(failure, 0, 0, `${'x'.repeat(10_000)}end`).detail as { printed: string };
  expect(printed.length).toBe(4000);
  expect(printed.endsWith('end')).toBe(true);
});
