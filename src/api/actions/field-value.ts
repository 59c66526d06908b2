/** Values that people give: checked by the field's type and spelled as it spells them. */
import { canonicaliserOf } from '../../engine/canonical.ts';
import { InvalidValue, type Value } from '../../engine/value.ts';
import type { SyncRow } from '../../store/control.ts';
import { ApiProblem } from '../problem.ts';

/** Throws `invalid` when the sync has no such field or the value is none of its type. */
export function fieldValue(sync: SyncRow, name: string, given: Value): Value {
  const field = sync.definition.fields.find((known) => known.name === name);
  if (field === undefined) {
    const known = sync.definition.fields.map((other) => other.name).join(', ');
    throw new ApiProblem('invalid', {
      errors: [{ path: 'json.field', message: `${sync.name} has no such field` }],
      advice: `Its fields: ${known}`,
    });
  }
  const value = canonicaliserOf(field.type)(given);
  if (!(value instanceof InvalidValue)) return value;
  throw new ApiProblem('invalid', { errors: [{ path: 'json.value', message: value.reason }] });
}
