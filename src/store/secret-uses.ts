/** Where secrets may go: each only to the connections that it was given for, as they were then. */
import type { Secret } from '../lib/secret.ts';
import { saveSecret, type ConnectionRow } from './control.ts';
import type { Tx } from './database.ts';
import type { Sealer } from './seal.ts';

/** A secret that may go to a connection that leads where `destination` did. */
export interface SecretUse {
  readonly secret: string;
  readonly destination: Pick<ConnectionRow, 'system' | 'settings'>;
  /** What the environment hands over under that name; else only what is stored. */
  readonly isFromEnvironment: boolean;
}

/** How long whoever gave a secret may still describe, and mend, the connection that it is for. */
const OPEN_MINUTES = 15;

/** The names of the secrets that a connection uses, each once. */
export function secretsOf({ settings }: Pick<ConnectionRow, 'settings'>): readonly string[] {
  const names = Object.values(settings).flatMap((setting) =>
    typeof setting === 'string' ? [] : [setting.secretName],
  );
  return [...new Set(names)];
}

/**
 * Stores a secret that `by` has given. It may go to the connections that name it now, as they are now, and for a while to
 * those that the same person describes.
 */
export async function giveSecret(
  tx: Tx,
  sealer: Sealer,
  workspaceNo: number,
  given: { readonly name: string; readonly secret: Secret; readonly by: string },
): Promise<void> {
  const { name, secret, by } = given;
  await saveSecret(tx, sealer, workspaceNo, name, secret);
  await tx.execute(
    `update secrets set open_to = $2, open_until = clock_timestamp() + make_interval(mins => $3) where name = $1`,
    [name, by, OPEN_MINUTES],
  );
  await tx.execute('delete from secret_uses where secret = $1', [name]);
  await tx.execute(
    `insert into secret_uses (workspace_no, secret, connection, system, settings, from_environment)
     select $1, $2, name, system, settings, false from connections
      where exists (select from jsonb_each(settings) where value ->> 'secretName' = $2)`,
    [workspaceNo, name],
  );
}

/**
 * Lets the connections have the secrets that `by` has given just now, and those that the environment hands over; what it
 * holds belongs to whoever writes the files on that machine, so nobody who comes over the network says that it does.
 */
export async function bindSecrets(
  tx: Tx,
  workspaceNo: number,
  connections: readonly ConnectionRow[],
  from: { readonly by: string; readonly isInEnvironment: (name: string) => boolean },
): Promise<void> {
  const open = await tx.query<{ name: string }>(
    'select name from secrets where open_to = $1 and open_until > clock_timestamp()',
    [from.by],
  );
  const isOpen = new Set(open.map(({ name }) => name));
  for (const connection of connections) {
    for (const secret of secretsOf(connection)) {
      const isFromEnvironment = from.isInEnvironment(secret);
      if (isFromEnvironment || isOpen.has(secret))
        await saveUse(tx, workspaceNo, secret, connection, isFromEnvironment);
    }
  }
}

async function saveUse(
  tx: Tx,
  workspaceNo: number,
  secret: string,
  { name, system, settings }: ConnectionRow,
  isFromEnvironment: boolean,
): Promise<void> {
  await tx.execute(
    `insert into secret_uses (workspace_no, secret, connection, system, settings, from_environment)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (workspace_no, secret, connection) do update
        set system = excluded.system, settings = excluded.settings, from_environment = excluded.from_environment,
            granted_at = clock_timestamp()`,
    [workspaceNo, secret, name, system, JSON.stringify(settings), isFromEnvironment],
  );
}

/** What a connection may have, by the names of the secrets. */
export async function usesOf(tx: Tx, connection: string): Promise<ReadonlyMap<string, SecretUse>> {
  const rows = await tx.query<{
    secret: string;
    system: string;
    settings: ConnectionRow['settings'];
    from_environment: boolean;
  }>('select secret, system, settings, from_environment from secret_uses where connection = $1', [
    connection,
  ]);
  return new Map(
    rows.map(({ secret, system, settings, from_environment: isFromEnvironment }) => [
      secret,
      { secret, destination: { system, settings }, isFromEnvironment },
    ]),
  );
}
