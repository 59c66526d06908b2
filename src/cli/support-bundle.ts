import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { bundlePage, gatherBundle } from '../diagnose/bundle.ts';
import { EXIT, type Command } from './command.ts';
import { withInstallation } from './open.ts';

export const supportBundle: Command = {
  name: 'support-bundle',
  usage: '[FILE]',
  summary: 'Writes what somebody who helps needs to know into one page, with the values of records kept out',
  example: 'trueup support-bundle trueup-support.html',
  options: {},
  optionHelp: {},
  run: (context) =>
    withInstallation(context, async (installation) => {
      const path = resolve(context.words[0] ?? 'trueup-support.html');
      const program = { node: process.versions.node, platform: `${process.platform} ${process.arch}` };
      const bundle = await installation.transaction((tx) => gatherBundle(tx, program));
      await writeFile(path, bundlePage(bundle), { mode: 0o600 });
      context.output.json({ path });
      context.output.line(`Written: ${path}. Look through it before you send it.`);
      return EXIT.ok;
    }),
};
