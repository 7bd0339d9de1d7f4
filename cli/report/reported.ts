// What a report is on, as data: the results that it was given, and what was told of their findings. Formats are functions
// of it. It must not know files, nor how anything is drawn.

import type { BaselineCheck } from '../../scenarios/baseline/comparison.ts';
import type { StoredResult } from '../../scenarios/result-file.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { Replayed } from '../commands/replay.ts';
import type { HuntResult } from '../hunt-result.ts';
import type { SpaceTime } from './space-time.ts';

/** What `squall replay --json` leaves. */
export interface ReplayResult {
  readonly schemaVersion: 1;
  readonly tool: { readonly name: string; readonly version: string };
  readonly runtime: { readonly node: string; readonly v8: string; readonly lockHash: string };
  readonly files: readonly Replayed[];
  readonly exitCode: number;
}

/** One thing that is reported on. `name` is what a reader calls it: a file's name, or what was run. */
export type Reported =
  | {
      readonly kind: 'run';
      readonly name: string;
      readonly result: StoredResult;
      /** What runs it again, quoted for a shell; left out where nobody knows. */
      readonly command?: string | undefined;
    }
  | {
      readonly kind: 'hunt';
      readonly name: string;
      readonly result: HuntResult;
      /** By signature: the finding files that could be read. */
      readonly files: ReadonlyMap<string, FindingFile>;
    }
  | { readonly kind: 'baseline'; readonly name: string; readonly result: BaselineCheck }
  | { readonly kind: 'replay'; readonly name: string; readonly result: ReplayResult }
  | {
      readonly kind: 'finding';
      readonly name: string;
      readonly file: FindingFile;
      /** What a replay or a hunt beside it, which tells of it too, is called: its verdict counts there alone. */
      readonly toldBy?: string;
    };

/** A report: what it is on, and for each finding file that could be carried out again, what happened in it. */
export interface Report {
  readonly subjects: readonly Reported[];
  readonly stories: ReadonlyMap<FindingFile, SpaceTime>;
}
