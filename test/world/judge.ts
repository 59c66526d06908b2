/** A whole history with every check, those of the rules included. */
import { runHistory, type HistoryResult } from './history.ts';
import { checkRulings } from './oracle/rulings.ts';
import type { Tape } from './tape.ts';

/** Runs the tape's history; where it came to rest as promised, the rules must have been followed on the way as well. */
export async function judgeHistory(tape: Tape): Promise<HistoryResult> {
  const result = await runHistory(tape);
  if (result.violations.length > 0) return result;
  for (const world of result.world.all) checkRulings(world);
  return { ...result, violations: [...result.world.violations] };
}
