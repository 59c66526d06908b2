import { stepsOf } from '../../lib/pointer.ts';
import type { Field } from './fields.ts';

/** What {fields} stands for: the fields asked for, as the system calls them. */
export function namesOf(
  fields: readonly Field[],
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { fields: fields.map(({ at, name }) => stepsOf(at).at(-1) ?? name).join(','), ...more };
}
