import type { FieldType, NativeValue } from '../../engine/value.ts';

type CellKind = 'integer' | 'decimal' | 'boolean' | 'date' | 'text' | 'structure';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Watches the values of each column go by and says which type all of them have. */
export interface TypeObserver {
  observe(fields: ReadonlyMap<string, NativeValue>): void;
  types(): ReadonlyMap<string, FieldType>;
}

export function createTypeObserver(): TypeObserver {
  const seen = new Map<string, Set<CellKind>>();
  return {
    observe: (fields) => {
      for (const [name, value] of fields) {
        const kinds = seen.get(name) ?? new Set<CellKind>();
        seen.set(name, kinds);
        if (value !== null) kinds.add(kindOf(value));
      }
    },
    types: () => new Map([...seen].map(([name, kinds]) => [name, typeOf(kinds)])),
  };
}

function kindOf(value: Exclude<NativeValue, null>): CellKind {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'decimal';
    case 'string':
      return DATE.test(value) ? 'date' : 'text';
    default:
      return 'structure';
  }
}

/** A column has a type only when every value in it has; otherwise it is text, or JSON where there are structures. */
function typeOf(kinds: ReadonlySet<CellKind>): FieldType {
  if (kinds.has('structure')) return { kind: 'json' };
  if (kinds.size === 0 || kinds.has('text')) return { kind: 'text' };
  const [first, ...others] = kinds;
  if (first !== undefined && others.length === 0 && first !== 'text' && first !== 'structure')
    return { kind: first };
  const isNumeric = [...kinds].every((kind) => kind === 'integer' || kind === 'decimal');
  return { kind: isNumeric ? 'decimal' : 'text' };
}
