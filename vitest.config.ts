// How the tests run. One process a file: sim/guard.ts patches Date, Math and crypto for the whole process.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    pool: 'forks',
    // Many files mostly wait for processes of their own.
    maxWorkers: 2,
    isolate: true,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    globalSetup: ['test/build.ts'],
    reporters: ['default', './test/reporter.ts'],
  },
});
