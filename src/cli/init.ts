import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CommandFailed, EXIT, type Command } from './command.ts';

export const SYNC_FILE = 'trueup.yaml';

const SAMPLE = `# What Trueup keeps in step. Check it with: trueup check — see what it would do with: trueup plan
version: 1

connections:
  shop:
    system: postgres
    # Secrets never stand here: \`trueup connect shop\` asks for SHOP_URL and keeps it sealed.
    url: \${secret:SHOP_URL}
  list:
    system: files
    directory: ./data

syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text}
      phone: {type: text}
    # Records with the same e-mail address are the same customer.
    match: email
    # When both sides changed a field differently: the certainly later edit, else the shop, else a person decides.
    defaults:
      policy: [latest, {priority: [shop, list]}, hold]
    sides:
      shop:
        connection: shop
        collection: public.customer
        fields: {email: email, name: full_name, phone: phone}
      list:
        connection: list
        collection: customers.csv
        fields: {email: E-mail, name: Name, phone: Phone}
`;

export const init: Command = {
  name: 'init',
  usage: '[FOLDER]',
  summary: 'Makes a folder with a sync file to start from',
  example: 'trueup init my-syncs',
  options: {},
  optionHelp: {},
  run: async (context) => {
    const folder = context.words[0] ?? context.directory;
    const file = join(folder, SYNC_FILE);
    if (existsSync(file))
      throw new CommandFailed(`${file} is already there`, {
        exitCode: EXIT.wrongInput,
        advice: 'Choose another folder.',
      });
    await mkdir(folder, { recursive: true });
    await writeFile(file, SAMPLE);
    await mkdir(join(folder, 'data'), { recursive: true });
    const list = join(folder, 'data', 'customers.csv');
    if (!existsSync(list)) await writeFile(list, 'id,E-mail,Name,Phone\n');
    if (!existsSync(join(folder, '.gitignore'))) await writeFile(join(folder, '.gitignore'), '.trueup/\n');
    context.output.json({ file });
    context.output.line(
      `Made ${file}, and ${list} as an empty list. Change the first to your systems, then: trueup connect, trueup check, trueup plan, trueup apply.`,
    );
    return EXIT.ok;
  },
};
