/** A small file that breaks one rule of .oxlintrc.json. */
export interface Breach {
  readonly name: string;
  readonly path: string;
  readonly source: string;
  /** The rule that must fire. */
  readonly code: string;
  /** Part of the message that the author must see. */
  readonly says?: string;
}

export function breach(name: string, path: string, code: string, source: string): Breach {
  return { name, path, code, source };
}
