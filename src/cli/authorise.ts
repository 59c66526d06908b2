/** Has a person authorise a connection in the browser, and says how the connection stands. */
import { connectorContext } from '../connections.ts';
import { askConsent, type Consent } from '../connector/oauth/consent.ts';
import type { Health } from '../connector/oauth/health.ts';
import { connectors } from '../connectors/registry.ts';
import type { Installation } from '../server.ts';
import type { StoredFailure } from '../store/contract.ts';
import { setConnectionState, type ConnectionRow } from '../store/control.ts';
import { CommandFailed, EXIT, type CommandContext } from './command.ts';
import { noteCommandAfter } from './deed.ts';

/** Where the browser comes back to, as it is registered with systems. */
const PORT = 4_610;
const PORT_MAX = 65_535;

export const PORT_OPTION_HELP = `where the browser comes back to on this machine (default ${String(PORT)}, 0 for any)`;

/** Returns when the tokens are stored; fails, with the connection's state noted, when there are none. */
export async function authoriseConnection(
  context: CommandContext,
  installation: Installation,
  connection: ConnectionRow,
  consent: Consent,
): Promise<void> {
  const title = connectors.get(connection.system)?.title ?? connection.system;
  const port = portOf(context.flags['port']);
  const health = await askConsent(consent, connectorContext(installation, connection), {
    show: (url) =>
      context.output.error(
        `${connection.name}: sign in to ${title} and agree, within ten minutes, in a browser on this machine:\n\n  ${url}\n`,
      ),
    signal: context.signal,
    port,
  }).catch((error: unknown) => {
    throw isTaken(error) ? portTaken(port) : error;
  });
  if (health === null || health.kind !== 'connected') {
    if (health !== null) await noteState(installation, connection.name, health);
    throw new CommandFailed(`${connection.name}: ${wordsFor(health, title)}`, {
      advice: adviceFor(health, connection.name),
    });
  }
  await noteCommandAfter(installation, 'connection.authorised', connection.name);
  context.output.line(`${connection.name}: ${wordsFor(health, title)}`);
}

/** How the authorisation stands, for a person; null when nobody answered. */
function wordsFor(health: Health | null, title: string): string {
  switch (health?.kind) {
    case undefined:
      return 'nobody answered in the browser, and everything is as it was';
    case 'new':
      return 'not authorised yet';
    case 'connected':
      return `authorised by ${title}, the tokens are stored sealed`;
    case 'reauthorise':
      return `waits for a person to authorise it: ${health.why}`;
    case 'misconfigured':
      return `${title} refuses our registration: ${health.why}`;
    case 'unreachable':
      return `${title} cannot be reached: ${health.why}`;
  }
}

function adviceFor(health: Health | null, name: string): string {
  return health?.kind === 'misconfigured'
    ? "Check the client id, its secret and the registered callback in the system's own settings."
    : `Run again: trueup connect ${name}`;
}

async function noteState(installation: Installation, name: string, health: Health): Promise<void> {
  const failure = 'why' in health ? connectionFailure(health.kind, health.why) : null;
  await installation.transaction((tx) => setConnectionState(tx, name, health.kind, failure));
}

function connectionFailure(state: Health['kind'], message: string): StoredFailure {
  const kind = state === 'reauthorise' ? 'auth' : state === 'misconfigured' ? 'config' : 'transient';
  return { kind, code: `connection.${state}`, message };
}

function portOf(given: unknown): number {
  const port = given === undefined ? PORT : Number(given);
  if (Number.isInteger(port) && port >= 0 && port <= PORT_MAX) return port;
  throw new CommandFailed(`--port must be a number from 0 to ${String(PORT_MAX)}`, {
    exitCode: EXIT.wrongInput,
  });
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function portTaken(port: number): CommandFailed {
  return new CommandFailed(`port ${String(port)} of this machine is in use`, {
    exitCode: EXIT.wrongInput,
    advice: 'Stop what uses it, or register another callback and name its port with --port.',
  });
}
