// What devices showed in the end, and what is held against it, as lines of a space-time picture: what differs first. It
// must not know how a picture is drawn.

import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { StoryDevice } from '../../scenarios/search/storyline.ts';
import { differenceOf, rowsOf, shownText } from './difference.ts';
import type { SpaceTime } from './space-time.ts';
import { clipped, valueText, visible } from './story-words.ts';

/** Parts of a view that are told. */
const PARTS_MAX = 12;
const VALUE_CHARS = 120;
const LINE_CHARS = 600;

/** The views of the devices that have one, as lines; none where all show the same. */
export function viewsOf(
  { views, finding }: Pick<FindingFile, 'views' | 'finding'>,
  devices: readonly StoryDevice[],
): SpaceTime['views'] {
  const place = typeof finding.detail['place'] === 'string' ? finding.detail['place'] : undefined;
  const shown = devices.flatMap(({ index, ledger }, lane) => {
    const key = `device ${index}`;
    if (!Object.hasOwn(views, key)) return [];
    // What was found counts: views are looked at once everything was given to everybody again.
    return [{ lane, ledger, parts: new Map([...partsOf(views[key]), ...foundOf(finding, index, place)]) }];
  });
  const differing = new Map<number, readonly string[]>();
  for (const ledger of new Set(shown.map((each) => each.ledger))) {
    const peers = shown.filter((each) => each.ledger === ledger);
    const keys = [...new Set(peers.flatMap(({ parts }) => [...parts.keys()]))].sort();
    differing.set(
      ledger,
      keys.filter((key) => new Set(peers.map(({ parts }) => parts.get(key) ?? 'absent')).size > 1),
    );
  }
  if ([...differing.values()].every((keys) => keys.length === 0)) return [];
  return shown.map(({ lane, ledger, parts }) => {
    const first = differing
      .get(ledger)!
      .toSorted((one, other) => Number(isAt(other, place)) - Number(isAt(one, place)));
    const rest = [...parts.keys()].filter((key) => !first.includes(key)).sort();
    const told = [...first, ...rest].slice(0, PARTS_MAX).map((key) => `${key}: ${parts.get(key) ?? 'absent'}`);
    const more = first.length + rest.length - told.length;
    const text = told.length === 0 ? 'nothing' : `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
    return { lane, text: clipped(text, LINE_CHARS), differs: first.length > 0 };
  });
}

/** What the finding says that a device showed at its place. */
function foundOf({ detail }: FindingFile['finding'], index: number, place: string | undefined): [string, string][] {
  const groups = Array.isArray(detail['groups']) ? (detail['groups'] as unknown[]) : [];
  const group = groups.find((each): each is number[] => Array.isArray(each) && each.includes(index)) ?? [index];
  const told = group.find((each) => Object.hasOwn(detail, `device ${each}`));
  if (place === undefined || told === undefined) return [];
  return partsOf(detail[`device ${told}`], [place]);
}

/** What the finding says: who shows what, and notes. */
export function toldOf(
  { finding, views }: Pick<FindingFile, 'views' | 'finding'>,
  nameOf: (index: number) => string,
): string[] {
  const { place, shown, notes } = differenceOf(finding, nameOf, views);
  const lines = rowsOf(shown).map(({ key, shown: row }) => {
    const values = row.map(({ who, value }) => `${who}: ${clipped(shownText(value), VALUE_CHARS)}`).join(' · ');
    const where = [...(place === undefined ? [] : [visible(place)]), ...(key === undefined ? [] : [key])].join(' ');
    return where === '' ? values : `${where} — ${values}`;
  });
  return [...lines.filter((line) => line !== ''), ...notes].map((line) => clipped(line, LINE_CHARS));
}

function isAt(key: string, place: string | undefined): boolean {
  return place !== undefined && (key === place || key.startsWith(`${place}/`));
}

/** The values of a view by their places, as devices and findings call these: `account-1/name`. */
function partsOf(view: unknown, path: readonly string[] = []): [string, string][] {
  if (typeof view !== 'object' || view === null || Array.isArray(view) || Object.keys(view).length === 0) {
    return [[path.map(visible).join('/'), clipped(valueText(view), VALUE_CHARS)]];
  }
  return Object.entries(view).flatMap(([key, value]) => {
    // Fields and counters are called by the entity and their own name.
    const isGroup = path.length === 1 && (key === 'fields' || key === 'counters') && typeof value === 'object';
    const isEmpty = isGroup && value !== null && Object.keys(value as object).length === 0;
    if (isEmpty) return [];
    return partsOf(value, isGroup ? path : [...path, key]);
  });
}
