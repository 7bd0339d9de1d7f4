// Delta debugging of any list: fewer and fewer items with which something still holds. It must not know what the items
// are, nor what is asked of them.

/**
 * Items without which it does not hold: ddmin (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing
 * input", 2002) by complements alone, from the end backward, which needs fewer questions and gives up nothing (Hodován
 * and Kiss, "Practical improvements to the minimizing delta debugging algorithm", 2016). Where it holds without any
 * item, that is asked first. The result is 1-minimal: it was asked of each item whether it holds without that one, and
 * it did not.
 * @param items it holds with all of them
 * @param holds asked of some of the items, in their order; never of all
 */
export function minimise<T>(items: readonly T[], holds: (kept: readonly T[]) => boolean): readonly T[] {
  if (items.length === 0 || holds([])) return [];
  let kept = items;
  let size = Math.ceil(items.length / 2);
  for (;;) {
    let isCut = false;
    for (let end = kept.length; end > 0;) {
      const start = Math.max(0, end - size);
      const rest = [...kept.slice(0, start), ...kept.slice(end)];
      if (rest.length > 0 && holds(rest)) {
        kept = rest;
        isCut = true;
      }
      end = start;
    }
    if (size > 1) size = Math.min(Math.ceil(size / 2), Math.max(1, Math.ceil(kept.length / 2)));
    else if (!isCut) return kept;
  }
}
