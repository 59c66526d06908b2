/** What a thing is called in a list: the value by which people would know it. */
import type { SyncDefinition } from '../../engine/model.ts';
import { isEmpty, type Values } from '../../engine/value.ts';

const TITLE_LENGTH_MAX = 120;
/** Fields that mostly hold a name, the best first. */
const NAMES = /^(name|full_?name|display_?name|title|company|subject|last_?name|label)$/i;

/** Empty when nothing is known of it that could be shown. */
export function titleOf(definition: SyncDefinition, values: Values): string {
  const names = definition.fields.map(({ name }) => name);
  const candidates = [...names.filter((name) => NAMES.test(name)), ...definition.match.flat(), ...names];
  const found = candidates.find((name) => !isEmpty(values[name]));
  return found === undefined ? '' : String(values[found]).slice(0, TITLE_LENGTH_MAX);
}
