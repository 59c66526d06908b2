import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

import { playScene, SCENES, type Stage } from '../demo/story.ts';
import { createDemoWorld, type DemoWorld } from '../demo/world.ts';
import { runFleet } from '../fleet.ts';
import { must } from '../lib/assert.ts';
import { Secret } from '../lib/secret.ts';
import { openInstallation, type Installation } from '../server.ts';
import { allSyncs, saveSecret } from '../store/control.ts';
import { startEmbeddedPostgres } from '../store/embedded/server.ts';
import { silentLog } from '../worker/runtime.ts';
import { apply } from './apply.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { status } from './status.ts';

const FOLDER = 'trueup-demo';

export const demo: Command = {
  name: 'demo',
  usage: '[FOLDER]',
  summary: 'A running sync of three sides on this machine: watch what happens, then tinker with it',
  example: 'trueup demo',
  options: { stay: { type: 'boolean' } },
  optionHelp: { stay: 'keep the worker running at the end, until Ctrl-C' },
  run: async (context) => {
    const directory = context.words[0] ?? join(context.directory, FOLDER);
    if (existsSync(directory)) {
      throw new CommandFailed(`${directory} is already there`, {
        exitCode: EXIT.wrongInput,
        advice: 'Remove it to see the demo from its beginning, or name another folder.',
      });
    }
    // Made here with the log that the CRM's side reads; every later command joins the same server.
    const server = await startEmbeddedPostgres({
      directory: join(directory, '.trueup', 'postgres'),
      settings: ['wal_level=logical'],
    });
    const world = await createDemoWorld(directory, server.url);
    const inFolder = { ...context, directory };
    const installation = await openInstallation({
      directory,
      environment: context.environment,
      log: silentLog,
    });
    try {
      await installation.transaction(async (tx) => {
        for (const [name, value] of world.secrets)
          await saveSecret(tx, installation.sealer, installation.workspaceNo, name, new Secret(value));
      });
      await firstSync(inFolder);
      await watch(inFolder, installation, world);
    } finally {
      await world.close();
      await installation.close();
    }
    return EXIT.ok;
  },
};

/** The worker runs while the story is told, and ends with it, whatever happens. */
async function watch(context: CommandContext, installation: Installation, world: DemoWorld): Promise<void> {
  const stop = new AbortController();
  context.signal.addEventListener('abort', () => stop.abort(), { once: true });
  const fleet = runFleet(installation, stop.signal);
  try {
    await tell(context, installation, world);
    await status.run(context);
    farewell(context, context.directory);
    if (context.flags['stay'] === true) await fleet;
  } finally {
    stop.abort();
    await fleet;
  }
}

async function firstSync(context: CommandContext): Promise<void> {
  const { output } = context;
  output.line(
    'Three places hold customers: a CRM and a billing database (PostgreSQL) and a spreadsheet (CSV).',
  );
  output.line('None agrees with the others. First the plan, then exactly that:\n');
  await apply.run({ ...context, flags: { ...context.flags, yes: true } });
}

async function tell(context: CommandContext, installation: Installation, world: DemoWorld): Promise<void> {
  const [sync] = await installation.transaction((tx) => allSyncs(tx));
  const stage: Stage = {
    clock: installation.clock,
    sync: must(sync, 'the demo has its sync'),
    nowMs: () => installation.database.nowMs(),
    transaction: (action) => installation.transaction(action),
  };
  for (const [index, scene] of SCENES.entries()) {
    context.output.line(`\n${String(index + 1)}. ${scene.title}`);
    for (const line of await playScene(stage, world, scene)) context.output.line(`     ${line}`);
  }
  context.output.line();
}

function farewell(context: CommandContext, directory: string): void {
  const folder = relative('.', directory) || '.';
  const run = `npm run -s trueup --`;
  const { output } = context;
  output.line(
    `It is yours now, in ${folder}/: edit ${folder}/files/customers.csv, or the sync in ${folder}/trueup.yaml.`,
  );
  output.table(
    ['', ''],
    [
      [`  ${run} start -C ${folder}`, 'runs it again'],
      [`  ${run} status -C ${folder}`, 'how it stands'],
      [`  ${run} trace crm 1 -C ${folder}`, "a record's journey"],
      [`  ${run} blame billing 1 phone -C ${folder}`, 'who put a value there'],
      [`  rm -r ${folder}`, 'forgets it all'],
    ],
  );
}
