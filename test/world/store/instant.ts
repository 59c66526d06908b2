/** PostgreSQL counts its microseconds from the year 2000. */
const EPOCH_S = 946_684_800;

/**
 * An instant as the store keeps it and hands it back, milliseconds since 1970: by way of `to_timestamp(ms / 1000)` and
 * `extract(epoch from …)::float8 * 1000`, in the same floating-point steps, so that what comes back is the very same number.
 */
export function storedMs(ms: number): number {
  const microseconds = Math.round((ms / 1_000 - EPOCH_S) * 1e6);
  return ((microseconds + EPOCH_S * 1e6) / 1e6) * 1_000;
}

/** PostgreSQL's `'-infinity'`: before every instant. */
export const LONG_AGO = -Infinity;
/** PostgreSQL's `'infinity'`: never due. */
export const NEVER = Infinity;
