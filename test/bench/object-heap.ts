// What the kernel is measured against: the loop that most people would write first. A binary heap of objects, one for
// each event, with the closure that is called when it is due. Nothing is traced, nothing is guarded.

/** One pending event. */
interface PendingEvent {
  readonly timeUs: number;
  readonly sequence: number;
  readonly run: () => void;
}

function isBefore(one: PendingEvent, other: PendingEvent): boolean {
  return one.timeUs < other.timeUs || (one.timeUs === other.timeUs && one.sequence < other.sequence);
}

/** A virtual clock over a binary heap. Equal times run in the order in which they were scheduled, as in the kernel. */
export class ObjectHeapSimulation {
  nowUs = 0;
  readonly #heap: PendingEvent[] = [];
  #sequence = 0;

  get pending(): number {
    return this.#heap.length;
  }

  schedule(delayUs: number, run: () => void): void {
    const event = { timeUs: this.nowUs + delayUs, sequence: this.#sequence++, run };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    // The hole moves up; the event is written once.
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up]!;
      if (isBefore(parent, event)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = event;
  }

  /** Runs so many events. */
  run(budget: number): void {
    for (let left = budget; left > 0 && this.#heap.length > 0; left--) {
      const event = this.#pop();
      this.nowUs = event.timeUs;
      event.run();
    }
  }

  #pop(): PendingEvent {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    const length = heap.length;
    if (length === 0) return top;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      let least = heap[below]!;
      if (below + 1 < length) {
        const right = heap[below + 1]!;
        if (isBefore(right, least)) {
          least = right;
          below++;
        }
      }
      if (isBefore(last, least)) break;
      heap[at] = least;
      at = below;
    }
    heap[at] = last;
    return top;
  }
}
