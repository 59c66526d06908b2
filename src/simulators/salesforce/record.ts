/** A stored value: datetimes as `2026-01-31T09:00:00.000Z`, dates as `2026-01-31`, references as 18-character ids. */
export type SfValue = string | number | boolean | null;

/** A record by field name. It is replaced as a whole when it changes, never altered. */
export type SfRecord = Readonly<Record<string, SfValue>>;

/** The record's id, which every stored record has. */
export function idOf(record: SfRecord): string {
  return textOf(record['Id']);
}

export function textOf(value: SfValue | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
