/**
 * An instant as the store keeps it and hands it back, milliseconds since 1970: whole microseconds, by way of
 * `extract(epoch from …)::float8 * 1000`. The arithmetic is PostgreSQL's, so that what comes back is the very same number.
 * Storing it again changes nothing.
 */
export function storedMs(ms: number): number {
  return (Math.round(ms * 1_000) / 1e6) * 1_000;
}

/** PostgreSQL's `'-infinity'`: before every instant. */
export const LONG_AGO = -Infinity;
/** PostgreSQL's `'infinity'`: never due. */
export const NEVER = Infinity;
