/** The secrets of connections, opened: only for the place that each was given for. */
import { ConnectorFailure } from './connector/failure.ts';
import { connectors } from './connectors/registry.ts';
import { canonicalJson, type Json } from './lib/json.ts';
import { Secret } from './lib/secret.ts';
import type { Installation } from './server.ts';
import { openSecret, type ConnectionRow } from './store/control.ts';
import { secretsOf, usesOf, type SecretUse } from './store/secret-uses.ts';

/** The settings as a connector takes them. Throws `ConnectorFailure` where a secret is missing or was given for another place. */
export async function revealSettings(
  installation: Installation,
  connection: ConnectionRow,
): Promise<Readonly<Record<string, string>>> {
  const uses = await installation.transaction((tx) => usesOf(tx, connection.name));
  const revealed: Record<string, string> = {};
  for (const [name, setting] of Object.entries(connection.settings)) {
    revealed[name] =
      typeof setting === 'string'
        ? setting
        : (await findSecret(installation, connection, setting.secretName, uses)).reveal();
  }
  return revealed;
}

/** The secrets of a connection that are there, but were given for another place than it leads to now. */
export async function strayedSecrets(
  installation: Installation,
  connection: ConnectionRow,
): Promise<readonly string[]> {
  const strayed: string[] = [];
  const uses = await installation.transaction((tx) => usesOf(tx, connection.name));
  for (const name of secretsOf(connection)) {
    if (leadsWhereMeant(uses.get(name), connection)) continue;
    if ((await given(installation, name, undefined)) !== null) strayed.push(name);
  }
  return strayed;
}

/** From the environment, which is how containers hand secrets over, or from the sealed store. */
async function findSecret(
  installation: Installation,
  connection: ConnectionRow,
  name: string,
  uses: ReadonlyMap<string, SecretUse>,
): Promise<Secret> {
  const use = uses.get(name);
  const isMeant = leadsWhereMeant(use, connection);
  const secret = await given(installation, name, isMeant ? use : undefined);
  if (secret !== null && isMeant) return secret;
  if (secret !== null) {
    throw new ConnectorFailure({
      kind: 'config',
      code: 'trueup.secret_elsewhere',
      message: `connection ${connection.name} does not lead where it did when the secret ${name} was given`,
      advice: `If it leads where it should, give the secret again: trueup connect ${connection.name}, or in the console.`,
    });
  }
  throw new ConnectorFailure({
    kind: 'config',
    code: 'trueup.missing_secret',
    message: `connection ${connection.name} needs the secret ${name}, which is neither in the environment nor stored`,
    advice: `Run: trueup connect ${connection.name} — it asks for the secret and stores it sealed.`,
  });
}

/** Without a use, whether there is one at all is all that its answer is good for. */
async function given(
  installation: Installation,
  name: string,
  use: SecretUse | undefined,
): Promise<Secret | null> {
  const fromEnvironment = installation.environment[name] ?? '';
  if (use?.isFromEnvironment !== false && fromEnvironment !== '') return new Secret(fromEnvironment);
  const { sealer, workspaceNo } = installation;
  return installation.transaction((tx) => openSecret(tx, sealer, workspaceNo, name));
}

/** All that decides where a secret goes and how well it is kept on the way is as it was. What only tunes may differ. */
function leadsWhereMeant(use: SecretUse | undefined, connection: ConnectionRow): boolean {
  return use !== undefined && placeOf(use.destination) === placeOf(connection);
}

function placeOf({ system, settings }: SecretUse['destination']): string {
  const known = connectors.get(system)?.settings ?? [];
  const tuning = new Set(known.filter(({ tunesOnly }) => tunesOnly === true).map(({ name }) => name));
  const deciding = Object.fromEntries(Object.entries(settings).filter(([name]) => !tuning.has(name)));
  return canonicalJson({ system, settings: deciding } satisfies Json);
}
