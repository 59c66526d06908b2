/** When two values of a field are the same although they are spelled differently. */
import { canonicalHtml } from '../../lib/standards/html.ts';
import { isSameZone } from '../../lib/standards/time-zones.ts';
import { sameValue, type FieldType, type Value } from '../value.ts';

export type Same = (left: Value | undefined, right: Value | undefined) => boolean;

/** Almost every type has one spelling per value; what is kept as it was written is compared by what it means. */
export function sameOf(type: FieldType, ignoreCase: boolean): Same {
  if (type.kind === 'html') return sameText((left, right) => canonicalHtml(left) === canonicalHtml(right));
  if (type.kind === 'timeZone') return sameText(isSameZone);
  return ignoreCase ? sameText((left, right) => left.toLowerCase() === right.toLowerCase()) : sameValue;
}

function sameText(isSame: (left: string, right: string) => boolean): Same {
  return (left, right) =>
    left === right ||
    (typeof left === 'string' && typeof right === 'string' ? isSame(left, right) : sameValue(left, right));
}
