import { allSyncs, recoverSync } from '../store/control.ts';
import { EXIT, type Command } from './command.ts';
import { noteCommand } from './deed.ts';
import { chooseSync, text, withInstallation } from './open.ts';

export const recover: Command = {
  name: 'recover',
  usage: '',
  summary: 'After a restore of the database: read every side again before anything is written',
  example: 'trueup recover && trueup plan',
  options: { sync: { type: 'string' } },
  optionHelp: { sync: 'only this sync (default: all of them)' },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const name = text(context.flags['sync']);
      const syncs =
        name === undefined
          ? await installation.transaction((tx) => allSyncs(tx))
          : [await chooseSync(installation, name)];
      await installation.transaction(async (tx) => {
        for (const sync of syncs) {
          await recoverSync(tx, sync);
          await noteCommand(tx, installation, 'sync.recovered', sync.name);
        }
      });
      context.output.json({ recovering: syncs.map((sync) => sync.name) });
      for (const sync of syncs)
        context.output.line(`${sync.name} observes only, until a plan of it is approved.`);
      context.output.line('Next: trueup plan, then trueup apply. Restart the workers first if any run.');
      return EXIT.ok;
    }),
};
