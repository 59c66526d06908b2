import type { CapabilityCard } from '../connector/contract.ts';
import { pointsText } from '../connector/score.ts';
import { connectors } from '../connectors/registry.ts';
import type { SyncDefinition } from '../engine/model.ts';
import { isLate } from '../engine/references.ts';
import { must } from '../lib/assert.ts';
import { counted } from '../lib/counted.ts';
import { EXIT, type Command } from './command.ts';
import { lacksOf } from './lacks.ts';
import { withInstallation } from './open.ts';
import { count } from './output.ts';
import { errorLogLacks, rightsBeyond, showRights } from './rights.ts';
import {
  describeSides,
  errorsAgainst,
  fileErrors,
  FILE_OPTION,
  FILE_OPTION_HELP,
  readSyncFile,
  saveConnections,
} from './sync-file.ts';

function scoreText(system: string): string {
  return pointsText(must(connectors.get(system), 'a checked file names known systems').score);
}

const FEED_WORDS: Readonly<Record<CapabilityCard['feed'], string>> = {
  log: 'changes by its log',
  cursor: 'changes by polling',
  none: 'changes by reading it all',
};
function changesWords({ feed, webhook }: CapabilityCard): string {
  return webhook === true ? `${FEED_WORDS[feed]} and sooner by its webhook` : FEED_WORDS[feed];
}

const DELETES_WORDS: Readonly<Record<CapabilityCard['deletes'], string>> = {
  feed: 'deletes told with the changes',
  lookup: 'deletes by a look-up',
};

export const check: Command = {
  name: 'check',
  usage: '',
  summary: 'Checks the sync file, the connections, and the one against the other; changes nothing',
  example: 'trueup check',
  options: FILE_OPTION,
  optionHelp: FILE_OPTION_HELP,
  run: async (context) => {
    const { file, name } = await readSyncFile(context);
    return withInstallation(context, async (installation) => {
      await saveConnections(installation, file);
      const described = await describeSides(installation, file, context.signal);
      const errors = errorsAgainst(file, described);
      if (errors.length > 0) {
        context.output.error('If the file was good before, see what the systems have changed: trueup schema');
        throw fileErrors(context, errors);
      }
      const { output } = context;
      for (const sync of file.syncs) {
        output.line(
          `${sync.name}: ${sync.entity}, ${counted(sync.fields.length, 'field')}, ${count(sync.sides.length)} sides`,
        );
        for (const side of sync.sides) {
          const card = must(
            described.get(sync.name)?.descriptions.get(side.name),
            'every side was described',
          ).card;
          const promise = card.conditionalWrite
            ? 'a stale write is refused'
            : 'a stale write is noticed just before, not prevented';
          output.line(
            `  ${side.name}: ${side.collection}, ${changesWords(card)}, ${DELETES_WORDS[card.deletes]}, ${promise}`,
          );
          for (const lack of lacksOf(card)) output.line(`    ${lack}`);
        }
      }
      for (const { name: sync, announce = [] } of file.syncs)
        for (const { connection, collection } of announce)
          output.line(
            `${sync}: each delivered change is announced to ${collection} of ${connection}, at least once.`,
          );
      for (const { sync, field } of lateReferences(file.syncs))
        output.line(`${sync}: ${field} is given in a second step where what it names does not exist yet.`);
      for (const { name: connection, system } of file.connections)
        output.line(`${connection}: ${system}, torture score ${scoreText(system)}`);
      const lacks = await errorLogLacks(installation, file);
      for (const { connection, lack } of lacks) output.line(`${connection}: its error log: ${lack}`);
      const rights = await rightsBeyond(installation, file);
      showRights(output, rights);
      output.line(`${name} is good.`);
      output.json({ file: name, syncs: file.syncs.map((sync) => sync.name), rights, errorLogs: lacks });
      return EXIT.ok;
    });
  },
};

/** References without which a record may be made. */
function lateReferences(
  syncs: readonly SyncDefinition[],
): readonly { readonly sync: string; readonly field: string }[] {
  return syncs.flatMap(({ name: sync, fields }) =>
    fields.flatMap(({ name: field, type }) => (isLate(type) ? [{ sync, field }] : [])),
  );
}
