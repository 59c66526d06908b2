/** Which sides can be compared by digests: where equal text at the side and in the golden record means an equal value. */
import type { FieldLens, SideModel } from './model.ts';
import type { FieldType } from './value.ts';

/** How the text of a value is to be spelled so that it equals the golden one exactly when nothing differs. */
export type Spelling = 'text' | 'decimal' | 'boolean' | 'instant';

export interface DigestibleField {
  readonly field: string;
  readonly native: string;
  readonly spelling: Spelling;
}

/**
 * The fields to digest, or null where some value or record can only be judged by reading it: by a transform, a reference,
 * a list, or a filter. A golden value reads as itself, so a side that holds its very text needs no reading.
 */
export function digestibleFields({
  lenses,
  where,
  filter,
  references,
}: SideModel): readonly DigestibleField[] | null {
  if (where.length > 0 || filter !== null || references.length > 0) return null;
  const fields: DigestibleField[] = [];
  for (const lens of lenses) {
    if (lens.isBlind) continue;
    const spelling = spellingOf(lens);
    if (spelling === null) return null;
    fields.push({ field: lens.field.name, native: lens.native, spelling });
  }
  return fields;
}

function spellingOf({ isPlain, field }: FieldLens): Spelling | null {
  return isPlain ? spellingOfType(field.type) : null;
}

function spellingOfType(type: FieldType): Spelling | null {
  switch (type.kind) {
    case 'integer':
    case 'decimal':
      return 'decimal';
    case 'money':
      return type.currency === undefined ? 'text' : 'decimal';
    case 'boolean':
      return 'boolean';
    case 'instant':
      return type.grainMs === undefined || type.grainMs === 1 ? 'instant' : null;
    case 'set':
    case 'json':
    case 'reference':
      return null;
    default:
      return 'text';
  }
}
