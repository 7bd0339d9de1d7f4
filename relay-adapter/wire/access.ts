// What a person allows this process to drive, said once by whoever read it. It must not know what is driven.

/** What a person allows this process. */
export interface SideAccess {
  /** Whether requests may go to addresses other than the loopback's. */
  readonly allowRemote: boolean;
  /** Headers of each request to a relay at an address. */
  readonly headers: Readonly<Record<string, string>>;
}

let access: SideAccess = { allowRemote: false, headers: {} };

/** Says what this thread may drive from now on. */
export function grantAccess(granted: SideAccess): void {
  access = granted;
}

/** What was granted. */
export function grantedAccess(): SideAccess {
  return access;
}
