// A document that threw while a device asked it something. The run ends with it, as a finding. It must not know how it
// is reported.

import { AssertionError } from '../sim/errors.ts';
import { AmbientAccessError } from '../sim/guard.ts';

/** What a device was doing with its document. */
export type DocumentCall =
  | 'create'
  | 'edit'
  | 'receive'
  | 'view'
  | 'version'
  | 'pending'
  | 'save'
  | 'load'
  | 'since'
  | 'dispose';

export class DocumentFailure extends Error {
  /** Index of the device whose document threw; −1 for the peer's, where devices sync by state. */
  readonly device: number;
  readonly doing: DocumentCall;

  constructor(device: number, doing: DocumentCall, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'DocumentFailure';
    this.device = device;
    this.doing = doing;
  }
}

/** What a throw inside a document is: a finding, unless it says that we are wrong, or that real time was asked for. */
export function documentFailure(device: number, doing: DocumentCall, error: unknown): unknown {
  const isOther =
    error instanceof DocumentFailure || error instanceof AssertionError || error instanceof AmbientAccessError;
  return isOther ? error : new DocumentFailure(device, doing, error);
}
