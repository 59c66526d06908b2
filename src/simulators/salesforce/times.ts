/** Points in time as Salesforce reads and writes them. Stored ones are ISO texts in UTC with milliseconds. */

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** The stored form, or null when the text is not a day of the calendar. A datetime gives its day in UTC. */
export function parseDate(text: string): string | null {
  if (!DATE.test(text)) return parseDateTime(text)?.slice(0, 10) ?? null;
  const at = new Date(`${text}T00:00:00.000Z`);
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text ? null : text;
}

/** The stored form, or null when the text is not a datetime with a zone. A bare date is midnight in UTC. */
export function parseDateTime(text: string): string | null {
  if (DATE.test(text)) {
    const date = parseDate(text);
    return date === null ? null : `${date}T00:00:00.000Z`;
  }
  if (!DATE_TIME.test(text)) return null;
  const at = new Date(text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The stored form of a moment, cut to the resolution of stamps. */
export function stampOf(atMs: number, resolutionMs: number): string {
  return new Date(Math.floor(atMs / resolutionMs) * resolutionMs).toISOString();
}

/** As JSON shows it: `2026-01-31T09:00:00.000+0000`, without the colon. */
export function jsonDateTime(stored: string): string {
  return stored.replace(/Z$/, '+0000');
}

export function jsonMoment(atMs: number): string {
  return jsonDateTime(new Date(atMs).toISOString());
}

export function msOf(stored: string): number {
  return new Date(stored).getTime();
}
