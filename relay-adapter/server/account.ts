// How an account of protocol 1.0 is called among ledgers. It must not know tokens, nor stores.

/**
 * The ledger that stands for an account of 1.0, which is a device. No ledger of 1.1 can have its name: a slash cannot
 * stand in an id.
 */
export function accountLedger(device: string): string {
  return `account/${device}`;
}
