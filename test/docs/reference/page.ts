// The generated reference as one text: its chapters in their order. It must not know files.
import { allHelp, commandsText, exitCodesText } from './commands.ts';
import { configurationText } from './configuration.ts';
import { formatsText } from './formats.ts';
import { documentsText, faultsText, limitsText, metricsText, networksText, oraclesText, relaysText } from './kinds.ts';

/** The whole of docs/reference.md; the same code gives the same text. */
export async function referenceText(): Promise<string> {
  const commands = await allHelp();
  return `# Reference

All commands, flags, keys and names. \`npm run docs:reference\` makes this page from the code, and a test holds it to it.

- [Commands](#commands)
- [Exit codes](#exit-codes)
- [Configuration](#configuration)
- [Metrics](#metrics)
- [Limits of baselines](#limits-of-baselines)
- [Faults](#faults)
- [Oracles](#oracles)
- [Documents](#documents)
- [Networks](#networks)
- [Relays](#relays)
- [Files](#files)

## Commands

${commandsText(commands)}

## Exit codes

${exitCodesText(commands)}

## Configuration

${configurationText()}

## Metrics

[The model](model.md#metrics) says how they are measured. Times are virtual, but for runs under the wall clock.

${await metricsText()}

## Limits of baselines

\`squall baseline check\` tells what is beyond the first limit, and fails where something is beyond the second. Limits with a sign
are relative to the baseline, the others are absolute. Figures that stand in no row are shown where they moved, and never fail.

${limitsText()}

## Faults

${faultsText()}

## Oracles

All of them judge runs with \`oracles=all\`, as in the profile \`storm\`; [the model](model.md#how-a-run-ends) names those that
judge bigger runs too. [docs/trust.md](trust.md#planted-bugs) has the bug that each one is known to find.

${oraclesText()}

## Documents

What becomes of concurrent edits of one place; – is an edit that the type does not take. \`--documents <file>\` takes any other
type.

${await documentsText()}

## Networks

\`--network\` takes a name. Latencies are one way, in ms; bandwidths in kbit/s, where 0 is unlimited.

${networksText()}

## Relays

\`--set relay=<name>\` takes one.

${relaysText()}

## Files

Keys of the files that commands write and read. Types are those of the code.

${formatsText()}
`;
}
