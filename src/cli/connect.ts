import { createInterface } from 'node:readline/promises';

import { hookPath } from '../api/hook-path.ts';
import { strayedSecrets } from '../connection-secrets.ts';
import { consentFor, openConnection, webhookFor } from '../connections.ts';
import type { Session } from '../connector/contract.ts';
import { ConnectorFailure } from '../connector/failure.ts';
import { connectors } from '../connectors/registry.ts';
import { Secret } from '../lib/secret.ts';
import type { Installation } from '../server.ts';
import { secretNames, type ConnectionRow } from '../store/control.ts';
import { giveSecret, secretsOf } from '../store/secret-uses.ts';
import { wakeConnection } from '../store/streams.ts';
import { workspaceName } from '../store/workspaces.ts';
import { authoriseConnection, PORT_OPTION_HELP } from './authorise.ts';
import { CommandFailed, EXIT, type Command, type CommandContext } from './command.ts';
import { actor, noteCommand } from './deed.ts';
import { withInstallation } from './open.ts';
import { count } from './output.ts';
import { FILE_OPTION, FILE_OPTION_HELP, readSyncFile, saveConnections } from './sync-file.ts';

const SECRET_LENGTH_MAX = 100_000;

export const connect: Command = {
  name: 'connect',
  usage: '[CONNECTION]',
  summary: 'Takes the secrets of a connection, has a person authorise it where that is needed, and tries it',
  example: 'trueup connect erp',
  options: {
    ...FILE_OPTION,
    stdin: { type: 'boolean' },
    again: { type: 'boolean' },
    port: { type: 'string' },
  },
  optionHelp: {
    ...FILE_OPTION_HELP,
    stdin: 'read the secrets from standard input, one a line, in the order they are asked for',
    again: 'have the account authorised anew, such as by another user',
    port: PORT_OPTION_HELP,
  },
  run: (context) =>
    withInstallation(context, async (installation) => {
      const { file } = await readSyncFile(context);
      await saveConnections(installation, file);
      const [name] = context.words;
      const wanted = file.connections.filter((connection) => name === undefined || connection.name === name);
      if (wanted.length === 0) {
        const known = file.connections.map((connection) => connection.name).join(', ');
        throw new CommandFailed(`the sync file has no connection ${name ?? ''}`, {
          exitCode: EXIT.wrongInput,
          advice: `It has: ${known}`,
        });
      }
      await takeSecrets(context, installation, wanted, name !== undefined);
      const results = [];
      for (const connection of wanted)
        results.push(await naming(connection.name, tryConnection(context, installation, connection)));
      context.output.json({ connections: results });
      return EXIT.ok;
    }),
};

/** Asks for what is neither in the environment nor stored; for a named connection also for what is stored already. */
async function takeSecrets(
  context: CommandContext,
  installation: Installation,
  connections: readonly ConnectionRow[],
  askAgain: boolean,
): Promise<void> {
  const canAnswer = context.flags['stdin'] === true || process.stdin.isTTY;
  const stored = await installation.transaction((tx) => secretNames(tx));
  const strayed = new Set<string>();
  for (const connection of connections)
    for (const name of await strayedSecrets(installation, connection)) strayed.add(name);
  const known = new Set(askAgain && canAnswer ? [] : stored.filter((name) => !strayed.has(name)));
  const needed = connections.flatMap(secretsOf);
  const missing = [...new Set(needed)].filter(
    (name) => !known.has(name) && (context.environment[name] ?? '') === '',
  );
  if (missing.length === 0) return;
  // What was given for another place is not kept by pressing Enter.
  const kept = stored.filter((name) => !strayed.has(name));
  const answers =
    context.flags['stdin'] === true ? await readLines(missing.length) : await ask(context, missing, kept);
  for (const [index, name] of missing.entries()) {
    const answer = answers[index] ?? '';
    if (answer === '' && context.flags['stdin'] !== true && kept.includes(name)) continue;
    if (answer === '' || answer.length > SECRET_LENGTH_MAX) {
      throw new CommandFailed(`no value was given for the secret ${name}`, {
        exitCode: EXIT.wrongInput,
        advice: `Give it when asked, with --stdin, or as the environment variable ${name}.`,
      });
    }
    await installation.transaction(async (tx) => {
      const secret = new Secret(answer);
      await giveSecret(tx, installation.sealer, installation.workspaceNo, { name, secret, by: actor() });
      await noteCommand(tx, installation, 'secret.stored', name);
    });
    context.output.line(`${name}: stored sealed`);
  }
}

