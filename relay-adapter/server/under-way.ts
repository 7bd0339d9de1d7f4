// Operations of a store that are under way, so that a close can wait for all of them. It must not know what they do.

/** Runs operations until it is closed. */
export class UnderWay {
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  /** Runs an operation, which may consist of several steps. Throws where the store is closed already. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('the store is closed');
    const promise = work();
    this.#underWay.add(promise);
    try {
      return await promise;
    } finally {
      this.#underWay.delete(promise);
    }
  }

  /** Takes no more; resolves when what was under way has ended. False where it was closed before. */
  async close(): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
    return true;
  }
}
