import { counted } from '../lib/counted.ts';
import { resealAll } from '../store/reseal.ts';
import { EXIT, type Command } from './command.ts';
import { noteCommandAfter } from './deed.ts';
import { withInstallation } from './open.ts';

export const reseal: Command = {
  name: 'reseal',
  usage: '',
  summary:
    'Seals anew, under the first key, every secret that another key has sealed, while the workers go on',
  example: 'trueup reseal',
  options: {},
  optionHelp: {},
  run: ({ output, signal, ...context }) =>
    withInstallation({ output, signal, ...context }, async (installation) => {
      const { database, sealer } = installation;
      const { sealedAnew, unopened, isCutShort } = await resealAll(database, sealer, signal);
      const detail = { sealedAnew, unopened: unopened.length, isCutShort };
      await noteCommandAfter(installation, 'secrets.resealed', 'all that is sealed', detail);
      output.json({
        sealedAnew,
        unopened: unopened.map(({ workspace, kind, name }) => ({ workspace, kind, name })),
        isCutShort,
      });
      output.line(`Sealed anew under the first key: ${counted(sealedAnew, 'secret')}.`);
      if (unopened.length > 0) {
        output.line(
          `Not opened, and left as they are: sealed under a key that is not here, or altered. Give them again, or the key.`,
        );
        output.table(
          ['workspace', 'what', 'name'],
          unopened.map(({ workspace, kind, name }) => [workspace, kind, name]),
        );
      }
      if (isCutShort) output.line('There is more: say it again.');
      return unopened.length > 0 || isCutShort ? EXIT.attention : EXIT.ok;
    }),
};
