// Reads a result's file, for tests.
import { readFileSync } from 'node:fs';
import type { Result } from '../../../scenarios/result.ts';

export function storedResultOf(path: string): Result {
  return JSON.parse(readFileSync(path, 'utf8')) as Result;
}
