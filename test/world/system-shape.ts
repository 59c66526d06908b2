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
  /** Whether an answer shows the record as the write left it. */
  readonly tellsAll: boolean;
  readonly reusesIds: boolean;
  /** What the system makes of a value it is given. */
  readonly normalises: (field: string, value: NativeValue) => NativeValue;
  /** What it does by itself after a change; an empty answer means nothing. */
  readonly automates: (before: Fields | null, after: Fields) => Fields;
  /** Refuses a record for ever. */
  readonly refuses: (fields: Fields) => boolean;
}

export function recordOf(shape: SystemShape, seen: Seen): SystemRecord {
  return { id: seen.id, version: versionOf(shape, seen), fields: new Map(Object.entries(seen.fields)) };
}

export function versionOf(
  shape: SystemShape,
  { version, fields }: Pick<Seen, 'version' | 'fields'>,
): string | null {
  if (shape.version === 'none') return null;
  if (shape.version === 'counter') return String(version);
  return JSON.stringify(Object.entries(fields).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
