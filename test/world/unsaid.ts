/** What is left unsaid: people leave fields out, sides know nothing of one, systems fill one by themselves and do not tell of it. */
import { compileSync, type SideDefinition, type SyncDefinition } from '../../src/engine/model.ts';
import type { Fields } from './records.ts';
import type { WorldShape } from './shape.ts';
import type { ThemeName } from './swarm.ts';
import type { SystemShape } from './system-shape.ts';
import { choose, type Tape } from './tape.ts';

/** Drawn after all else, so that a tape from before goes the way it went. */
export function leaveUnsaid(tape: Tape, shape: WorldShape, about: ThemeName | 'everything'): WorldShape {
  if (about !== 'unsaid' && !tape.chance('shape', 250)) return shape;
  const definition = withoutFields(tape, shape.definition);
  return {
    ...shape,
    definition,
    model: compileSync(definition),
    systems: shape.systems.map((system) => terse(tape, system)),
    gapPerMille: choose(tape, 'shape', [500, 250, 800] as const),
  };
}

function terse(tape: Tape, system: SystemShape): SystemShape {
  const field = choose(tape, 'shape', ['city', 'name', 'tags', null] as const);
  return {
    ...system,
    tells: choose(tape, 'shape', ['written', 'written', system.tells] as const),
    gives: field === null ? system.gives : givesOf(field),
    automates: tape.chance('shape', 300) ? followsName(system.name) : system.automates,
  };
}

/** A value that no other record has, so that whoever holds it says where it came from. */
const givesOf =
  (field: 'city' | 'name' | 'tags') =>
  (id: string, said: Fields): Fields => {
    if (said[field] !== undefined) return {};
    const value = `given to ${id}`;
    return { [field]: field === 'tags' ? [value] : value };
  };

/**
 * An automation that follows one field with another, unless both are given together: then what it made of the other would be the
 * system's own spelling of what was written.
 */
const followsName =
  (system: string) =>
  (before: Fields | null, after: Fields): Fields => {
    const { name, city } = after;
    if (before === null || name === before['name'] || typeof name !== 'string') return {};
    if (city !== before['city']) return {};
    return { city: `${name} at ${system}` };
  };

/** Some sides do not know a field that others have; by `email` things are known, and by `name` those that have none. */
function withoutFields(tape: Tape, definition: SyncDefinition): SyncDefinition {
  const sides = definition.sides.map((side): SideDefinition => {
    const unknown = tape.chance('shape', 150) ? choose(tape, 'shape', ['city', 'tags'] as const) : null;
    return { ...side, fields: side.fields.filter(({ field }) => field !== unknown) };
  });
  return { ...definition, sides };
}