async function readLines(linesMax: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const reader = createInterface({ input: process.stdin });
  for await (const line of reader) {
    lines.push(line);
    if (lines.length >= linesMax) break;
  }
  reader.close();
  return lines;
}

/** Asks on the terminal without showing what is typed. */
async function ask(
  context: CommandContext,
  names: readonly string[],
  stored: readonly string[],
): Promise<readonly string[]> {
  if (!process.stdin.isTTY) {
    throw new CommandFailed(`secrets are missing: ${names.join(', ')}`, {
      exitCode: EXIT.wrongInput,
      advice: 'Run this on a terminal, pipe them in with --stdin, or set them as environment variables.',
    });
  }
  const answers: string[] = [];
  for (const name of names) {
    context.output.error(
      `${name} (not shown${stored.includes(name) ? '; Enter keeps what is stored' : ''}): `,
    );
    answers.push(await readHidden());
  }
  return answers;
}

async function readHidden(): Promise<string> {
  const { stdin } = process;
  stdin.setRawMode(true);
  let typed = '';
  try {
    for await (const chunk of stdin) {
      for (const character of String(chunk)) {
        if (character === '\r' || character === '\n') return typed;
        if (character === '\u0003') throw new CommandFailed('stopped', { exitCode: EXIT.failed });
        typed = character === '\u007F' ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
  }
}

/** A failure says which connection it is about, and where another secret is taken. */
async function naming<T>(name: string, trial: Promise<T>): Promise<T> {
  try {
    return await trial;
  } catch (error) {
    if (!(error instanceof ConnectorFailure)) throw error;
    const { failure } = error;
    const again = failure.kind === 'auth' ? `Then: trueup connect ${name}` : '';
    throw new ConnectorFailure({
      ...failure,
      message: `${name}: ${failure.message}`,
      advice: [failure.advice ?? '', again].filter((words) => words !== '').join(' '),
    });
  }
}

async function tryConnection(
  context: CommandContext,
  installation: Installation,
  connection: ConnectionRow,
): Promise<{
  readonly name: string;
  readonly system: string;
  readonly collections: number;
  /** Where the system is to tell of changes, below the address of this server; null where it takes no webhooks. */
  readonly webhook: string | null;
}> {
  const session = await opened(context, installation, connection);
  try {
    const collections = (await session.describe()).length;
    await installation.transaction((tx) => wakeConnection(tx, connection.name));
    const title = connectors.get(connection.system)?.title ?? connection.system;
    context.output.line(
      `${connection.name}: connected to ${title}, ${count(collections)} ${collections === 1 ? 'collection' : 'collections'}`,
    );
    const webhook = await webhookAddress(installation, connection);
    if (webhook !== null)
      context.output.line(
        `${connection.name}: for its webhooks enter the address of this server there, and behind it ${webhook}`,
      );
    return { name: connection.name, system: connection.system, collections, webhook };
  } finally {
    await session.close();
  }
}

async function webhookAddress(installation: Installation, connection: ConnectionRow): Promise<string | null> {
  if ((await webhookFor(installation, connection)) === null) return null;
  const workspace = await installation.transaction((tx) => workspaceName(tx, installation.workspaceNo));
  return hookPath(workspace ?? '', connection.name);
}

/** A person is asked only where the system knows consent, and only while what is stored does not open the connection. */
async function opened(
  context: CommandContext,
  installation: Installation,
  connection: ConnectionRow,
): Promise<Session> {
  const consent = await consentFor(installation, connection);
  if (consent !== null) {
    const session = context.flags['again'] === true ? null : await openedAsIs(installation, connection);
    if (session !== null) return session;
    await authoriseConnection(context, installation, connection, consent);
  }
  return await openConnection(installation, connection);
}

/** Null when its credentials are refused. */
async function openedAsIs(installation: Installation, connection: ConnectionRow): Promise<Session | null> {
  try {
    return await openConnection(installation, connection);
  } catch (error) {
    if (error instanceof ConnectorFailure && error.failure.kind === 'auth') return null;
    throw error;
  }
}
