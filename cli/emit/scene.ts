// A finding's plan, run once more with its documents on tape: what a reproduction is made from. It must not know how a
// reproduction looks.
import type { DocumentType } from '../../models/documents/port.ts';
import type { Finding } from '../../models/finding.ts';
import { coreOf } from '../../models/oracles/judged.ts';
import { DocumentTape, type TapeEntry } from '../../scenarios/search/document-tape.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import { type Storyline, storylineOf } from '../../scenarios/search/storyline.ts';

/** A member that is judged. */
export interface SceneMember {
  readonly index: number;
  /** The id under which it makes replicas. */
  readonly id: number;
  readonly name: string;
  /** Its replica on the tape. */
  readonly replica: number;
  /** Labels of the edits that it has. */
  readonly knows: readonly string[];
}

export interface Scene {
  /** As it is found now. */
  readonly finding: Finding;
  readonly tape: DocumentTape;
  readonly storyline: Storyline;
  /** The tape's length when the run was over and not yet judged. */
  readonly judgedFrom: number;
  /** Those of the finding's ledger, in the order in which they are judged. */
  readonly members: readonly SceneMember[];
}

/** Undefined where the finding does not occur. */
export function sceneOf({ config, plan, finding }: FindingFile, documents: DocumentType): Scene | undefined {
  const tape = new DocumentTape();
  let judgedFrom: number | undefined;
  let members: Omit<SceneMember, 'name' | 'knows'>[] = [];
  const storyline = storylineOf(config, plan, tape.record(documents), {
    mark: () => tape.entries.length,
    beforeJudgement: ({ ledgers }) => {
      judgedFrom = tape.entries.length;
      const ledger = ledgers.find(({ id }) => finding.documents.includes(id)) ?? ledgers[0]!;
      members = coreOf(ledger).map(({ index, id, replica }) => ({ index, id, replica: tape.numberOf(replica) }));
    },
  });
  const found = storyline.findings.find(({ signature }) => signature === finding.signature);
  if (found === undefined) return undefined;
  const names = new Map(storyline.devices.map(({ index, name }) => [index, name]));
  return {
    finding: found,
    tape,
    storyline,
    judgedFrom: judgedFrom ?? tape.entries.length,
    members: members.map((member) => ({
      ...member,
      name: names.get(member.index) ?? `device ${member.index}`,
      knows: storyline.known.get(member.index) ?? [],
    })),
  };
}

/** Replicas that were made for judging, in order: their `create` entries. */
export function sparesOf({ tape, judgedFrom, members }: Scene): TapeEntry[] {
  const ids = new Set(members.map(({ id }) => id));
  return tape.entries.filter(
    ({ index, call, init }) =>
      index >= judgedFrom && call === 'create' && init !== undefined && ids.has(init.deviceIndex),
  );
}
