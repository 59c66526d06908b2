import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { importableIn, importOpenApi } from '../connectors/rest/openapi/import.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { writeNewFile } from './new-file.ts';
import { text, verbOf, wordsOf } from './open.ts';
import { count } from './output.ts';

const SHOWN_MAX = 200;

export const connector: Command = {
  name: 'connector',
  usage: 'import OPENAPI-FILE',
  summary:
    'Drafts the description of a system’s HTTP API from its OpenAPI document, for a connection of system rest',
  example: 'trueup connector import openapi.json --resource /customers --output connectors/crm.yaml',
  options: {
    resource: { type: 'string', multiple: true, short: 'r' },
    output: { type: 'string', short: 'o' },
  },
  optionHelp: {
    resource:
      'a list of the document, by its path or its last step; may be given several times; without it the lists are shown',
    output: 'the file to write (default: the terminal)',
  },
  run: (context) => verbOf(context, 'connector', { import: importDocument })(context),
};

async function importDocument(context: CommandContext): Promise<number> {
  const [, file = ''] = wordsOf(context, ['import', 'OPENAPI-FILE']);
  const document = await readFile(resolve(context.directory, file), 'utf8').catch(() => {
    throw new CommandFailed(`${file} cannot be read`, {
      exitCode: EXIT.wrongInput,
      advice: 'Name a file with an OpenAPI document, JSON or YAML.',
    });
  });
  const given = context.flags['resource'];
  const resources = Array.isArray(given) ? given.map(String) : [];
  return resources.length === 0 ? show(context, document) : await draft(context, document, resources);
}

/** The lists to choose from. */
function show(context: CommandContext, document: string): number {
  const checked = importOpenApi(document, []);
  if (checked.kind === 'refused')
    throw new CommandFailed(checked.message, { exitCode: EXIT.wrongInput, advice: checked.fix });
  const paths = importableIn(document);
  for (const path of paths.slice(0, SHOWN_MAX)) context.output.line(path);
  if (paths.length > SHOWN_MAX) context.output.line(`and ${count(paths.length - SHOWN_MAX)} more`);
  context.output.line(paths.length === 0 ? 'No path of it answers a list.' : 'Choose with --resource.');
  context.output.json({ resources: paths });
  return EXIT.ok;
}

async function draft(
  context: CommandContext,
  document: string,
  resources: readonly string[],
): Promise<number> {
  const imported = importOpenApi(document, resources);
  if (imported.kind === 'refused')
    throw new CommandFailed(imported.message, { exitCode: EXIT.wrongInput, advice: imported.fix });
  const { yaml, decisions, errors } = imported;
  const { output } = context;
  const target = text(context.flags['output']);
  if (target === undefined) output.line(yaml.trimEnd());
  else {
    await writeNewFile(resolve(context.directory, target), yaml);
    output.line(`Wrote ${target}: ${count(decisions)} things to decide, each marked with "decide:".`);
  }
  for (const error of errors) output.error(`Not usable yet: ${error}`);
  output.json({ description: yaml, decisions, errors });
  return errors.length === 0 ? EXIT.ok : EXIT.attention;
}
