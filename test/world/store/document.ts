/**
 * A document as it comes back from a json column. Nearly always that is the document itself, so it is only walked; it is
 * rebuilt where JSON would change it: `undefined` (dropped), NaN and infinities (null), and -0 (0). What jsonb does besides
 * (another order of keys, and no text with a NUL in it) is not imitated: nothing of ours depends on the order, and a NUL
 * never gets past the canonical form of a value.
 */
export function asStored<T>(document: T): T {
  return survives(document) ? document : (JSON.parse(JSON.stringify(document)) as T);
}

function survives(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      if (value === null) return true;
      return Array.isArray(value) ? value.every(survives) : Object.values(value).every(survives);
    default:
      return false;
  }
}
