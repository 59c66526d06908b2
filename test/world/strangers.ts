/** Strangers: records that cannot be read when they are first met, so that they are linked to nothing, and have a key all the same. */
import type { Seen } from './records.ts';
import type { WorldShape } from './shape.ts';
import type { SimulatedSystem } from './system.ts';
import type { Tape } from './tape.ts';

/** Of a thousand histories that are not about strangers by themselves, how many have them. */
const WITH_STRANGERS_PER_MILLE = 40;
const HABIT_PER_MILLE = 600;

/** Drawn in a strand of its own, so that all other histories go the way they went. */
export function withStrangers(tape: Tape, shape: WorldShape): WorldShape {
  if (!tape.feature('strangers', WITH_STRANGERS_PER_MILLE)) return shape;
  const habits = new Set([...shape.habits, 'stranger', 'twin', 'mend'] as const);
  return { ...shape, habits, habitPerMille: Math.max(shape.habitPerMille, HABIT_PER_MILLE) };
}

/** What nobody can read of it, `name`, somebody puts right, or gives it another key, or deletes it. */
export function strangersAt({ records }: SimulatedSystem): readonly Seen[] {
  return records.all().filter(({ fields }) => Array.isArray(fields['name']));
}
