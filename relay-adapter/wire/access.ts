// What a person allows a run to drive. Runs are given it as a value; searches, which are made of many runs deep inside,
// have what was granted to their thread. It must not know what is driven.

/** What a person allows. */
export interface SideAccess {
  /** Whether requests may go to addresses other than the loopback's. */
  readonly allowRemote: boolean;
  /** Headers of each request to a relay at an address. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Relays of this machine, without headers of one's own. */
export const NO_ACCESS: SideAccess = { allowRemote: false, headers: {} };

let ofSearches = NO_ACCESS;

/** Says what the searches and replays of this thread may drive: a thread is one command's. */
export function grantToSearches(access: SideAccess): void {
  ofSearches = access;
}

/** What was granted to searches. */
export function accessOfSearches(): SideAccess {
  return ofSearches;
}
