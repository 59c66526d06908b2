/** What kind of system it is, and how its records look from outside. */
import type { CapabilityCard, SystemRecord } from '../../src/connector/contract.ts';
import type { NativeValue } from '../../src/engine/value.ts';
import type { Fields, Seen } from './records.ts';

export interface SystemShape {
  readonly name: string;
  readonly version: 'counter' | 'content' | 'none';
  readonly conditionalWrite: boolean;
  readonly createIdentity: CapabilityCard['createIdentity'];
  readonly feed: CapabilityCard['feed'];
  readonly feedGives: 'records' | 'hints';
  readonly feedTellsDeletes: boolean;
  readonly readLagMs: number;
  readonly executionMaxMs: number;
  /** What the answer to a write tells: `all` of the record, its version and what was `written`, or `nothing`. */
  readonly tells: 'all' | 'written' | 'nothing';
  readonly reusesIds: boolean;
  /** What it gives a new record by itself, of what nobody has said. */
  readonly gives: (id: string, said: Fields) => Fields;
  /** What the system makes of a value it is given. */
  readonly normalises: (field: string, value: NativeValue) => NativeValue;
  /** What it does by itself after a change; an empty answer means nothing. */
  readonly automates: (before: Fields | null, after: Fields) => Fields;
  /** Refuses a record for ever. */
  readonly refuses: (fields: Fields) => boolean;
}

/** A record tells of every field whether it holds anything. */
const BLANK: Fields = { email: null, name: null, city: null, tags: null, thing: null };

export function recordOf(shape: SystemShape, seen: Seen): SystemRecord {
  const fields = new Map<string, NativeValue>(Object.entries({ ...BLANK, ...seen.fields }));
  return { id: seen.id, version: versionOf(shape, seen), fields };
}

export function versionOf(
  shape: SystemShape,
  { version, fields }: Pick<Seen, 'version' | 'fields'>,
): string | null {
  if (shape.version === 'none') return null;
  if (shape.version === 'counter') return String(version);
  return JSON.stringify(Object.entries(fields).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

/** What the answer to a write tells of the record as the write, and whatever answered it there, has left it. */
export function toldOf(
  shape: SystemShape,
  asked: Fields,
  now: Seen | null,
): { readonly version: string | null; readonly fields: Fields | null } {
  if (now === null || shape.tells === 'nothing') return { version: null, fields: null };
  const version = versionOf(shape, now);
  if (shape.tells === 'all') return { version, fields: now.fields };
  const told = Object.entries(now.fields).filter(([field]) => field in asked);
  return { version, fields: Object.fromEntries(told) };
}
