// Simpler values in a plan's edits: fewer edits in a draft, shorter texts, smaller numbers. Values that tell edits apart
// go on doing so. It must not know when they are tried, nor run anything.
import type { Edit } from '../../models/documents/edit.ts';
import { type EntityDraft, entityTypeOf } from '../../models/entities.ts';
import { formatLines, isBalanced, parseLines } from '../../models/ledger.ts';
import type { Plan } from '../../models/plan.ts';
import { mapDrafts } from './plan-cuts.ts';
import type { Simplification } from './simplification.ts';

/**
 * Fields by which a posted transaction is judged: they belong together, and other values in them would be no
 * transaction that the app makes.
 */
const BOOKED_FIELDS: ReadonlySet<string> = new Set(['amount', 'status', 'lines']);

function isBooked(edit: Edit): boolean {
  return edit.kind === 'set' && BOOKED_FIELDS.has(edit.field) && entityTypeOf(edit.entity) === 'transaction';
}

function editsOf(plan: Plan): Edit[] {
  const edits: Edit[] = [];
  mapDrafts(plan, (draft) => {
    edits.push(...draft.edits);
    return draft;
  });
  return edits;
}

/** The plan with its edits changed; drafts whose edits all stay are the same objects. */
function mapEdits(plan: Plan, change: (edit: Edit) => Edit): Plan {
  return mapDrafts(plan, (draft) => {
    const edits = draft.edits.map(change);
    return edits.every((edit, at) => edit === draft.edits[at]) ? draft : { ...draft, edits };
  });
}

/** Fewer edits in a draft; those of the fields that are booked go together. */
const fewerEdits: Simplification = {
  name: 'fewer edits in a change',
  cut(plan) {
    const items: { edits: readonly Edit[] }[] = [];
    mapDrafts(plan, (draft) => {
      if (draft.edits.length < 2) return draft;
      const booked = draft.edits.filter(isBooked);
      if (booked.length > 0) items.push({ edits: booked });
      for (const edit of draft.edits) if (!isBooked(edit)) items.push({ edits: [edit] });
      return draft;
    });
    return {
      items,
      apply(kept) {
        const gone = new Set(items.flatMap((item) => (kept.has(item) ? [] : item.edits)));
        return mapDrafts(plan, (draft): EntityDraft | undefined => {
          const edits = draft.edits.filter((edit) => !gone.has(edit));
          if (edits.length === draft.edits.length) return draft;
          return edits.length === 0 ? undefined : { ...draft, edits };
        });
      },
    };
  },
};

/** The text that an edit leaves in a document, where it is one that may be another; as a list of its characters. */
function charactersOf(edit: Edit): readonly string[] | undefined {
  const text = textOf(edit);
  return text === undefined || isBooked(edit) ? undefined : Array.from(text);
}

function textOf(edit: Edit): string | undefined {
  if (edit.kind === 'text-insert') return edit.text;
  if (edit.kind === 'set' || edit.kind === 'list-insert')
    return typeof edit.value === 'string' ? edit.value : undefined;
  return undefined;
}

function withText(edit: Edit, text: string): Edit {
  if (edit.kind === 'text-insert') return { ...edit, text };
  return edit.kind === 'set' || edit.kind === 'list-insert' ? { ...edit, value: text } : edit;
}

/** Single characters, readable ones first. No two are equal, and none is a part of another. */
function* tokens(): Generator<string, never> {
  yield* 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  // CJK ideographs: more of them than a shrunk plan has edits.
  for (let code = 0x4e00; ; code++) yield String.fromCharCode(code);
}

