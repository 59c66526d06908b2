/** The second sync of a world: parts over the same systems, each of which may belong to a thing and names it by its id there. */
import { compileSync, type FieldDefinition, type SideDefinition } from '../../src/engine/model.ts';
import { drawDefinition, drawPolicy, type PartsShape, type WorldShape } from './shape.ts';
import type { SimulatedSystem } from './system.ts';
import { drawnIn, type Tape } from './tape.ts';

/** The field of a part that names its thing. */
export const REFERENCE = 'thing';
/** Of a thousand histories that are not about references by themselves, how many have them. */
const WITH_PARTS_PER_MILLE = 60;

/** What the side of the parts is called at the system whose things are at that side. */
export function partsAt(side: string): string {
  return `${side}:parts`;
}

/** The side of the things that a side of the parts is at the same system as. */
export function thingsAt(side: string): string {
  return side.slice(0, side.length - partsAt('').length);
}

/** Drawn in a strand of its own, so that all other histories go the way they went. */
export function withParts(tape: Tape, things: WorldShape): WorldShape {
  if (!tape.feature('references', WITH_PARTS_PER_MILLE)) return things;
  return { ...things, parts: drawParts(drawnIn(tape, 'references'), things) };
}

/** The systems are of the same grades as for things, and people have the same habits; the rules are drawn anew. */
function drawParts(tape: Tape, things: WorldShape): PartsShape {
  const systems = things.systems.map((system) => ({ ...system, name: partsAt(system.name) }));
  const names = systems.map(({ name }) => name);
  const drawn = drawDefinition(tape, names);
  const reference: FieldDefinition = {
    name: REFERENCE,
    type: { kind: 'reference', to: things.definition.name, late: tape.chance('shape', 500) },
    required: false,
    ignoreCase: false,
    policy: drawPolicy(tape, names),
  };
  const definition = {
    ...drawn,
    name: 'parts',
    entity: 'Part',
    fields: [...drawn.fields, reference],
    sides: drawn.sides.map((side, index) => withReference(side, things.definition.sides[index]?.name ?? '')),
  };
  const clearing = new Set(names.filter(() => tape.chance('shape', 300)));
  return { ...things, definition, model: compileSync(definition), systems, parts: null, clearing };
}

function withReference(side: SideDefinition, refersTo: string): SideDefinition {
  const mapping = {
    field: REFERENCE,
    native: REFERENCE,
    direction: 'both',
    transforms: [],
    refersTo,
  } as const;
  return { ...side, connection: refersTo, collection: 'parts', fields: [...side.fields, mapping] };
}

/** Where a system keeps its references whole, whoever named what is deleted names nothing from then on. */
export function clearReferences(
  things: ReadonlyMap<string, SimulatedSystem>,
  parts: ReadonlyMap<string, SimulatedSystem>,
  clearing: ReadonlySet<string>,
): void {
  for (const [side, { records }] of things) {
    const system = parts.get(partsAt(side));
    if (system === undefined || !clearing.has(system.shape.name)) continue;
    records.onDeleted = (id) => {
      for (const part of system.records.all())
        if (part.fields[REFERENCE] === id) system.act('automation', part.id, { [REFERENCE]: null });
    };
  }
}
