/** The text of a description that is being drafted. */

/** A line, and before it what a person must decide about it. */
export function line(depth: number, text: string, decide?: string): readonly string[] {
  const indent = '  '.repeat(depth);
  return [...(decide === undefined ? [] : [`${indent}# decide: ${decide}`]), `${indent}${text}`];
}

/** A text that YAML reads as this very text. */
export function quoted(text: string): string {
  const isPlain = /^[A-Za-z_/][\w/.-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** A map in one line, its values written already; what is undefined is left out. */
export function flow(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const members = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [`${quoted(key)}: ${String(value)}`],
  );
  return `{${members.join(', ')}}`;
}
