/** What the words and flags of a command mean, on the machine itself and asked of a server alike. */
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { text } from './open.ts';

/** The only one found whose id begins with the prefix; none and several are refused. */
export function oneMeant<Found>(
  found: readonly Found[],
  what: string,
  prefix: string,
  advice: string | null = null,
): Found {
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  throw new CommandFailed(
    only === undefined ? `no ${what} begins with ${prefix}` : `several ${what}s begin with ${prefix}`,
    { exitCode: EXIT.wrongInput, advice },
  );
}

/** The dead letters that the flags name, without what they do not say; each flag under its name in the store and the API. */
export function lettersMeant({
  flags,
}: CommandContext): Partial<Record<'side' | 'code' | 'field' | 'recordId' | 'problem', string>> {
  const given = {
    side: text(flags['side']),
    code: text(flags['code']),
    field: text(flags['field']),
    recordId: text(flags['record']),
    problem: text(flags['problem']),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Why letters are given up: nobody gives them up without saying so. */
export function reasonMeant({ flags }: CommandContext): string {
  const reason = text(flags['reason']);
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw new CommandFailed('--reason is missing: say why they are given up', { exitCode: EXIT.wrongInput });
}
