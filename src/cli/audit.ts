import { counted } from '../lib/counted.ts';
import { auditPage, verifyAudit } from '../store/audit.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';
import { text, withInstallation } from './open.ts';
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
    withInstallation(context, async (installation) => {
      const { output } = context;
      const [verb = 'list'] = context.words;
      if (verb === 'list') {
        const entries = await installation.transaction((tx) => auditPage(tx, null, SHOWN_MAX));
        output.json({ entries });
        for (const { number, atMs, by, action, subject } of entries)
          output.line(`${String(number)}  ${instant(atMs)}  ${by}  ${action}  ${subject}`);
        if (entries.length === 0) output.line('Nobody has done anything yet.');
        return EXIT.ok;
      }
      if (verb !== 'verify')
        throw new CommandFailed(`audit has no ${verb}`, {
          exitCode: EXIT.wrongInput,
          advice: 'It has: list, verify',
        });
      const known = headOf(text(context.flags['head']));
      const found = await installation.transaction((tx) => verifyAudit(tx, installation.workspaceNo, known));
      output.json(found);
      if (found.brokenAt === null)
        output.line(`${counted(found.entries, 'entry', 'entries')}, each sealed by the one after it.`);
      else
        output.line(`The trail is broken at entry ${String(found.brokenAt)}: it is missing or was changed.`);
      if (found.head !== null)
        output.line(`Keep this elsewhere, for next time: ${String(found.head.number)}:${found.head.hash}`);
      return found.brokenAt === null ? EXIT.ok : EXIT.attention;
    }),
};

function headOf(given: string | undefined): { readonly number: number; readonly hash: string } | null {
  if (given === undefined) return null;
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash };
  throw new CommandFailed('--head takes NUMBER:HASH, as an earlier verify gave it', {
    exitCode: EXIT.wrongInput,
  });
}
