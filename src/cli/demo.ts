import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

import { playScene, SCENES, WAITING, type Stage } from '../demo/story.ts';
import { createDemoWorld, type DemoWorld } from '../demo/world.ts';
import { runFleet } from '../fleet.ts';
import { must } from '../lib/assert.ts';
import { Secret } from '../lib/secret.ts';
import { openInstallation, type Installation } from '../server.ts';
import { allSyncs } from '../store/control.ts';
import { startEmbeddedPostgres } from '../store/embedded/server.ts';
import { giveSecret } from '../store/secret-uses.ts';
import { silentLog } from '../worker/runtime.ts';
import { apply } from './apply.ts';
import { buildConsole } from './build-console.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor } from './deed.ts';
import { makeEntrance, openConsole, type Entrance } from './demo-console.ts';
import { status } from './status.ts';

const FOLDER = 'trueup-demo';

export const demo: Command = {
  name: 'demo',
  usage: '[FOLDER]',
  summary:
    'A running sync of three sides on this machine: watch what happens, then open the console and solve what waits',
  example: 'trueup demo',
  options: { stay: { type: 'boolean' } },
  optionHelp: { stay: 'keep it running at the end, until Ctrl-C; in a terminal it does so by itself' },
  run: async (context) => {
    const directory = context.words[0] ?? join(context.directory, FOLDER);
    if (existsSync(directory)) {
      throw new CommandFailed(`${directory} is already there`, {
        exitCode: EXIT.wrongInput,
        advice: 'Remove it to see the demo from its beginning, or name another folder.',
      });
    }
    const built = buildConsole();
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
          await giveSecret(tx, installation.sealer, installation.workspaceNo, {
            name,
            secret: new Secret(value),
            by: actor(),
          });
      });
      await firstSync(inFolder);
      await watch(inFolder, installation, world, built);
    } finally {
      await world.close();
      await installation.close();
    }
    return EXIT.ok;
  },
};

/** The worker runs while the story is told, and ends with it, whatever happens. */
async function watch(
  context: CommandContext,
  installation: Installation,
  world: DemoWorld,
  built: Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  context.signal.addEventListener('abort', () => stop.abort(), { once: true });
  const fleet = runFleet(installation, stop.signal);
  try {
    await tell(context, installation, world);
    await status.run(context);
    const entrance = await makeEntrance(installation);
    await built;
    if (context.flags['stay'] !== true && !context.output.isTerminal) {
      farewell(context, entrance);
      return;
    }
    const console = await openConsole(installation);
    try {
      welcome(context, console.url, entrance);
      await fleet;
    } finally {
      await console.close();
    }
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

/** Where to look, and what is there to be solved. */
function welcome({ output, directory }: CommandContext, url: string, entrance: Entrance): void {
  const folder = folderOf(directory);
  output.line('Two things wait for a person. Find and solve them in the console:');
  for (const [index, what] of WAITING.entries()) output.line(`  ${String(index + 1)}. ${what}`);
  output.line(`\n  ${url}`);
  output.line(`  sign in as ${entrance.email} with the password ${entrance.password}\n`);
  output.line(
    `The sheet is ${folder}/files/customers.csv, the sync ${folder}/trueup.yaml. Ctrl-C stops it all; rm -r ${folder} forgets it.`,
  );
}

function folderOf(directory: string): string {
  return relative('.', directory) || '.';
}

function farewell({ output, directory }: CommandContext, entrance: Entrance): void {
  const folder = folderOf(directory);
  const run = `npm run -s trueup --`;
  output.line(
    `It is yours now, in ${folder}/: edit ${folder}/files/customers.csv, or the sync in ${folder}/trueup.yaml.`,
  );
  output.line(
    `In the console, which the first line starts, sign in as ${entrance.email} with the password ${entrance.password}.`,
  );
  output.table(
    ['', ''],
    [
      [`  ${run} start -C ${folder}`, 'runs it again, with its console'],
      [`  ${run} status -C ${folder}`, 'how it stands'],
      [`  ${run} trace crm 1 -C ${folder}`, "a record's journey"],
      [`  ${run} blame billing 1 phone -C ${folder}`, 'who put a value there'],
      [`  rm -r ${folder}`, 'forgets it all'],
    ],
  );
}
