/** From the type that a field is declared with to the engine's. */
import type { FieldType } from '../engine/value.ts';
import type { FieldShape } from './shape-field.ts';

const GRAINS_MS = { ms: 1, s: 1_000, min: 60_000 } as const;

export function fieldType(shape: FieldShape): FieldType {
  switch (shape.type) {
    case 'text':
      return {
        kind: 'text',
        ...given('lengthMax', shape.max_length),
        ...given('trims', shape.trim),
        ...given('emptyIsNull', shape.empty_is_null),
      };
    case 'decimal':
      return { kind: 'decimal', ...given('scaleMax', shape.scale) };
    case 'instant':
      return shape.precision === undefined
        ? { kind: 'instant' }
        : { kind: 'instant', grainMs: GRAINS_MS[shape.precision] };
    case 'choice':
      return { kind: 'choice', options: shape.options };
    case 'set':
      return { kind: 'set', ...given('options', shape.options) };
    case 'email':
      return shape.ignore_case === false ? { kind: 'email', keepsCase: true } : { kind: 'email' };
    case 'phone':
      return { kind: 'phone', ...given('region', shape.region) };
    case 'country':
      return { kind: 'country', ...given('languages', shape.languages) };
    case 'subdivision':
      return { kind: 'subdivision', country: shape.country };
    case 'money':
      return { kind: 'money', ...given('currency', shape.currency) };
    case 'url':
      return { kind: 'url', ...given('scheme', shape.scheme) };
    case 'time_zone':
      return { kind: 'timeZone' };
    case 'reference':
      return { kind: 'reference', to: shape.to, ...given('many', shape.many) };
    case 'salesforce_id':
      return { kind: 'salesforceId' };
    case 'integer':
    case 'boolean':
    case 'date':
    case 'time':
    case 'uuid':
    case 'json':
    case 'currency':
    case 'html':
      return { kind: shape.type };
  }
}

/** A key that is there only with a value: definitions are stored and compared. */
function given<Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: T });
}
