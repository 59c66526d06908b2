import { withParts } from './parts.ts';
import { drawBroad, type WorldShape } from './shape.ts';
import { withStrangers } from './strangers.ts';
import { drawSwarm, THEME_NAMES } from './swarm.ts';
import type { Tape } from './tape.ts';
import { leaveUnsaid } from './unsaid.ts';

/** A third of the histories knows a little of everything, the others are swarms: of few things a lot. */
export function drawShape(tape: Tape): WorldShape {
  // Drawn in any case, so that the tape of such a history stays what it was.
  const broad = drawBroad(tape);
  const [broadName, ...names] = THEME_NAMES;
  const others = names.filter((_, index) => index % 2 === 1).map(() => broadName);
  const about = tape.theme([broadName, ...others, ...names]);
  const shape = leaveUnsaid(tape, about === broadName ? broad : drawSwarm(tape, about), about);
  return withStrangers(tape, withParts(tape, shape));
}
