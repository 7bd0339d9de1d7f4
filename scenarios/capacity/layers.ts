// Layers of configuration laid over each other before they are checked, the later ones above. It must not know what their
// keys mean.
import type { ConfigLayer } from '../config-schema.ts';

type Tree = Record<string, unknown>;

/** One layer of several; lists and single values are replaced whole, a group's short form becomes its name. */
export function overLayer(...layers: readonly ConfigLayer[]): ConfigLayer {
  const merged: Tree = {};
  for (const layer of layers) lay(merged, layer as Tree, true);
  return merged;
}

const NAMED_GROUPS: readonly string[] = ['network', 'relay', 'faults', 'regions'];

function lay(into: Tree, values: Tree, isTop: boolean): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const group = isTop && typeof value === 'string' && NAMED_GROUPS.includes(key) ? { name: value } : value;
    let kept: unknown = group;
    if (typeof group === 'object' && group !== null && !Array.isArray(group)) {
      const inner: Tree = isGroup(into[key]) ? { ...into[key] } : {};
      lay(inner, group as Tree, false);
      kept = inner;
    }
    // Assigned as data: a key such as __proto__ must reach the schema, which refuses it.
    Object.defineProperty(into, key, { value: kept, enumerable: true, configurable: true, writable: true });
  }
}

function isGroup(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A layer that sets one path. */
export function layerAt(path: string, value: unknown): ConfigLayer {
  return path.split('.').reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value) as ConfigLayer;
}
