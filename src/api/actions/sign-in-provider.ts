/** Setting up where people sign in: checked against the provider itself before it is stored. */
import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Secret } from '../../lib/secret.ts';
import { audit } from '../../store/audit.ts';
import type { Database, Tx } from '../../store/database.ts';
import type { Sealer } from '../../store/seal.ts';
import {
  allProviders,
  openProvider,
  removeProvider,
  saveProvider,
  type SignInProvider,
  type StoredProvider,
} from '../../store/sign-in-providers.ts';
import { createProviders } from '../openid/provider.ts';
import { SignInRefused } from '../openid/refused.ts';
import { ApiProblem, notFound } from '../problem.ts';

/** Where it is stored, and in whose name. */
export interface Place {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly network: NetworkPolicy;
  readonly workspaceNo: number;
  readonly by: string;
}

export interface GivenSecret {
  /** Undefined keeps the secret that is stored; null is for a client that has none. */
  readonly secret: Secret | null | undefined;
}

const PROVIDERS_MAX = 16;

/**
 * Stores the provider after it answered under its issuer. A stored secret stays with the issuer and client that it was given
 * for: whoever names others gives it again, so that nobody can have it sent elsewhere.
 */
export async function setProvider(
  place: Place,
  provider: SignInProvider,
  { secret }: GivenSecret,
): Promise<StoredProvider> {
  const { database, sealer, workspaceNo, by } = place;
  const issuer = await issuerAsItSays(place, provider.issuer);
  const saved = { ...provider, issuer };
  return database.transaction(workspaceNo, async (tx) => {
    await refuseTooMany(tx, provider.name);
    const known = await openProvider(tx, sealer, workspaceNo, provider.name);
    if (secret === undefined && known?.secret != null && !isSameClient(known.provider, saved))
      throw new ApiProblem('invalid', {
        detail: 'the stored secret was given for another issuer or client',
        errors: [{ path: 'clientSecret', message: 'must be given again with another issuer or client id' }],
      });
    const kept = secret === undefined ? (known?.secret ?? null) : secret;
    await saveProvider(tx, sealer, workspaceNo, saved, kept);
    const detail = { issuer, newSecret: secret !== undefined, defaultRole: provider.defaultRole };
    await audit(tx, workspaceNo, { by, action: 'signIn.providerSet', subject: provider.name, detail });
    return { ...saved, hasSecret: kept !== null };
  });
}

export async function dropProvider(
  { database, workspaceNo, by }: Pick<Place, 'database' | 'workspaceNo' | 'by'>,
  name: string,
): Promise<void> {
  await database.transaction(workspaceNo, async (tx) => {
    if (!(await removeProvider(tx, name))) throw notFound('sign-in provider', name);
    await audit(tx, workspaceNo, { by, action: 'signIn.providerRemoved', subject: name, detail: {} });
  });
}

function isSameClient(known: SignInProvider, next: SignInProvider): boolean {
  return known.issuer === next.issuer && known.clientId === next.clientId;
}

async function refuseTooMany(tx: Tx, name: string): Promise<void> {
  const others = (await allProviders(tx)).filter((known) => known.name !== name);
  if (others.length >= PROVIDERS_MAX)
    throw new ApiProblem('conflict', { detail: `there are ${String(PROVIDERS_MAX)} providers already` });
}

/** Asks the provider how it writes its issuer, which is what identities are known by. */
async function issuerAsItSays({ clock, network }: Place, issuer: string): Promise<string> {
  const providers = createProviders(clock, network);
  try {
    return (await providers.known(issuer)).server.issuer;
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    throw new ApiProblem('invalid', {
      detail: 'the provider could not be used',
      errors: [{ path: 'issuer', message: error.message }],
      advice:
        'Look whether ISSUER/.well-known/openid-configuration opens from this server, and names the same issuer.',
    });
  } finally {
    await providers.close();
  }
}
