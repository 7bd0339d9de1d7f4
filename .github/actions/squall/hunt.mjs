// The hunt of the action: squall of the project or from npm, its arguments from the inputs, and what came of it as
// outputs, a summary, and a folder for the artefact. Inputs are arguments of a process, never text of a shell.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { block, code, line, prose, word } from '../../scripts/text.mjs';

const { env } = process;

/** Where this action lies: a checkout of squall. */
const OWN = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * The command: of the project's own dependency where it has one, otherwise that of the commit by which this action is
 * pinned, built here. What some registry has under the name is never asked for.
 */
function commandOf() {
  try {
    const manifest = createRequire(resolve('package.json')).resolve('squall/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
    const entry = join(dirname(manifest), typeof bin === 'string' ? bin : bin.squall);
    if (existsSync(entry)) return entry;
  } catch {
    // The project does not depend on it.
  }
  const entry = join(OWN, 'dist/cli/main.js');
  if (!existsSync(entry)) {
    const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: OWN, stdio: 'inherit' });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`squall could not be built: npm ci ended with ${status}`);
  }
  return entry;
}

/** A value that begins with a dash would be read as a flag. */
function flag(name, value) {
  if (value === undefined || value === '') return [];
  return [`--${name}=${value}`];
}

const PRECEDENCE = [2, 3, 130, 5, 1, 4, 6, 98, 97, 99];

function main() {
  const command = commandOf();
  const folder = mkdtempSync(join(env.RUNNER_TEMP ?? tmpdir(), 'squall-'));
  const squall = (args) => {
    // The summary is written here, once.
    const quiet = { ...env };
    delete quiet.GITHUB_STEP_SUMMARY;
    const { status, error } = spawnSync(process.execPath, [command, ...args], { stdio: 'inherit', env: quiet });
    if (error !== undefined) throw error;
    return status ?? 3;
  };
  const scenario = env.SCENARIO ?? '';
  if (scenario === '' || scenario.startsWith('-')) throw new Error(`scenario: ${JSON.stringify(scenario)} is none`);
  const findings = env.FINDINGS || 'findings';
  const asked = [
    'hunt',
    scenario,
    ...flag('documents', env.DOCUMENTS),
    ...flag('profile', env.PROFILE),
    ...flag('seeds', env.SEEDS),
    ...flag('faults', env.FAULTS),
  ];
  const json = join(folder, 'hunt.json');
  const huntCode = squall([
    ...asked,
    ...flag('for', env.BUDGET),
    ...flag('known', env.KNOWN),
    ...flag('findings', findings),
    `--json=${json}`,
    `--report=${join(folder, 'report.html')}`,
    `--report=${join(folder, 'report.xml')}`,
    '--no-tui',
  ]);
  const codes = [huntCode];
  if (env.REPLAY && !env.REPLAY.startsWith('-')) {
    codes.push(squall(['replay', env.REPLAY, ...flag('known', env.KNOWN), '--json', join(folder, 'replay.json')]));
  }
  const exitCode = PRECEDENCE.find((each) => codes.includes(each)) ?? Math.max(...codes);
  const result = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : undefined;
  mkdirSync(join(folder, 'findings'), { recursive: true });
  for (const { file: kept } of result?.findings ?? []) {
    if (kept !== null && existsSync(kept)) cpSync(kept, join(folder, 'findings', basename(kept)));
  }
  const text = textOf(result, exitCode, codes, scenario);
  writeFileSync(join(folder, 'comment.md'), text);
  if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, `${text}\n`);
  const outputs = {
    verdict: result?.verdict ?? 'failed',
    'exit-code': exitCode,
    findings: result?.findings.length ?? 0,
    'all-seeds-ran': result?.isComplete === true,
    folder,
  };
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${String(value).replaceAll(/[\r\n]/g, ' ')}\n`);
  if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, lines.join(''));
}

function textOf(result, exitCode, codes, scenario) {
  const head = `## Squall, ${prose(scenario)}: ${exitCode === 0 ? '✓ passed' : `✗ failed (exit ${exitCode})`}`;
  if (result === undefined) return `${head}\n\nThe hunt left no result: its log says why.\n`;
  const { seedsDone, expected, isComplete, findings, documents, seeds } = result;
  const lines = [head, '', `Documents ${code(documents)}, seeds ${code(seeds)}.`, ''];
  lines.push(
    isComplete
      ? `**All ${seedsDone} seeds ran.**`
      : `**Not all seeds ran: ${seedsDone} of ${expected}** (the time was up, there were enough findings, or seeds died).`,
  );
  lines.push('', findings.length === 0 ? 'No findings.' : `${findings.length} distinct finding(s):`);
  for (const { signature, kind, standing, reason, seed, file } of findings) {
    lines.push('', `${prose(standing ?? 'new')} ${code(signature)} (${prose(kind)}), seed ${code(seed)}`);
    if (reason) lines.push('', prose(reason));
    const replay = file === null ? [] : [`npx squall replay findings/${word(basename(file))}`];
    const again = [
      `npx squall hunt ${word(scenario)} --documents ${word(documents)} --seeds ${word(`${seed},`)}`,
      ...[...flag('profile', env.PROFILE), ...flag('faults', env.FAULTS)].map(word),
    ].join(' ');
    lines.push('', block([...replay, again]));
  }
  if (codes.length > 1) lines.push('', `Kept findings: exit ${codes[1]}.`);
  return `${lines.join('\n')}\n`;
}

try {
  main();
} catch (error) {
  process.stderr.write(`${line(error instanceof Error ? error.message : error, 1000)}\n`);
  if (env.GITHUB_OUTPUT)
    appendFileSync(env.GITHUB_OUTPUT, 'verdict=failed\nexit-code=2\nfindings=0\nall-seeds-ran=false\n');
  process.exitCode = 2;
}
