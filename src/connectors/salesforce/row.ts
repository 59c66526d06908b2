/** One write on its way to Salesforce, and what came of it. */
import type { WriteRequest } from '../../connector/contract.ts';
import type { Failure } from '../../connector/failure.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import type { SalesforceField, SalesforceObject } from './object.ts';
import { encoded } from './values.ts';
import { spelled } from './wire.ts';

export type Operation = 'insert' | 'update' | 'delete';

export interface Row {
  readonly request: WriteRequest;
  readonly operation: Operation;
  /** The record's id; empty for an insert. */
  readonly id: string;
  readonly values: readonly (readonly [field: SalesforceField, value: Json])[];
  /** The field and value that no other record may have; null where the record has none. */
  readonly key: readonly [field: SalesforceField, value: Json] | null;
  /** The record that Salesforce locks with this one; empty where it is not known. */
  readonly parent: string;
}

export type Outcome =
  | { readonly kind: 'done'; readonly id: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

export type Outcomes = ReadonlyMap<Row, Outcome>;

const OPERATIONS = { create: 'insert', update: 'update', delete: 'delete' } as const;

export function rowOf(request: WriteRequest, object: SalesforceObject): Row {
  const values = [...request.fields].flatMap(([name, value]) => {
    const field = object.fields.get(name);
    return field === undefined ? [] : [[field, encoded(field, value)] as const];
  });
  const parent = values.find(([{ isParent, referenceTo }]) => isParent || referenceTo.length > 0);
  return {
    request,
    operation: OPERATIONS[request.kind],
    id: request.recordId ?? '',
    values,
    key: values.find(([{ isKey, unique }, value]) => isKey && unique && value !== null) ?? null,
    parent: spelled(parent?.[1]),
  };
}

/** The record as the REST API takes it: a parent may be named by its own key. */
export function bodyOf({ operation, id, values }: Row, object: string): JsonObject {
  const body: Record<string, Json> = { attributes: { type: object } };
  if (operation === 'update') body['id'] = id;
  for (const [{ name, through }, value] of values) {
    if (through === null) body[name] = value;
    else if (value === null) body[through.reference] = null;
    else body[relationshipOf(name)] = { attributes: { type: through.object }, [through.key]: value };
  }
  return body;
}

/** `Account` of `Account.ERP_Key__c`. */
function relationshipOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

/** Records of one parent stay together, so that they wait for its lock one after the other and not for each other. */
export function inSendingOrder(rows: readonly Row[]): readonly Row[] {
  const rank: Readonly<Record<Operation, number>> = { insert: 0, update: 1, delete: 2 };
  return rows.toSorted(
    (left, right) =>
      rank[left.operation] - rank[right.operation] ||
      (left.parent < right.parent ? -1 : Number(left.parent > right.parent)),
  );
}

/** Splits so that no record occurs twice together: the second write must meet what the first has left. */
export function* waves(requests: readonly WriteRequest[]): Generator<readonly WriteRequest[]> {
  let wave: WriteRequest[] = [];
  let ids = new Set<string>();
  for (const request of requests) {
    if (request.recordId !== null && ids.has(request.recordId)) {
      yield wave;
      wave = [];
      ids = new Set();
    }
    wave.push(request);
    if (request.recordId !== null) ids.add(request.recordId);
  }
  if (wave.length > 0) yield wave;
}
