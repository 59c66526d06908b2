/** What single writes and batches of them have in common. */
import type { WriteRequest } from '../../connector/contract.ts';
import { putAt, type Draft } from '../../lib/pointer.ts';
import type { Asking, RestApi } from './api.ts';
import type { Collection } from './collection.ts';
import { refuse } from './failures.ts';
import { valueOut } from './fields.ts';

/** How a write asks: its failures are of a write, so that a lost answer is an unknown outcome. */
export function askingOf(api: RestApi, { name }: Collection, kind: WriteRequest['kind']): Asking {
  return { operation: `${name}.${kind}`, effect: 'write', purpose: 'delivery', signal: api.closed };
}

/** Puts the request's fields under `at`. */
export function putFields(collection: Collection, { fields }: WriteRequest, into: Draft, at: string): Draft {
  let draft = into;
  for (const [name, value] of fields) {
    const field = collection.fields.get(name);
    if (field === undefined) throw refuse('unknown_field', `${collection.name} has no field ${name}.`, name);
    const { empty } = collection.shape;
    if (value === null && empty === 'omit') continue;
    draft = putAt(
      draft,
      at + field.writeAt,
      value === null && empty === 'text' ? '' : valueOut(field, value),
    );
  }
  return draft;
}
