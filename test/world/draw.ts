import { drawBroad, type WorldShape } from './shape.ts';
import { drawSwarm } from './swarm.ts';
import type { Tape } from './tape.ts';

/** A third of the histories knows a little of everything, the others are swarms: of few things a lot. */
export function drawShape(tape: Tape): WorldShape {
  // Drawn in any case, so that the tape of such a history stays what it was.
  const broad = drawBroad(tape);
  return tape.pick('shape', 3) === 0 ? broad : drawSwarm(tape);
}
