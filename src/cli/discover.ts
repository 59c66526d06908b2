import { openConnection } from '../connections.ts';
import type { CollectionDescription, FieldDescription } from '../connector/contract.ts';
import { draftReferences, type ReferenceDraft } from '../syncfile/draft-references.ts';
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
        else
          for (const description of found) {
            showFields(context, description);
            showReferences(context, draftReferences(file.syncs, name, description));
          }
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

/** The lines that make a reference of what the system says is one, where a sync knows what it refers to. */
function showReferences(context: CommandContext, drafts: readonly ReferenceDraft[]): void {
  if (drafts.length === 0) return;
  const { output } = context;
  output.line();
  for (const { native, collections, field, to } of drafts) {
    const what = `${native} names records of ${collections.join(' or ')}`;
    if (to === null) output.line(`${what}, which no sync keeps here.`);
    else
      output.line(
        `${what}. In \`fields\`: ${field}: {type: reference, to: ${to}} — here: ${field}: ${native}`,
      );
  }
}

function typeText({ type }: FieldDescription): string {
  if (type.kind === 'text' && type.lengthMax !== undefined) return `text, at most ${count(type.lengthMax)}`;
  return type.kind === 'choice' ? `one of ${type.options.join(', ')}` : type.kind;
}

function notes(field: FieldDescription): string {
  const { refersTo = [] } = field;
  return [
    field.required ? 'required' : '',
    field.readOnly ? 'read only' : '',
    field.unique ? 'unique' : '',
    refersTo.length === 0 ? '' : `refers to ${refersTo.join(' or ')}`,
  ]
    .filter((note) => note !== '')
    .join(', ');
}
