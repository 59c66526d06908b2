import { readRecord } from '../engine/mapping.ts';
import type { SideModel } from '../engine/model.ts';
import type { NativeValue, Values } from '../engine/value.ts';

/** The values of a record of which it is known already that it takes part; null where they cannot be read. */
export function valuesOf(side: SideModel, natives: ReadonlyMap<string, NativeValue>): Values | null {
  const reading = readRecord({ ...side, where: [], filter: null }, natives);
  return reading.kind === 'values' ? reading.values : null;
}
