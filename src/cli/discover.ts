import type { CollectionDescription, FieldDescription } from '../connector/contract.ts';
import { openConnection } from '../server.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { withInstallation, wordsOf } from './open.ts';
import { count } from './output.ts';
import { FILE_OPTION, FILE_OPTION_HELP, readSyncFile, saveConnections } from './sync-file.ts';

export const discover: Command = {
  name: 'discover',
  usage: 'CONNECTION [COLLECTION]',
  summary: 'What a connection offers: its collections, or the fields of one',
  example: 'trueup discover erp party.party',
  options: FILE_OPTION,
  optionHelp: FILE_OPTION_HELP,
  run: (context) =>
    withInstallation(context, async (installation) => {
      const [name = ''] = wordsOf(context, ['CONNECTION']);
      const { file } = await readSyncFile(context);
      await saveConnections(installation, file);
      const connection = file.connections.find((known) => known.name === name);
      if (connection === undefined) {
        const known = file.connections.map((other) => other.name).join(', ');
        throw new CommandFailed(`the sync file has no connection ${name}`, {
          exitCode: EXIT.wrongInput,
          advice: `It has: ${known}`,
        });
      }
      const session = await openConnection(installation, connection);
      try {
        const collection = context.words[1];
        const found = await session.describe(collection === undefined ? undefined : [collection]);
        context.output.json({ collections: found });
        if (collection === undefined) showCollections(context, found);
        else for (const description of found) showFields(context, description);
        return EXIT.ok;
      } finally {
        await session.close();
      }
    }),
};

function showCollections(context: CommandContext, found: readonly CollectionDescription[]): void {
  context.output.table(
    ['collection', 'fields', 'records', 'changes', ''],
    found.map((description) => [
      description.name,
      count(description.fields.length),
      description.recordsEstimate === null ? '?' : `about ${count(description.recordsEstimate)}`,
      description.card.feed,
      description.title ?? '',
    ]),
  );
}

function showFields(context: CommandContext, description: CollectionDescription): void {
  context.output.table(
    ['field', 'type', '', ''],
    description.fields.map((field) => [field.name, typeText(field), notes(field), field.title ?? '']),
  );
}

function typeText({ type }: FieldDescription): string {
  if (type.kind === 'text' && type.lengthMax !== undefined) return `text, at most ${count(type.lengthMax)}`;
  return type.kind === 'choice' ? `one of ${type.options.join(', ')}` : type.kind;
}

function notes(field: FieldDescription): string {
  return [field.required ? 'required' : '', field.readOnly ? 'read only' : '', field.unique ? 'unique' : '']
    .filter((note) => note !== '')
    .join(', ');
}
