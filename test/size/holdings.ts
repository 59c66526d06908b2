/** What a system holds: key → values, spelled alike for all systems. */
export type Holdings = ReadonlyMap<string, string>;

/** Refuses a second value for a key: that would be a duplicate. */
export function holdings(records: Iterable<readonly [key: string, ...values: readonly unknown[]]>): Holdings {
  const held = new Map<string, string>();
  for (const [key, ...values] of records) {
    if (held.has(key)) throw new Error(`the key ${key} is there twice`);
    held.set(key, JSON.stringify(values));
  }
  return held;
}

/** Only the first values of each record, for a system that has no more. */
export function firstOf(held: Holdings, values: number): Holdings {
  return new Map(
    [...held].map(([key, text]) => [
      key,
      JSON.stringify((JSON.parse(text) as readonly unknown[]).slice(0, values)),
    ]),
  );
}

/** Null when they hold the same; otherwise how many differ, and one of them. */
export function differenceOf(left: Holdings, right: Holdings): string | null {
  const keys = new Set([...left.keys(), ...right.keys()]);
  const different = [...keys].filter((key) => left.get(key) !== right.get(key));
  const [first] = different;
  if (first === undefined) return null;
  const [one, other] = [left.get(first) ?? 'nothing', right.get(first) ?? 'nothing'];
  return `${String(different.length)} of ${String(keys.size)} differ, such as ${first}: ${one} and ${other}`;
}
