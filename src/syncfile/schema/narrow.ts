/** The sync as far as the systems still let it: without what a change of their schemas has stopped. */
import type { MappingDefinition, SideDefinition, SyncDefinition } from '../../engine/model.ts';
import type { SchemaEffect } from './effect.ts';

/** Fields that a system no longer has are left alone there, what it no longer takes is only read, all else goes on. */
export function narrowedBy(sync: SyncDefinition, effects: readonly SchemaEffect[]): SyncDefinition {
  const grave = effects.filter(({ gravity }) => gravity === 'stopsField' || gravity === 'stopsCreates');
  if (grave.length === 0) return sync;
  return { ...sync, sides: sync.sides.map((side) => narrowedSide(side, grave)) };
}

function narrowedSide(side: SideDefinition, effects: readonly SchemaEffect[]): SideDefinition {
  const own = effects.filter((effect) => effect.side === side.name);
  if (own.length === 0) return side;
  const fields = side.fields.flatMap((mapping) => narrowedMapping(mapping, own));
  return { ...side, fields, creates: side.creates && own.every(({ gravity }) => gravity !== 'stopsCreates') };
}

function narrowedMapping(
  mapping: MappingDefinition,
  effects: readonly SchemaEffect[],
): readonly MappingDefinition[] {
  const own = effects.filter(
    ({ gravity, fields }) => gravity === 'stopsField' && fields.includes(mapping.field),
  );
  if (own.some(({ change }) => change.kind !== 'readOnly')) return [];
  return own.length === 0 ? [mapping] : [{ ...mapping, direction: 'in' }];
}
