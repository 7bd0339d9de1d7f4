// `squall calibrate`: measures a real relay and writes what the modelled one needs to work as long as it did. It must not
// know steps, nor how figures follow from them.
import { readSide } from '../../scenarios/sides.ts';
import { InputError } from '../../sim/errors.ts';
import { answersItself } from '../asked.ts';
import { calibrate, type StepTimes, STEP_TIMES } from '../calibrate/calibrate.ts';
import { CALIBRATION_LOADS } from '../calibrate/loads.ts';
import { checkProc, readProc } from '../calibrate/proc.ts';
import { attemptText, calibrationText } from '../calibrate/text.ts';
import { flagHelp } from '../command-flags.ts';
import { checkTarget, writeWhole } from '../files.ts';
import { type Arguments, parseArguments } from '../flags.ts';
import { type Io, wantsColours } from '../io.ts';
import { painter } from '../report/format.ts';
import { sideAccessOf } from '../side-access.ts';

const FILE = 'calibration.json';
const BUDGET_MS = 180_000;
/** What is started before the first step, and the fit after the last one. */
const AROUND_MS = 4000;
const INTERRUPTED = 130;

/** What tests put in the place of the machine and of long steps. */
export interface Surroundings {
  readonly times: StepTimes;
  readonly read: typeof readProc;
  readonly platform: string;
}

/**
 * Measures a relay and writes its calibration.
 * @param args what stands after `squall calibrate`
 * @returns the exit code
 * @throws InputError before anything was measured, or where the relay does not answer; nothing is written then
 */
export async function calibrateCommand(
  args: readonly string[],
  io: Io,
  { times, read, platform }: Surroundings = { times: STEP_TIMES, read: readProc, platform: process.platform },
): Promise<number> {
  const parsed = parseArguments('calibrate', args);
  if (await answersItself(parsed, io, helpText)) return 0;
  const { sideName, pathPrefix } = whereOf(parsed);
  const side = readSide(sideName);
  if (side.kind !== 'spawn' && side.kind !== 'http') {
    const shown = side.kind === 'none' ? side.shown : sideName;
    throw new InputError('--side', shown, 'spawn, or the address of a relay such as http://127.0.0.1:8787');
  }
  const budgetMs = parsed.durationMs('for') ?? BUDGET_MS;
  const leastMs = CALIBRATION_LOADS.length * (times.settleMs + times.measureMs) + AROUND_MS;
  if (budgetMs < leastMs) {
    throw new InputError('--for', parsed.text('for'), `${Math.ceil(leastMs / 1000)}s or more: each step once`);
  }
  const file = parsed.text('output') ?? FILE;
  checkTarget('--output', file, io.cwd);
  checkProc(read, platform);

  const paint = painter(wantsColours(io));
  const isTold = !parsed.has('quiet');
  if (isTold) {
    io.out(`squall calibrate · ${side.kind === 'http' ? sideName : 'the relay as --side spawn has it, over SQLite'}\n`);
  }
  const interrupt = new AbortController();
  const stopListening = io.onInterrupt(() => interrupt.abort());
  try {
    const done = await calibrate({
      side,
      pathPrefix,
      access: sideAccessOf(parsed),
      secret: io.env['SQUALL_TOKEN_SECRET'],
      budgetMs: budgetMs - AROUND_MS / 2,
      seed: io.drawSeed(),
      times,
      nowMs: () => io.nowMs(),
      measuredAt: new Date().toISOString(),
      signal: interrupt.signal,
      ...(isTold && { told: (attempt, progress) => io.out(attemptText(attempt, progress, paint)) }),
    });
    if (done === undefined) {
      io.err('interrupted: nothing was written\n');
      return INTERRUPTED;
    }
    const { calibration, session } = done;
    writeWhole('--output', file, `${JSON.stringify(calibration, null, 2)}\n`, io.cwd);
    if (isTold) {
      io.out(calibrationText(calibration, paint));
      if (session.repeatsLeftOut > 0) {
        io.out(`  ${session.repeats} rounds fit into the time; --for 10m allows for more\n\n`);
      }
    }
    const { noise, plan } = calibration;
    const disturbed = plan.disturbed === 0 ? 'no step disturbed' : `${plan.disturbed} steps disturbed`;
    const repeats = `${plan.repeats} ${plan.repeats === 1 ? 'round' : 'rounds'}`;
    io.out(`✓ ${file}: ${repeats}, ${disturbed}, repeats differ by ${(100 * noise.latency).toFixed(1)}% in latency\n`);
    return 0;
  } finally {
    stopListening();
  }
}

function whereOf(parsed: Arguments): { sideName: string; pathPrefix: string } {
  const { side = 'spawn', wire = {}, ...rest } = parsed.layer;
  const { pathPrefix = '', ...others } = wire;
  const key = Object.keys(rest)[0] ?? Object.keys(others).map((each) => `wire.${each}`)[0];
  if (key !== undefined) {
    throw new InputError('--set', key, 'side or wire.pathPrefix: a real relay has its own settings');
  }
  return { sideName: side, pathPrefix };
}

function helpText(): string {
  return [
    'squall calibrate [flags]   measures a real relay in gated steps, for squall run and squall capacity --calibration',
    '',
    ...flagHelp('calibrate'),
    '',
    'The relay is driven to saturation: give it one that nobody else uses. Pushes are kept in it.',
    'SQUALL_TOKEN_SECRET is the secret of a relay at an address; without it, it is asked without tokens.',
    '',
    'exit codes: 0 measured and written, 2 bad input, a machine without /proc or a relay that does not answer, 3 a bug,',
    '            130 interrupted: nothing is written',
    '',
  ].join('\n');
}
