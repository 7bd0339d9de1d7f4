// The last line of a test run: `N passed, N failed`, with `, N skipped` where some were. For logs that are read by
// their end; the default reporter says everything else before it.
import type { SerializedError } from 'vitest';
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * The closing line of a run. A file that breaks outside its tests, an error that belongs to no test, and a run that
 * was cut short or found no test each count as failed, so that the line never looks better than the exit code.
 */
export function closingLine(
  modules: readonly Pick<TestModule, 'children' | 'ok'>[],
  strayErrors: number,
  reason: TestRunEndReason,
): string {
  let passed = 0;
  let failed = strayErrors;
  let skipped = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      else if (state === 'skipped') skipped += 1;
      else failedHere += 1;
    }
    failed += failedHere === 0 && !module.ok() ? 1 : failedHere;
  }
  if (failed === 0 && (reason !== 'passed' || passed === 0)) failed = 1;
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export default class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    strayErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    process.stdout.write(`${closingLine(modules, strayErrors.length, reason)}\n`);
  }
}
