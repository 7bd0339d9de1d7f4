// A kept finding on a side of the relay port: the one that it was found on, or another one, where it must give the same.

import { InputError } from '../../sim/errors.ts';
import type { ConfigLayer } from '../config-schema.ts';
import { checkSide } from '../side-rules.ts';
import type { FindingFile } from './finding-file.ts';

/**
 * The finding with its relay on the side that was asked for.
 *
 * @param typed keys that a person has set: `side`, `wire`
 * @throws InputError where the plan cannot be carried out there
 */
export function onSide(file: FindingFile, { side, wire }: Pick<ConfigLayer, 'side' | 'wire'>): FindingFile {
  const config = { ...file.config, side: side ?? file.config.side, wire: { ...file.config.wire, ...wire } };
  if (config.clock !== 'virtual')
    throw new InputError('clock of the finding', config.clock, 'virtual: a plan has no other');
  checkSide(config, (path, received, expected) => {
    throw new InputError(path === 'side' ? '--side' : `${path} of the finding`, received, expected);
  });
  return { ...file, config };
}
