import { decisionsOf, findRecord } from '../store/history.ts';
import { syncTransaction } from '../store/sync-transaction.ts';
import { CommandFailed, EXIT, type Command } from './command.ts';
import { chooseSync, SYNC_OPTION, SYNC_OPTION_HELP, text, withInstallation, wordsOf } from './open.ts';
import { instant } from './output.ts';
import { show } from './trace.ts';

const DECISIONS_MAX = 100;

export const blame: Command = {
  name: 'blame',
  usage: 'SIDE ID FIELD',
  summary: 'Who put the present value of a field there, when, by which rule, and what it overruled',
  example: 'trueup blame crm 42 phone',
  options: SYNC_OPTION,
  optionHelp: SYNC_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [side = '', recordId = '', field = ''] = wordsOf(context, ['SIDE', 'ID', 'FIELD']);
      const sync = await chooseSync(installation, text(context.flags['sync']));
      const found = await installation.transaction(async (tx) => {
        const record = await findRecord(tx, sync.syncKey, side, recordId);
        if (record?.identityId == null) return null;
        const bundles = await syncTransaction(tx, sync, installation.ids).lockBundles([record.identityId]);
        const bundle = bundles.get(record.identityId);
        const decisions = await decisionsOf(tx, sync.syncKey, record.identityId, DECISIONS_MAX);
        return bundle === undefined
          ? null
          : { bundle, decisions: decisions.filter((made) => made.field === field) };
      });
      if (found === null)
        throw new CommandFailed(`${side} ${recordId} is not linked in ${sync.name}`, {
          advice: `See: trueup trace ${side} ${recordId}`,
        });
      const { golden, edits } = found.bundle.identity;
      const edit = edits[field];
      if (edit === undefined) {
        throw new CommandFailed(`the entity has no value for ${field}`, {
          exitCode: EXIT.wrongInput,
          advice: `Its fields: ${Object.keys(golden).join(', ')}`,
        });
      }
      context.output.json({ field, value: golden[field], edit, decisions: found.decisions });
      const { output } = context;
      output.line(`${field} = ${show(golden[field])}`);
      output.line(
        `  put there at ${edit.side}, ${whenText(edit.fromMs, edit.untilMs)}, by rule ${edit.rule} (change ${String(edit.seq)})`,
      );
      for (const made of found.decisions) {
        output.line(
          `  ${instant(made.atMs)} ${show(made.winner.value)} (${made.winner.side}) overruled ${show(made.loser.value)} (${made.loser.side}) by rule ${made.rule}`,
        );
      }
      return EXIT.ok;
    }),
};

function whenText(fromMs: number | null, untilMs: number): string {
  return fromMs === null
    ? `before ${instant(untilMs)}`
    : `between ${instant(fromMs)} and ${instant(untilMs)}`;
}