/** Texts of one character, or of that character again and again, which no text that stays has in it. */
function tokenTexts(name: string, lengthOf: (length: number) => number): Simplification {
  return {
    name,
    cut(plan) {
      const edits = editsOf(plan);
      const items = edits.filter((edit) => {
        const length = charactersOf(edit)?.length ?? 0;
        return lengthOf(length) < length;
      });
      const isItem = new Set<Edit>(items);
      return {
        items,
        apply(kept) {
          const stays = (edit: Edit): boolean => kept.has(edit) || !isItem.has(edit);
          const used = new Set(edits.flatMap((edit) => (stays(edit) ? Array.from(textOf(edit) ?? '') : [])));
          const source = tokens();
          const fresh = (): string => {
            for (;;) {
              const token = source.next().value;
              if (!used.has(token)) return token;
            }
          };
          return mapEdits(plan, (edit) =>
            stays(edit) ? edit : withText(edit, fresh().repeat(lengthOf(Array.from(textOf(edit)!).length))),
          );
        },
      };
    },
  };
}

/** The first or the last half of a text, where it still tells the edit apart. */
function halfTexts(name: string, half: (characters: readonly string[]) => readonly string[]): Simplification {
  return {
    name,
    cut(plan) {
      const edits = editsOf(plan);
      const halves = new Map<Edit, string>();
      for (const edit of edits) {
        const characters = charactersOf(edit);
        if (characters === undefined || characters.length < 2) continue;
        const text = half(characters).join('');
        if (isTold(edit, text, edits, halves)) halves.set(edit, text);
      }
      return {
        items: [...halves.keys()],
        apply: (kept) => mapEdits(plan, (edit) => (kept.has(edit) ? edit : withHalf(edit, halves))),
      };
    },
  };
}

function withHalf(edit: Edit, halves: ReadonlyMap<Edit, string>): Edit {
  const text = halves.get(edit);
  return text === undefined ? edit : withText(edit, text);
}

/** Whether a text is no part of any other edit's, nor the other way round, and an insert has a character of its own. */
function isTold(edit: Edit, text: string, edits: readonly Edit[], halves: ReadonlyMap<Edit, string>): boolean {
  const own = new Set(text);
  for (const other of edits) {
    if (other === edit) continue;
    for (const theirs of [textOf(other), halves.get(other)]) {
      if (theirs === undefined || theirs === '') continue;
      if (theirs.includes(text) || text.includes(theirs)) return false;
      if (other.kind === 'text-insert') for (const character of theirs) own.delete(character);
    }
  }
  return edit.kind !== 'text-insert' || own.size > 0;
}

function numberOf(edit: Edit): number | undefined {
  if (edit.kind === 'count') return edit.by;
  return edit.kind === 'set' && typeof edit.value === 'number' && !isBooked(edit) ? edit.value : undefined;
}

function withNumber(edit: Edit, number: number): Edit {
  if (edit.kind === 'count') return { ...edit, by: number };
  return edit.kind === 'set' ? { ...edit, value: number } : edit;
}

/** Values and counts that are the smallest whole numbers which no other has, of the sign that they had. */
const smallNumbers: Simplification = {
  name: 'small numbers',
  cut(plan) {
    const edits = editsOf(plan);
    const numbers = edits.map(numberOf);
    const items = edits.filter((_, at) => Math.abs(numbers[at] ?? 0) > 1);
    const isItem = new Set<Edit>(items);
    return {
      items,
      apply(kept) {
        const used = new Set<number>();
        edits.forEach((edit, at) => {
          if (kept.has(edit) || !isItem.has(edit)) used.add(Math.abs(numbers[at] ?? 0));
        });
        return mapEdits(plan, (edit) => {
          if (kept.has(edit) || !isItem.has(edit)) return edit;
          const number = numberOf(edit)!;
          let least = 1;
          while (used.has(least)) least++;
          if (least >= Math.abs(number)) least = Math.abs(number);
          used.add(least);
          return least === Math.abs(number) ? edit : withNumber(edit, number < 0 ? -least : least);
        });
      },
    };
  },
};

/** What a draft posts, where it sets balanced lines. */
interface Posting {
  readonly draft: EntityDraft;
  readonly debit: string;
  readonly credit: string;
  readonly cents: number;
  readonly lines: number;
}

