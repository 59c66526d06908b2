import { canonicaliserOf } from '../engine/canonical.ts';
import { InvalidValue, type Value } from '../engine/value.ts';
import type { SyncRow } from '../store/control.ts';
import { CommandFailed, EXIT } from './command.ts';

/** What a person typed for a field of the sync, as the field's own type reads it; `null` clears. */
export function fieldValue(sync: SyncRow, name: string, given: string): Value {
  const field = sync.definition.fields.find((known) => known.name === name);
  if (field === undefined) {
    throw new CommandFailed(`${sync.name} has no field ${name}`, {
      exitCode: EXIT.wrongInput,
      advice: `Its fields: ${sync.definition.fields.map((known) => known.name).join(', ')}`,
    });
  }
  const value = canonicaliserOf(field.type)(given === 'null' ? null : given);
  if (!(value instanceof InvalidValue)) return value;
  throw new CommandFailed(`${name}: ${value.reason}`, { exitCode: EXIT.wrongInput });
}
