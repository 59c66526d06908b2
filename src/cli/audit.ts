import { counted } from '../lib/counted.ts';
import type { Installation } from '../server.ts';
import { auditPage, verifyAudit } from '../store/audit.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { text, verbOf, withInstallation } from './open.ts';
import { instant } from './output.ts';

const SHOWN_MAX = 50;

export const audit: Command = {
  name: 'audit',
  usage: '[list | verify]',
  summary: 'What people did in Trueup, and whether the trail of it is whole',
  example: 'trueup audit verify --head 42:9f86d081…',
  options: { head: { type: 'string' } },
  optionHelp: {
    head: 'NUMBER:HASH as an earlier verify gave it: only that shows that the end of the trail was cut off',
  },
  run: (context) =>
    withInstallation(context, async (installation) =>
      verbOf(context, 'audit', { list, verify }, 'list')(context, installation),
    ),
};

async function list({ output }: CommandContext, installation: Installation): Promise<number> {
  const entries = await installation.transaction((tx) => auditPage(tx, null, SHOWN_MAX));
  output.json({ entries });
  for (const { number, atMs, by, action, subject } of entries)
    output.line(`${String(number)}  ${instant(atMs)}  ${by}  ${action}  ${subject}`);
  if (entries.length === 0) output.line('Nobody has done anything yet.');
  return EXIT.ok;
}

async function verify({ output, flags }: CommandContext, installation: Installation): Promise<number> {
  const known = headOf(text(flags['head']));
  const found = await installation.transaction((tx) => verifyAudit(tx, installation.workspaceNo, known));
  output.json(found);
  output.line(
    found.brokenAt === null
      ? `${counted(found.entries, 'entry', 'entries')}, each sealed by the one after it.`
      : `The trail is broken at entry ${String(found.brokenAt)}: it is missing or was changed.`,
  );
  if (found.head !== null)
    output.line(`Keep this elsewhere, for next time: ${String(found.head.number)}:${found.head.hash}`);
  return found.brokenAt === null ? EXIT.ok : EXIT.attention;
}

function headOf(given: string | undefined): { readonly number: number; readonly hash: string } | null {
  if (given === undefined) return null;
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash };
  throw new CommandFailed('--head takes NUMBER:HASH, as an earlier verify gave it', {
    exitCode: EXIT.wrongInput,
  });
}
