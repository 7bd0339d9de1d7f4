// A finding as a file of its own, which needs nothing of ours: the documents' part of the shrunk story, with an assertion
// at its end that was seen to fail. Or why there can be none. It must not know commands, nor write files.
import { basename } from 'node:path';
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { explanationText } from '../report/explanation.ts';
import { visible } from '../report/story-words.ts';
import { ambientModule, bundleDocuments, documentsModule, type Package } from './bundle.ts';
import { claimOf } from './claims.ts';
import { flawOf } from './proof.ts';
import { replicaNames, Steps } from './steps.ts';
import { sceneOf } from './scene.ts';
import { callText, type EmitKind, reproductionText } from './script.ts';
import { sliceOf } from './slice.ts';

/** What was emitted; or why a finding cannot be told without Squall. */
export type Emitted = { readonly text: string } | { readonly refusal: string };

/** Types that set over what they draw, and so need no chance of the process's own. */
const NEEDS_NO_CHANCE: ReadonlySet<string> = new Set(['yjs']);
/** Types of ours whose bytes stay as they are. */
const KEEPS_BYTES: ReadonlySet<string> = new Set(['yjs']);
/** Width of the story in a comment, characters. */
const COLUMNS = 110;

/**
 * Emits a finding.
 *
 * @param kind a script that Node runs, or a test of vitest; a test is proved as a script
 * @param documents the type that the finding is of
 * @param cwd from where the file of a person's own documents is found
 * @param name the file that will hold it; its base name stands in the comment that says how it is run
 */
export async function emit(
  file: FindingFile,
  kind: EmitKind,
  documents: DocumentType,
  cwd: string = process.cwd(),
  name: string = kind === 'script' ? 'repro.mjs' : 'repro.test.ts',
): Promise<Emitted> {
  const scene = sceneOf(file, documents);
  if (scene === undefined) return { refusal: `the finding ${visible(file.finding.signature)} does not occur now` };
  const names = replicaNames(scene);
  const claim = claimOf(scene, (replica) => names.get(replica) ?? `replica${replica}`);
  if ('refusal' in claim) return { refusal: `${scene.finding.oracle}: ${claim.refusal}` };

  const module = documentsModule(file.documents, cwd);
  const { finding, tape } = scene;
  const explanation = explanationText(
    { ...file, finding },
    { views: file.views },
    (_, text) => text,
    documents,
    COLUMNS,
  );
  const checked = claim.checks.flatMap((check) => (check.must === 'not throw' ? [check.entry] : []));
  const copies = documents.isStable !== true && !KEEPS_BYTES.has(file.documents);
  let flaw: string | undefined;
  // What the claim depends on; and where that does not show it, everything that was asked of the documents.
  for (const whole of [false, true]) {
    const entries = sliceOf(tape, claim.until, checked, whole);
    const servesAmbient =
      [...entries, ...checked].some(({ isAmbient }) => isAmbient) && !NEEDS_NO_CHANCE.has(file.documents);
    const ambient = servesAmbient ? await ambientModule() : undefined;
    const texts = new Map<EmitKind, string>();
    let packages: readonly Package[] = [];
    for (const form of new Set<EmitKind>(['script', kind])) {
      const steps = new Steps(scene, claim, names, entries, { copies, servesAmbient });
      const played = steps.lines(entries);
      const bundle = await bundleDocuments(module, callText(form, claim), claim.needsBooks);
      ({ packages } = bundle);
      const versioned = packages.map((each) =>
        each.name in file.versions ? `${each.name}@${file.versions[each.name]}` : each.name,
      );
      const parts = { kind: form, file, claim, steps, played, explanation, ambient, name: basename(name) };
      texts.set(form, reproductionText({ ...parts, bundle: bundle.text, packages: versioned }));
    }
    flaw = await flawOf({ text: texts.get('script')!, packages, says: claim.says });
    if (flaw === undefined) return { text: texts.get(kind)! };
  }
  return { refusal: `${finding.oracle}: a reproduction was tried, but ${visible(flaw!)}` };
}
