import { resolve } from 'node:path';

import { draftDictionary } from '../syncfile/dictionary/draft.ts';
import { entitySchema } from '../syncfile/dictionary/entity-schema.ts';
import { dictionaryPage } from '../syncfile/dictionary/html.ts';
import { markdownPage } from '../syncfile/dictionary/markdown.ts';
import { entityPages } from '../syncfile/dictionary/page.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { writeNewFile } from './new-file.ts';
import { text, verbOf, withInstallation } from './open.ts';
import { count } from './output.ts';
import { describeSides, FILE_OPTION, FILE_OPTION_HELP, readSyncFile, saveConnections } from './sync-file.ts';
import { violations } from './violations.ts';

export const dictionary: Command = {
  name: 'dictionary',
  usage: 'draft | check | export | violations',
  summary: 'What the data means, who owns it, which values are good, and which values are not',
  example: 'trueup dictionary export --format html --output dictionary.html',
  options: {
    ...FILE_OPTION,
    format: { type: 'string' },
    output: { type: 'string', short: 'o' },
    sync: { type: 'string' },
  },
  optionHelp: {
    ...FILE_OPTION_HELP,
    format: 'of an export: markdown (default), html or json-schema',
    output: 'the file to write (default: the terminal)',
    sync: 'for violations: the sync meant, where there are several',
  },
  run: (context) => verbOf(context, 'dictionary', { draft, check, export: exportPages, violations })(context),
};

/** From the file as it is, also when it names a dictionary that is not there yet. */
async function draft(context: CommandContext): Promise<number> {
  const { file } = await readSyncFile(context, 'without dictionary');
  return withInstallation(context, async (installation) => {
    await saveConnections(installation, file);
    const described = await describeSides(installation, file, context.signal);
    const drafted = draftDictionary(file.syncs, described);
    return give(context, drafted, { dictionary: drafted });
  });
}

async function check(context: CommandContext): Promise<number> {
  const { dictionary: found } = await readSyncFile(context);
  if (found === null) throw noDictionary();
  const fields = [...found.entities.values()].reduce(
    (sum, entity) => sum + Object.keys(entity.fields).length,
    0,
  );
  context.output.line(
    `${found.fileName} is good: ${count(found.entities.size)} entities, ${count(fields)} fields.`,
  );
  context.output.json({ file: found.fileName, entities: [...found.entities.keys()], fields });
  return EXIT.ok;
}

function noDictionary(): CommandFailed {
  return new CommandFailed('the sync file names no data dictionary', {
    exitCode: EXIT.wrongInput,
    advice:
      'Draft one with: trueup dictionary draft --output dictionary.yaml — and name it in the file: dictionary: dictionary.yaml',
  });
}

async function exportPages(context: CommandContext): Promise<number> {
  const { file, dictionary: found } = await readSyncFile(context);
  if (found === null) throw noDictionary();
  const format = text(context.flags['format']) ?? 'markdown';
  switch (format) {
    case 'markdown':
    case 'html': {
      const pages = entityPages(found, file.syncs);
      const page = format === 'html' ? dictionaryPage(pages) : markdownPage(pages);
      return give(context, page, { format, page });
    }
    case 'json-schema': {
      const schema = entitySchema(found);
      return give(context, `${JSON.stringify(schema, null, 2)}\n`, { format, schema });
    }
    default:
      throw new CommandFailed(`there is no format ${format}`, {
        exitCode: EXIT.wrongInput,
        advice: 'Choose markdown, html or json-schema.',
      });
  }
}

/** To the file that was named, otherwise to the terminal. */
async function give(context: CommandContext, page: string, result: unknown): Promise<number> {
  const target = text(context.flags['output']);
  if (target === undefined) context.output.line(page.trimEnd());
  else {
    const path = resolve(context.directory, target);
    await writeNewFile(path, page);
    context.output.line(`Wrote ${path}.`);
  }
  context.output.json(result);
  return EXIT.ok;
}
