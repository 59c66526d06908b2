import assert from 'node:assert/strict';

import type { NativeValue } from '../../engine/value.ts';
import { must } from '../../lib/assert.ts';
import type {
  CapabilityCard,
  Lookup,
  Session,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../contract.ts';
import { ConnectorFailure, type Failure } from '../failure.ts';
import type { ConformanceHarness, Fields, SampleFields, Stage } from './harness.ts';

/** One sentence that must hold for every connector, and how to find out. */
export interface Rule {
  /** Stable and short: what a harness writes in `exceptions`. */
  readonly name: string;
  readonly title: string;
  /** Why the rule says nothing about a system with this card; null when it does. */
  readonly unless?: (card: CapabilityCard, fields: SampleFields, session: Session) => string | null;
  /** It can only be tried where things can be made to go wrong. */
  readonly needsTrouble?: boolean;
  readonly check: (ground: Ground) => Promise<void>;
}

/** What a check stands on. */
export interface Ground extends Stage {
  readonly harness: ConformanceHarness;
  readonly fields: SampleFields;
  readonly card: CapabilityCard;
}

/** Makes `count` sample records as a user of the system; their ids in order. */
export async function seed(ground: Ground, count: number): Promise<readonly string[]> {
  const ids = await ground.user.create(
    Array.from({ length: count }, (_, index) => ground.fields.sample(index)),
  );
  assert.equal(ids.length, count, 'the harness must give one id for each record its user created');
  return ids;
}

/** Makes one sample record as a user of the system. */
export async function seedOne(ground: Ground): Promise<string> {
  const [id] = await seed(ground, 1);
  return must(id, 'a seeded record has an id');
}

/** The record as the connector reads it now; it must be there. */
export async function readOne(ground: Ground, id: string, session?: Session): Promise<SystemRecord> {
  const [lookup] = await (session ?? ground.session).get(ground.collection, [id], ground.fields.names);
  assert.equal(lookup?.kind, 'found', `get must find the record that exists, but answered "${said(lookup)}"`);
  return lookup.record;
}

/** What a lookup came to, for messages. */
export function said(lookup: Lookup | undefined): string {
  if (lookup === undefined) return 'nothing at all';
  return lookup.kind === 'failed' ? `failed: ${lookup.failure.message}` : lookup.kind;
}

/** Writes and expects one result per request, each with its request's key. */
export async function writeAll(
  ground: Ground,
  requests: readonly WriteRequest[],
): Promise<readonly WriteResult[]> {
  const results = await ground.session.write(ground.collection, requests);
  assert.deepEqual(
    results.map((result) => result.key),
    requests.map((request) => request.key),
    'write must give one result per request, in the same order and with the same key',
  );
  return results;
}

/** Writes one request, which must succeed. */
export async function writeOne(
  ground: Ground,
  request: WriteRequest,
): Promise<Extract<WriteResult, { readonly kind: 'written' }>> {
  const [result] = await writeAll(ground, [request]);
  const reason = result?.kind === 'failed' ? `${result.failure.code}: ${result.failure.message}` : '';
  assert.equal(result?.kind, 'written', `the ${request.kind} must succeed, but failed with ${reason}`);
  return result;
}

/** A create of the given values. */
export function createOf(key: string, fields: Fields): WriteRequest {
  return { key, kind: 'create', recordId: null, ifVersion: null, fields };
}

/** An update of one record. */
export function updateOf(
  key: string,
  recordId: string,
  fields: Fields,
  ifVersion: string | null = null,
): WriteRequest {
  return { key, kind: 'update', recordId, ifVersion, fields };
}

/** A delete of one record. */
export function deleteOf(key: string, recordId: string, ifVersion: string | null = null): WriteRequest {
  return { key, kind: 'delete', recordId, ifVersion, fields: new Map() };
}

/** Only the harness's text field, set to `value`. */
export function textOf(ground: Ground, value: NativeValue): Fields {
  return new Map([[ground.fields.text, value]]);
}

/** The record must hold exactly these values in the fields named. */
export function assertHolds(record: SystemRecord, expected: Fields, when: string): void {
  for (const [name, value] of expected) {
    assert.deepEqual(
      record.fields.get(name) ?? null,
      value,
      `${when}, the field "${name}" must hold the value given`,
    );
  }
}

/** The failure that `act` throws; it must throw one, and nothing but a ConnectorFailure. */
export async function failureOf(act: () => Promise<unknown>, when: string): Promise<Failure> {
  try {
    await act();
  } catch (error) {
    assert.ok(
      error instanceof ConnectorFailure,
      `${when}, the connector must throw a ConnectorFailure, but threw ${String(error)}`,
    );
    return error.failure;
  }
  throw new assert.AssertionError({ message: `${when}, the connector must throw a ConnectorFailure` });
}
