// What a person may see of the text that `--store` takes. It must not know how a store is opened.

/**
 * A store as a person may see it. Where a password could stand nothing is shown, up to the last `@`: one that holds `/`,
 * `?`, `#` or `@` as it is has no end that could be found.
 */
export function shownStore(spec: string): string {
  if (spec.startsWith('sqlite:')) return spec;
  const isPostgres = /^postgres(ql)?:\/\//.test(spec);
  const shown = isPostgres ? spec.replace(/^(\w+:\/\/[^:]*):.*@/s, '$1:***@') : spec.replace(/:.*@/s, ':***@');
  return shown.replace(/(password=)[^&\s]*/gi, '$1***');
}
