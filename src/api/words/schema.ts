/** What a system says of a field, in words. */
import type { FieldDescription } from '../../connector/contract.ts';
import type { SchemaChangeSeen } from '../host.ts';
import { typeText } from './mapping.ts';

/** `text of at most 80 characters, must be filled`; with its name where that is another one. */
export function fieldWords(
  { name, type, required, readOnly, unique }: FieldDescription,
  known: string,
): string {
  return [
    ...(name === known ? [] : [`called ${name}`]),
    typeText(type),
    ...(required ? ['must be filled'] : []),
    ...(readOnly ? ['cannot be written'] : []),
    ...(unique ? ['no two the same'] : []),
  ].join(', ');
}

/** The system's field by its old name, and both of its descriptions. */
export function diffWords({ change: { before, now } }: Pick<SchemaChangeSeen, 'change'>): {
  readonly native: string;
  readonly before: string | null;
  readonly after: string | null;
} {
  const native = (before ?? now)?.name ?? '';
  return {
    native,
    before: before === undefined ? null : fieldWords(before, native),
    after: now === undefined ? null : fieldWords(now, native),
  };
}
