// The texts that a finding is told in, loaded when there is a finding to tell; a value, so that tests can stand in for
// them. It must not know when they are asked for.
import type { DocumentType } from '../../models/documents/port.ts';
import type { FindingFile } from '../../scenarios/search/finding-file.ts';
import type { Until } from '../../scenarios/search/state-at.ts';
import type { TrialOutcome } from '../../scenarios/search/trial-port.ts';
import type { Emitted } from '../emit/emit.ts';
import type { EmitKind } from '../emit/script.ts';
import type { Paint } from './format.ts';

export interface Texts {
  /**
   * @param columns width of the terminal, characters; left out where there is none
   * @param hasStory whether the story stands in it, shortened; default true
   */
  explanation(
    file: FindingFile,
    outcome: TrialOutcome,
    paint: Paint,
    documents: DocumentType,
    columns: number | undefined,
    hasStory?: boolean,
  ): string;
  story(file: FindingFile, documents: DocumentType, paint: Paint, columns: number | undefined): string;
  state(file: FindingFile, documents: DocumentType, until: Until, paint: Paint): string;
  /** @param name the name of the file that will hold it */
  emit(file: FindingFile, kind: EmitKind, documents: DocumentType, cwd: string, name: string): Promise<Emitted>;
}

/** Ours. */
export async function loadTexts(): Promise<Texts> {
  const { explanationText } = await import('./explanation.ts');
  const { storyText } = await import('./story.ts');
  const { stateText } = await import('./state.ts');
  const { emit } = await import('../emit/emit.ts');
  return {
    explanation: explanationText,
    story: storyText,
    state: stateText,
    emit,
  };
}
