// What a world is made with, beside its configuration. Types alone.

import type { TraceOptions } from '../sim/trace.ts';
import type { Plan } from '../models/plan.ts';
import type { RealTime } from '../relay-adapter/load/real-time.ts';
import type { RelayPort } from '../relay-adapter/port.ts';
import type { SideAccess } from '../relay-adapter/wire/access.ts';

export interface WorldOptions extends TraceOptions {
  /** Puts something between the relay and the rules that it asks, such as a relay with a planted bug. */
  readonly wrapPort?: ((port: RelayPort, nowUs: () => number) => RelayPort) | undefined;
  /** Carried out in the place of what a scenario builds and a seed draws. */
  readonly plan?: Plan | undefined;
  /** False where nobody will ask for metrics, as in a search: distributions and conflicts are not kept then. */
  readonly isMeasured?: boolean | undefined;
  /** What a real relay's side may drive; left out, what was granted to searches. */
  readonly access?: SideAccess | undefined;
  /** Real time, under the wall clock. */
  readonly time?: RealTime | undefined;
  /** Keeps what is drawn and done, for `plan`. */
  readonly isRecording?: boolean | undefined;
}
