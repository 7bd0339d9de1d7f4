// Text from elsewhere without anything that a terminal would act upon, or that hides in it. It must not know what the text
// is.

/** Control and format characters: escapes, line ends, marks that turn the direction of text. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line in which every such character stands as its code: `\x1b`, `\u202e`. */
export function visibleLine(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}
