/** From the keys of a mapping to the steps that the engine runs. */
import { canonicaliserOf } from '../engine/canonical.ts';
import type { Transform } from '../engine/transforms/step.ts';
import type { FieldType, InvalidValue, Value } from '../engine/value.ts';
import type { Path, Places } from '../lib/yaml/places.ts';
import type { MappingDraft } from './draft.ts';

const LOCAL_FORMAT = 'YYYY-MM-DD HH:mm:ss';

/** A value written in the file, as the field keeps it. */
export function goldenOf(type: FieldType, written: string | number | boolean | null): Value | InvalidValue {
  return canonicaliserOf(type)(written);
}

/** In the order of reading: first what stands around the value goes, then the rest is understood. */
export function transformsOf(draft: MappingDraft, type: FieldType, places: Places): readonly Transform[] {
  const { shape } = draft;
  const transforms: (Transform | null)[] = [
    shape.null_as === undefined ? null : { kind: 'nullAs', word: shape.null_as },
    lengthOf(draft),
    shape.prefix === undefined ? null : { kind: 'prefix', text: shape.prefix },
    shape.trim === true ? { kind: 'trim' } : null,
    shape.part === undefined ? null : { kind: 'part', ...shape.part },
    shape.case === undefined ? null : { kind: 'case', to: shape.case },
    shape.values === undefined ? null : valuesOf(draft, type, places),
    numberOf(draft),
    timeOf(draft),
    shape.separator === undefined ? null : { kind: 'separator', text: shape.separator },
    shape.as === undefined ? null : spellingOf(shape.as, type),
    shape.round === undefined ? null : { kind: 'round', places: shape.round },
    joinedOf(draft),
    writtenOf(draft),
    shape.default === undefined ? null : { kind: 'default', value: goldenWord(type, shape.default) },
  ];
  return transforms.filter((step) => step !== null);
}

function lengthOf({ shape }: MappingDraft): Transform | null {
  if (shape.max_length === undefined) return null;
  return {
    kind: 'length',
    max: shape.max_length,
    unit: shape.count ?? 'characters',
    tooLong: shape.too_long ?? 'refuse',
  };
}

function numberOf({ shape }: MappingDraft): Transform | null {
  if (shape.minor_units !== undefined) return { kind: 'minorUnits', places: shape.minor_units };
  if (shape.number_format !== undefined) return { kind: 'numberFormat', sample: shape.number_format };
  return shape.percent === undefined ? null : { kind: 'percent', as: shape.percent };
}

function timeOf({ shape }: MappingDraft): Transform | null {
  if (shape.unix !== undefined) return { kind: 'unixTime', unit: shape.unix };
  if (shape.date_format !== undefined) return { kind: 'dateFormat', format: shape.date_format };
  if (shape.local_time === undefined) return null;
  const { zone, format = LOCAL_FORMAT, twice } = shape.local_time;
  return { kind: 'localTime', zone, format, ...(twice === undefined ? {} : { twice }) };
}

/** What `as` can say for a type, before its `:`; the checks refuse everything else. */
export const SPELLINGS: ReadonlyMap<FieldType['kind'], readonly string[]> = new Map([
  ['phone', ['international', 'national', 'digits']],
  ['country', ['alpha3', 'numeric', 'name:LANGUAGE']],
  ['subdivision', ['name', 'iso']],
  ['salesforceId', ['id15']],
]);

/** Null for a spelling that the type does not have. */
export function spellingOf(spelling: string, type: FieldType): Transform | null {
  const [form = '', language = ''] = spelling.split(':');
  switch (type.kind) {
    case 'phone':
      if (form !== 'international' && form !== 'national' && form !== 'digits') return null;
      return { kind: 'phoneFormat', form, ...(type.region === undefined ? {} : { region: type.region }) };
    case 'country':
      if (form === 'name') return { kind: 'countryName', language };
      return form === 'alpha3' || form === 'numeric' ? { kind: 'countryFormat', form } : null;
    case 'subdivision':
      return form === 'name' || form === 'iso'
        ? { kind: 'subdivisionFormat', form, country: type.country }
        : null;
    case 'salesforceId':
      return form === 'id15' ? { kind: 'shortId' } : null;
    default:
      return null;
  }
}

/** A text of several fields that goes both ways. */
function joinedOf({ shape, direction }: MappingDraft): Transform | null {
  const { template, rest, alone } = shape;
  if (template === undefined || direction !== 'both') return null;
  const parts = { ...(rest === undefined ? {} : { rest }), ...(alone === undefined ? {} : { alone }) };
  return { kind: 'joined', template, ...parts };
}

/** What is computed is a step only where it is written; where it is read, it stands beside the steps. */
function writtenOf({ shape, direction }: MappingDraft): Transform | null {
  if (direction !== 'out') return null;
  if (shape.template !== undefined) return { kind: 'template', text: shape.template };
  return shape.expression === undefined ? null : { kind: 'expression', text: shape.expression };
}

function valuesOf(draft: MappingDraft, type: FieldType, places: Places): Transform {
  const path = [...draft.path, 'values'];
  const pairs = Object.entries(draft.shape.values ?? {}).map(
    ([key, written]) => [nativeKey([...path, key], places), goldenWord(type, written)] as const,
  );
  const { otherwise } = draft.shape;
  if (otherwise === undefined) return { kind: 'values', pairs };
  return draft.direction === 'out'
    ? { kind: 'values', pairs, otherwiseNative: otherwise }
    : { kind: 'values', pairs, otherwise: String(goldenWord(type, otherwise)) };
}

/** Golden values that stand in a mapping; the checks have refused those that the field cannot hold. */
function goldenWord(type: FieldType, written: string | number | boolean): string | boolean {
  const golden = goldenOf(type, written);
  return typeof golden === 'string' || typeof golden === 'boolean' ? golden : String(written);
}

/** A key that is a number or a flag in YAML stands for a native number or flag; in quotes it is text. */
function nativeKey(path: Path, places: Places): string | number | boolean {
  const key = places.spot(path)?.key ?? null;
  const text = String(path.at(-1));
  if (typeof key?.scalar === 'boolean') return key.scalar;
  // `007` and `1.50` would lose digits as numbers: they are codes.
  return typeof key?.scalar === 'number' && String(key.scalar) === text ? key.scalar : text;
}
