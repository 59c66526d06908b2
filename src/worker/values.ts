import { readRecord } from '../engine/mapping.ts';
import type { FieldLens, SideModel } from '../engine/model.ts';
import type { NativeValue, Values } from '../engine/value.ts';

/** The values of a record of which it is known already that it takes part; null where they cannot be read. */
export function valuesOf(side: SideModel, natives: ReadonlyMap<string, NativeValue>): Values | null {
  const reading = readRecord({ ...side, where: [], filter: null }, natives);
  return reading.kind === 'values' ? reading.values : null;
}

/** The same of an answer, which need not tell every field: what is made of several counts only where it tells them all. */
export function valuesTold(side: SideModel, natives: ReadonlyMap<string, NativeValue>): Values | null {
  const isTold = ({ native, computed }: FieldLens): boolean =>
    (computed?.natives ?? [native]).every((name) => natives.has(name));
  return valuesOf({ ...side, lenses: side.lenses.filter(isTold), blank: {} }, natives);
}
