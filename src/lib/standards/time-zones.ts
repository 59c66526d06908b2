/** Time zones by the IANA database that Node brings along. */

const MS_PER_DAY = 86_400_000;
/** Offsets are kept per zone and day; a sweep through centuries must not fill the memory. */
const DAYS_KEPT_MAX = 4_096;
const NAME_LENGTH_MAX = 64;

let namesByFolded: ReadonlyMap<string, string> | null = null;

/** The zone as the database spells it: `Europe/Berlin`; null for what is no zone. Offsets such as `+02:00` are none. */
export function timeZoneOf(text: string): string | null {
  namesByFolded ??= new Map(Intl.supportedValuesOf('timeZone').map((name) => [name.toLowerCase(), name]));
  const lower = text.toLowerCase();
  if (lower === 'utc') return 'UTC';
  const listed = namesByFolded.get(lower);
  if (listed !== undefined) return listed;
  if (text.length > NAME_LENGTH_MAX || !/^[a-z]/.test(lower) || currentName(text) === null) return null;
  // A name that stands for another zone, such as Asia/Kolkata: kept, because the database may turn the two around.
  return lower.replaceAll(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
}

/** Whether two names stand for one zone. */
export function isSameZone(left: string, right: string): boolean {
  const [one, other] = [currentName(left), currentName(right)];
  return one !== null && one === other;
}

function currentName(zone: string): string | null {
  return zoneOf(zone)?.name ?? null;
}

interface Zone {
  readonly name: string;
  readonly format: Intl.DateTimeFormat;
  /** Day since 1970 → offset in milliseconds, of days whose clocks did not change. */
  readonly steady: Map<number, number>;
}

const zones = new Map<string, Zone | null>();

function zoneOf(zone: string): Zone | null {
  const known = zones.get(zone);
  if (known !== undefined) return known;
  let found: Zone | null = null;
  try {
    const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
    found = { name: format.resolvedOptions().timeZone, format, steady: new Map() };
  } catch {
    found = null;
  }
  if (zones.size >= DAYS_KEPT_MAX) zones.clear();
  zones.set(zone, found);
  return found;
}

/** How far the zone's clocks are ahead of UTC at that moment, in milliseconds; null for what is no zone. */
export function offsetMs(zone: string, atMs: number): number | null {
  const found = zoneOf(zone);
  if (found === null) return null;
  const day = Math.floor(atMs / MS_PER_DAY);
  const steady = found.steady.get(day);
  if (steady !== undefined) return steady;
  const exact = measuredOffsetMs(found, atMs);
  const [first, last] = [day * MS_PER_DAY, (day + 1) * MS_PER_DAY];
  if (measuredOffsetMs(found, first) === exact && measuredOffsetMs(found, last) === exact) {
    if (found.steady.size >= DAYS_KEPT_MAX) found.steady.clear();
    found.steady.set(day, exact);
  }
  return exact;
}

function measuredOffsetMs({ format }: Zone, atMs: number): number {
  const parts: Record<string, number> = {};
  let isBefore = false;
  for (const { type, value } of format.formatToParts(atMs)) {
    if (type === 'era') isBefore = value.startsWith('B');
    else if (type !== 'literal') parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const local = new Date(0);
  local.setUTCFullYear(isBefore ? 1 - year : year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const seconds = Math.floor(atMs / 1_000) * 1_000;
  return local.getTime() - seconds;
}

/**
 * The moments at which clocks in the zone show this local time, given as if it were UTC: one; two in the hour that comes
 * twice; none in the hour that is left out.
 */
export function momentsOf(zone: string, localMs: number): readonly number[] {
  const around = [offsetMs(zone, localMs - MS_PER_DAY), offsetMs(zone, localMs + MS_PER_DAY)];
  const offsets = new Set(around.filter((offset) => offset !== null));
  return [...offsets]
    .map((offset) => localMs - offset)
    .filter((moment) => offsetMs(zone, moment) === localMs - moment)
    .toSorted((left, right) => left - right);
}
