// A calibration for a run: what it sets lies above a configuration file and below what was typed. It must not know how a
// calibration comes about.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Calibration, calibrationLayer, parseCalibration } from '../../scenarios/capacity/calibration-file.ts';
import type { ConfigLayer } from '../../scenarios/config-schema.ts';
import { InputError } from '../../sim/errors.ts';
import { reasonOf } from '../files.ts';

/**
 * The layer of a calibration with what was typed over it.
 * @param typed what flags and `--set` say
 * @throws InputError where there is no such file, or it is none
 */
export function calibratedLayer(file: string, cwd: string, typed: ConfigLayer): ConfigLayer {
  return layeredOver(calibrationLayer(readCalibration(file, cwd)), typed);
}

/** Reads what `--calibration` names. @throws InputError where there is no such file, or it is none */
export function readCalibration(file: string, cwd: string): Calibration {
  let content: string;
  try {
    content = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new InputError('--calibration', file, `a file that can be read (${reasonOf(error)})`, 'ERR_FILE');
  }
  return parseCalibration(file, content);
}

/** What was typed over what was calibrated, key by key. */
export function layeredOver(calibrated: ConfigLayer, typed: ConfigLayer): ConfigLayer {
  const relay = typeof typed.relay === 'string' ? { name: typed.relay } : typed.relay;
  const { serviceSigma, ...instances } = calibrated.relay as { serviceSigma?: number; instances?: number };
  return {
    ...typed,
    service: { ...calibrated.service, ...typed.service },
    relay: {
      ...(serviceSigma !== undefined && { serviceSigma }),
      // A preset that was typed says how many there are; how long requests take was measured.
      ...(relay?.name === undefined && instances),
      ...relay,
    },
    ...((calibrated.cluster ?? typed.cluster) !== undefined && {
      cluster: { ...calibrated.cluster, ...typed.cluster },
    }),
  };
}
