// A document type of one's own in plain JavaScript: a map of fields, of which the last writer wins by a Lamport clock.
//   npx squall hunt crdt-conflicts --seeds 200 --documents docs/examples/map.mjs
// To see a hunt find something, break it: compare stamps with `<`, or forget `clock` in `load`.

const encode = (value) => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

class MapReplica {
  #actor;
  #clock = 0;
  /** By `entity/field`: its value, and who wrote it when. */
  #registers = new Map();

  constructor(actor) {
    this.#actor = actor;
  }

  /** Applies an edit here at once, and says what is to be sent and which place it touched. */
  edit({ entity, field, value }) {
    const place = `${entity}/${field}`;
    const change = { place, value, stamp: ++this.#clock, actor: this.#actor };
    this.#apply(change);
    return { changes: [encode(change)], target: place };
  }

  /** Takes changes in any order, some of them twice; gives follow-up changes, of which there are none here. */
  receive(changes) {
    for (const bytes of changes) this.#apply(decode(bytes));
    return [];
  }

  #apply({ place, value, stamp, actor }) {
    const known = this.#registers.get(place);
    // Of two writes with one stamp the higher actor wins, everywhere.
    const isLater = !known || stamp > known.stamp || (stamp === known.stamp && actor > known.actor);
    if (isLater) this.#registers.set(place, { value, stamp, actor });
    this.#clock = Math.max(this.#clock, stamp);
  }

  /** What a person sees: by entity its fields. */
  view() {
    const view = {};
    for (const [place, { value }] of this.#registers) {
      const [entity, field] = place.split('/');
      view[entity] ??= { fields: {} };
      view[entity].fields[field] = value;
    }
    return view;
  }

  /** What it holds, as one text for all replicas that hold the same. */
  version() {
    return JSON.stringify([...this.#registers].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Changes that wait for others: there are none here. */
  pending() {
    return 0;
  }

  save() {
    return encode({ clock: this.#clock, registers: [...this.#registers] });
  }

  load(stored) {
    const { clock, registers } = decode(stored);
    this.#clock = clock;
    this.#registers = new Map(registers);
  }
}

export default {
  name: 'map',
  // Of the edit kinds it takes sets only; of concurrent ones of a field, one wins.
  supports: new Map([['set', 'one-wins']]),
  // No two lives of two devices have the same actor.
  create: ({ actor }) => new MapReplica(actor),
};
