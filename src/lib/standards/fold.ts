/** A name as people mean it: without case, accents, signs and doubled blanks. */
export function folded(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Folded name → code. A name that means two codes means none: nothing is guessed. */
export function indexOfNames(
  names: Iterable<readonly [code: string, name: string]>,
): ReadonlyMap<string, string> {
  const index = new Map<string, string | null>();
  for (const [code, name] of names) {
    const key = folded(name);
    const other = index.get(key);
    index.set(key, other === undefined || other === code ? code : null);
  }
  return new Map([...index].flatMap(([key, code]) => (code === null ? [] : [[key, code]])));
}