function postingOf(draft: EntityDraft): Posting | undefined {
  for (const edit of draft.edits) {
    if (edit.kind !== 'set' || edit.field !== 'lines' || typeof edit.value !== 'string') continue;
    const lines = parseLines(edit.value);
    if (lines === null || !isBalanced(lines)) return undefined;
    const [debit, credit] = (['debit', 'credit'] as const).map((side) => lines.find((line) => line.side === side));
    if (debit === undefined || credit === undefined) return undefined;
    const cents = lines.reduce((sum, line) => sum + (line.side === 'debit' ? line.cents : 0), 0);
    return { draft, debit: debit.account, credit: credit.account, cents, lines: lines.length };
  }
  return undefined;
}

/** Postings of two lines and few cents, the amount with them: balanced as they were, and no two of one sum. */
const smallPostings: Simplification = {
  name: 'small postings',
  cut(plan) {
    const postings = new Map<EntityDraft, Posting>();
    mapDrafts(plan, (draft) => {
      const posting = postingOf(draft);
      if (posting !== undefined) postings.set(draft, posting);
      return draft;
    });
    const items = [...postings.values()].filter(({ cents, lines }) => cents > postings.size || lines > 2);
    const isItem = new Set(items);
    return {
      items,
      apply(kept) {
        const stays = (posting: Posting): boolean => kept.has(posting) || !isItem.has(posting);
        const used = new Set([...postings.values()].flatMap((posting) => (stays(posting) ? [posting.cents] : [])));
        return mapDrafts(plan, (draft) => {
          const posting = postings.get(draft);
          if (posting === undefined || stays(posting)) return draft;
          let cents = 1;
          while (used.has(cents)) cents++;
          used.add(cents);
          return withPosting(posting, Math.min(cents, posting.cents));
        });
      },
    };
  },
};

function withPosting({ draft, debit, credit }: Posting, cents: number): EntityDraft {
  const value = formatLines([
    { account: debit, side: 'debit', cents },
    { account: credit, side: 'credit', cents },
  ]);
  const edits = draft.edits.map((edit): Edit => {
    if (edit.kind !== 'set') return edit;
    if (edit.field === 'lines') return { ...edit, value };
    return edit.field === 'amount' && typeof edit.value === 'number' ? { ...edit, value: cents } : edit;
  });
  return { ...draft, edits };
}

/** Edits that become simpler each for itself. */
function eachEdit(name: string, simpler: (edit: Edit) => Edit): Simplification {
  return {
    name,
    cut(plan) {
      const simple = new Map<Edit, Edit>();
      for (const edit of editsOf(plan)) {
        const other = simpler(edit);
        if (other !== edit) simple.set(edit, other);
      }
      return {
        items: [...simple.keys()],
        apply: (kept) => mapEdits(plan, (edit) => (kept.has(edit) ? edit : (simple.get(edit) ?? edit))),
      };
    },
  };
}

/** Places in texts and lists, and lengths of what is deleted, no higher than `most`; a length is at least 1. */
function placesUpTo(most: number): (edit: Edit) => Edit {
  return (edit) => {
    if (edit.kind === 'list-move') {
      if (edit.from <= most && edit.to <= most) return edit;
      return { ...edit, from: Math.min(edit.from, most), to: Math.min(edit.to, most) };
    }
    if (edit.kind === 'text-delete') {
      const length = Math.min(edit.length, Math.max(1, most));
      return edit.at <= most && length === edit.length ? edit : { ...edit, at: Math.min(edit.at, most), length };
    }
    if (!('at' in edit) || edit.at <= most) return edit;
    return { ...edit, at: most };
  };
}

const half = (length: number): number => Math.ceil(length / 2);

/** Ways to make edits simpler, the bold ones first. */
export const SIMPLER_VALUES: readonly Simplification[] = [
  fewerEdits,
  tokenTexts('texts of one character', (length) => Math.min(1, length)),
  tokenTexts('texts half as long', half),
  halfTexts('the first half of texts', (characters) => characters.slice(0, half(characters.length))),
  halfTexts('the last half of texts', (characters) => characters.slice(Math.floor(characters.length / 2))),
  smallNumbers,
  smallPostings,
  eachEdit('places and lengths of 0', placesUpTo(0)),
  eachEdit('places and lengths up to 1', placesUpTo(1)),
  eachEdit('places and lengths up to 4', placesUpTo(4)),
];
