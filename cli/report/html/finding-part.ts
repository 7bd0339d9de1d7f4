// A finding on the page: what it is, what differs, and its space-time picture where there is one. It must not know how a
// finding came about.

import type { Finding } from '../../../models/finding.ts';
import type { FindingFile } from '../../../scenarios/search/finding-file.ts';
import { deviceNames } from '../../../scenarios/search/storyline.ts';
import { type Difference, differenceOf, shownText } from '../difference.ts';
import { grouped, time } from '../format.ts';
import type { SpaceTime } from '../space-time.ts';
import { spaceTimeSvg } from '../space-time-svg.ts';
import { counted, sizeText } from '../size.ts';
import { code, command, type Content, cut, facts, folded, Markup, mark, markup, NOTHING, table } from './markup.ts';

/** Findings told one by one, and characters of what one holds. */
const FINDINGS_MAX = 50;
const DETAIL_CHARS = 4000;
const VALUE_CHARS = 400;
const LISTED = 12;

/** The findings of a run, those that have a number after the others. */
export function findingCards(findings: readonly Finding[], id: string): Markup {
  const cards = findings.slice(0, FINDINGS_MAX).map((finding, at) => {
    const nameOf = (index: number): string => `device ${index}`;
    return markup`<article class="card bad" id="${id}-${at + 1}">
<h3>${mark('failed')} ${finding.kind}: ${finding.signature}</h3>
${findingFacts(finding, nameOf)}${whatDiffers(finding, nameOf, {})}${rawDetail(finding)}</article>
`;
  });
  const more = findings.length - cards.length;
  return markup`${cards}${more > 0 && markup`<p>and ${counted(more, 'other')}: the result file has them all.</p>`}`;
}

/** Where a finding comes from, beside what is in its file. */
export interface FindingFrame {
  readonly id: string;
  readonly status: 'failed' | 'warned';
  readonly title: string;
  readonly facts: readonly (readonly [name: string, value: Content])[];
  readonly command: string;
}

/** A kept finding with its picture. */
export function fileCard(frame: FindingFrame, file: FindingFile, story: SpaceTime | undefined): Markup {
  const names = deviceNames(file.plan);
  const nameOf = (index: number): string => names.get(index) ?? `device ${index}`;
  const { finding, sizeBefore, sizeAfter, unexercised, lastEvents } = file;
  return markup`<article class="card ${frame.status === 'failed' ? 'bad' : 'warn'}" id="${frame.id}">
<h3>${mark(frame.status)} ${frame.title}</h3>
${command('See it again with', frame.command)}<div class="told"><div>${facts([
    ...frame.facts,
    ...basicFacts(finding, nameOf),
    ['shrunk to', sizeText(sizeAfter)],
    ['from', sizeText(sizeBefore)],
  ])}${whatDiffers(finding, nameOf, file.views)}${
    unexercised.length > 0 &&
    folded('Not exercised', markup`<ul>${unexercised.map((text) => markup`<li>${text}</li>`)}</ul>`)
  }${lastEvents.length > 0 && folded('Last events', markup`<pre tabindex="0">${lastEvents.join('\n')}</pre>`)}${rawDetail(finding)}</div>
${picture(story, frame.id)}</div></article>
`;
}

/** A finding of which no file could be read. */
export function plainCard(frame: FindingFrame): Markup {
  return markup`<article class="card ${frame.status === 'failed' ? 'bad' : 'warn'}" id="${frame.id}">
<h3>${mark(frame.status)} ${frame.title}</h3>
${command('See it again with', frame.command)}${facts(frame.facts)}</article>
`;
}

function picture(story: SpaceTime | undefined, id: string): Markup {
  if (story === undefined) return NOTHING;
  return markup`<figure class="story"><figcaption><b>What happened</b><span class="key">time runs down, not to scale; numbers are edits</span></figcaption>
${new Markup(spaceTimeSvg(story, `${id}-story`))}</figure>
`;
}

function findingFacts(finding: Finding, nameOf: (index: number) => string): Markup {
  return facts(basicFacts(finding, nameOf));
}

function basicFacts(finding: Finding, nameOf: (index: number) => string): [name: string, value: Content][] {
  const { oracle, atUs, event, devices, documents, parting } = finding;
  return [
    ['oracle', code(oracle)],
    ['judged at', `${time(atUs / 1000)}, event ${grouped(event)}`],
    ['devices', listed(devices.map(nameOf))],
    ['documents', listed(documents)],
    ['replicas part at', parting === undefined ? '' : partingText(parting, nameOf)],
  ];
}

function partingText(
  { target, author, sequence, atUs, seenBy, notSeenBy }: NonNullable<Finding['parting']>,
  nameOf: (index: number) => string,
): string {
  const had = seenBy.length === 0 ? '' : `; seen by ${listed(seenBy.map(nameOf))}`;
  const hadNot = notSeenBy.length === 0 ? '' : `; not by ${listed(notSeenBy.map(nameOf))}`;
  return `edit ${sequence} of ${nameOf(author)} at ${time(atUs / 1000)}, of ${target}${had}${hadNot}`;
}

function whatDiffers(
  finding: Finding,
  nameOf: (index: number) => string,
  views: Readonly<Record<string, unknown>>,
): Markup {
  const { place, shown, notes } = differenceWhere(finding, nameOf, views);
  const rows = shown.slice(0, LISTED).map(({ who, value }) => ({
    cells: [cut(who, VALUE_CHARS), markup`<code class="value">${cut(shownText(value), VALUE_CHARS)}</code>`],
  }));
  const more = shown.length - rows.length;
  return markup`${notes.map((note) => markup`<p>${cut(note, VALUE_CHARS)}</p>`)}${table(
    place === undefined ? 'What differs' : `What differs, at ${place}`,
    [{ title: 'who' }, { title: 'shows' }],
    rows,
  )}${more > 0 && markup`<p>and ${counted(more, 'other')}</p>`}`;
}

/** Oracles whose findings are told in words without the views of devices; others are shown by what their detail holds. */
const TOLD = ['protocol', 'secrecy', 'durability', 'delivery', 'liveness', 'cursor', 'document', 'intent', 'causality'];

/** What a detail says; one of another version may have other parts, and those are shown as they are. */
function differenceWhere(
  finding: Finding,
  nameOf: (index: number) => string,
  views: Readonly<Record<string, unknown>>,
): Difference {
  if (Object.keys(views).length > 0 || TOLD.includes(finding.oracle)) {
    try {
      return differenceOf(finding, nameOf, views);
    } catch {
      // Below.
    }
  }
  const { place, ...others } = finding.detail;
  const shown = Object.entries(others)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([who, value]) => ({ who, value }));
  return { place: typeof place === 'string' ? place : undefined, shown, notes: [] };
}

function rawDetail({ detail }: Finding): Markup {
  if (Object.keys(detail).length === 0) return NOTHING;
  return folded('Detail', markup`<pre tabindex="0">${cut(JSON.stringify(detail, null, 2), DETAIL_CHARS)}</pre>`);
}

function listed(names: readonly (string | number)[]): string {
  const rest = names.length - LISTED;
  return rest > 0 ? `${names.slice(0, LISTED).join(', ')} and ${rest} more` : names.join(', ');
}
