/** Replays the journal for `what-if --since`, and says what came of it. */
import type { SyncDefinition } from '../../engine/model.ts';
import { canonicalInstant } from '../../engine/moment.ts';
import type { Difference } from '../../engine/replay.ts';
import type { Installation } from '../../server.ts';
import type { SyncRow } from '../../store/control.ts';
import { CommandFailed, EXIT, type CommandContext } from '../command.ts';
import { text } from '../open.ts';
import { count, instant } from '../output.ts';
import { judgedShape, tellJudged } from './judged.ts';
import type { KeyTally } from './keys.ts';
import type { DifferenceList } from './list.ts';
import { replayPast } from './past.ts';
import type { DifferenceCount, Replayings } from './replay.ts';
import { tellRulings } from './rulings.ts';

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/;

/** The moment that `--since` names, milliseconds since 1970; null without it. A date alone is its beginning in UTC. */
export function sinceOf({ flags }: CommandContext): number | null {
  const given = text(flags['since']);
  if (given === undefined) return null;
  const moment = canonicalInstant(DATE_ONLY.test(given) ? `${given}T00:00:00Z` : given, 1);
  if (typeof moment === 'string') return Date.parse(moment);
  throw new CommandFailed(`--since ${given} is no date and no time with its zone`, {
    exitCode: EXIT.wrongInput,
    advice: 'Write it as 2026-03-31 or 2026-03-31T14:05:00Z.',
  });
}

export async function tellReplay(
  context: CommandContext,
  installation: Installation,
  sync: SyncRow,
  edited: SyncDefinition,
  sinceMs: number,
  list: DifferenceList | null,
  keys: KeyTally | null,
): Promise<object> {
  const { output, signal } = context;
  const { replayings, rulings, judged } = await replayPast({
    installation,
    sync,
    edited,
    sinceMs,
    signal,
    keys,
    isOver: () => false,
    onProgress: (entries) => output.progress('replaying the journal', entries, null),
    onDifference: async (difference) => list?.add(difference),
  });
  output.progressDone();
  show(context, sinceMs, replayings, list !== null);
  tellRulings(context, rulings);
  tellJudged(context, judged);
  const { counts, examples, untold, ...sums } = replayings;
  const ruled = {
    rulings: [...rulings.counts.values()],
    rulingExamples: rulings.examples,
    judged: judgedShape(judged),
  };
  return { sinceMs, ...sums, counts, examples, untold: Object.fromEntries(untold), ...ruled };
}

function show(
  { output }: CommandContext,
  sinceMs: number,
  { beginMs, entries, differences, counts, examples, untold }: Replayings,
  isListed: boolean,
): void {
  const from = beginMs === null ? sinceMs : Math.max(beginMs, sinceMs);
  output.line(
    `  the journal since ${instant(from)}: ${count(entries)} entries; ${count(differences)} values would have been others`,
  );
  if (beginMs !== null && beginMs > sinceMs) output.line(`  (it begins only then)`);
  for (const one of counts) output.line(`    ${countSentence(one)}`);
  for (const one of examples) output.line(`      ${exampleSentence(one)}`);
  if (differences > examples.length && !isListed)
    output.line(`      … ${count(differences - examples.length)} more: all of them with --list FILE`);
  for (const [place, values] of untold)
    output.line(
      `    ${count(values)} values of ${place} cannot be told: the journal does not hold what stood there`,
    );
}

function countSentence({ side, native, way, others, none, reason }: DifferenceCount): string {
  const done = way === 'read' ? 'read' : 'written';
  const parts = [
    ...(others === 0 ? [] : [`${count(others)} would have been ${done} as another value`]),
    ...(none === 0 ? [] : [`${count(none)} would not have been ${done}: ${reason ?? ''}`]),
  ];
  return `${side} ${native}: ${parts.join('; ')}`;
}

function exampleSentence({ atMs, side, recordId, native, was, would, reason }: Difference): string {
  const told = would === undefined ? `nothing (${reason ?? ''})` : JSON.stringify(would);
  const before = was === undefined ? 'nothing' : JSON.stringify(was);
  return `${instant(atMs)} ${side} ${recordId ?? '?'} ${native}: ${before} → ${told}`;
}
