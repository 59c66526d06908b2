/** `--rate`: how many dead letters are tried again a second, by every command that replays them. */
import { REPLAY_PER_SECOND, REPLAY_PER_SECOND_MAX } from '../worker/redrive.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { text } from './open.ts';

export const RATE_HELP = `how many letters to replay per second (default ${String(REPLAY_PER_SECOND)})`;

/** What `--rate` says, or as many as usual. Throws where it says no such number. */
export function rateMeant({ flags }: Pick<CommandContext, 'flags'>): number {
  const given = text(flags['rate']);
  if (given === undefined) return REPLAY_PER_SECOND;
  const perSecond = Number(given);
  if (Number.isInteger(perSecond) && perSecond > 0 && perSecond <= REPLAY_PER_SECOND_MAX) return perSecond;
  throw new CommandFailed(`--rate takes a whole number from 1 to ${String(REPLAY_PER_SECOND_MAX)}`, {
    exitCode: EXIT.wrongInput,
  });
}
