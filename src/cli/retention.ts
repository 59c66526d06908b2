import type { Installation } from '../server.ts';
import { newestUpkeep } from '../store/audit.ts';
import {
  keepFor,
  RETAINED,
  RETENTION_DAYS_MAX,
  RETENTION_DAYS_MIN,
  retentionOf,
  type Retained,
} from '../store/retention.ts';
import { forgetWhatIsOver } from '../worker/retention.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import { verbOf, withInstallation, wordsOf } from './open.ts';
import { count, instant } from './output.ts';

const FOR_EVER = 'forever';

export const retention: Command = {
  name: 'retention',
  usage: '[show | set WHAT DAYS | forget]',
  summary:
    'How long what is over is kept; what explains something that is still open is kept as long as it is',
  example: 'trueup retention set journal 800',
  options: {},
  optionHelp: {},
  run: (context) =>
    withInstallation(context, async (installation) =>
      verbOf(context, 'retention', { show, set, forget }, 'show')(context, installation),
    ),
};

async function show({ output }: CommandContext, installation: Installation): Promise<number> {
  const { kept, last } = await installation.transaction(async (tx) => ({
    kept: await retentionOf(tx),
    last: await newestUpkeep(tx, 'forgotten'),
  }));
  output.json({ kept, lastForgottenAtMs: last?.atMs ?? null });
  for (const { what, days, isDefault } of kept)
    output.line(
      `${what.padEnd(10)} ${days === null ? 'for ever' : `${String(days)} days`}${isDefault ? '' : ', as somebody said'}`,
    );
  output.line('The audit trail, revisions, links and what was said of pairs are kept for ever.');
  output.line(last === null ? 'Nothing was forgotten yet.' : `Forgotten last at ${instant(last.atMs)}.`);
  return EXIT.ok;
}

async function set(context: CommandContext, installation: Installation): Promise<number> {
  const [, word = '', given = ''] = wordsOf(context, ['', 'WHAT', 'DAYS']);
  const what = RETAINED.find((known) => known === word);
  if (what === undefined)
    throw new CommandFailed(`${JSON.stringify(word)} is nothing that is kept for a time`, {
      exitCode: EXIT.wrongInput,
      advice: `Name one of: ${RETAINED.join(', ')}`,
    });
  const days = daysOf(given);
  await installation.transaction(async (tx) => {
    const before = await keepFor(tx, installation.workspaceNo, what, days);
    await noteCommand(tx, installation, 'retention.set', what, { before, days });
  });
  context.output.json({ what, days });
  context.output.line(`${what}: ${days === null ? 'for ever' : `${String(days)} days`}.`);
  return EXIT.ok;
}

function daysOf(given: string): number | null {
  if (given === FOR_EVER) return null;
  const days = Number(given);
  if (/^\d+$/.test(given) && days >= RETENTION_DAYS_MIN && days <= RETENTION_DAYS_MAX) return days;
  throw new CommandFailed(`${JSON.stringify(given)} is no time to keep something`, {
    exitCode: EXIT.wrongInput,
    advice: `Say from ${String(RETENTION_DAYS_MIN)} to ${String(RETENTION_DAYS_MAX)} days, or ${FOR_EVER}. The measures look back eight weeks.`,
  });
}

async function forget({ output, signal }: CommandContext, installation: Installation): Promise<number> {
  const { database, workspaceNo } = installation;
  const transaction: Installation['transaction'] = (action) => installation.transaction(action);
  const place = { url: database.url, workspaceNo, transaction };
  const forgotten = await forgetWhatIsOver(place, signal, actor());
  output.json(forgotten);
  const { isCutShort, ...counts } = forgotten;
  for (const [what, rows] of Object.entries(counts) as readonly (readonly [Retained, number])[])
    output.line(`${what.padEnd(10)} ${count(rows)}`);
  if (isCutShort)
    output.line('There is more: say it again, or leave it to the worker, which goes on every night.');
  return EXIT.ok;
}
