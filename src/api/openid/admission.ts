/** Who somebody that a provider vouches for is here. Accounts are known by issuer and subject; an address proves nothing. */
import type { Role } from '../../store/accounts.ts';
import { addAccount, changeAccount, hasAccounts, type AccountRow } from '../../store/accounts.ts';
import { audit } from '../../store/audit.ts';
import type { Tx } from '../../store/database.ts';
import { accountOfIdentity, addIdentity, shutOut, type Identity } from '../../store/sign-in-attempts.ts';
import type { SignInProvider } from '../../store/sign-in-providers.ts';
import type { ApiHost } from '../host.ts';
import { roleOf, type Claims } from './claims.ts';
import { SignInRefused } from './refused.ts';

/** A refusal that must be stored all the same: what it took away is gone. */
export type Admission =
  | { readonly kind: 'admitted'; readonly account: AccountRow }
  | { readonly kind: 'refused'; readonly refused: SignInRefused };

interface Arrival {
  readonly host: ApiHost;
  readonly workspaceNo: number;
  readonly provider: SignInProvider;
  readonly claims: Claims;
}

/** Finds or makes the account. The role of an account without a password here is the provider's to say, each time anew. */
export async function admit(tx: Tx, arrival: Arrival): Promise<Admission> {
  const { workspaceNo, provider, claims } = arrival;
  const identity = identityOf(arrival);
  const role = roleOf(provider, claims.groups);
  const known = await accountOfIdentity(tx, identity);
  if (known?.account.isDisabled === true) return refuse(tx, arrival, 'disabled', known.account);
  if (role === null) {
    // Whoever has lost every group must not stay in by what was given before.
    if (known !== null) await shutOut(tx, known.account.accountId);
    return refuse(tx, arrival, 'noRole', known?.account ?? null);
  }
  if (known === null) return makeAccount(tx, arrival, identity, role);
  if (known.hasPassword || known.account.role === role) return { kind: 'admitted', account: known.account };
  const { accountId, email } = known.account;
  const account = await changeAccount(tx, accountId, { role });
  await audit(tx, workspaceNo, {
    by: email,
    action: 'account.changed',
    subject: accountId,
    detail: { role, provider: provider.name },
  });
  return { kind: 'admitted', account: account ?? known.account };
}

async function makeAccount(tx: Tx, arrival: Arrival, identity: Identity, role: Role): Promise<Admission> {
  const { host, workspaceNo, provider, claims } = arrival;
  const { email, name } = claims;
  if (!(await hasAccounts(tx))) return refuse(tx, arrival, 'notSetUp', null);
  if (email === null) return refuse(tx, arrival, 'noAddress', null);
  const account = { accountId: host.ids.next(), email, name: name ?? email, role };
  if (!(await addAccount(tx, workspaceNo, { ...account, passwordHash: null })))
    return refuse(tx, arrival, 'addressTaken', null);
  await addIdentity(tx, workspaceNo, identity, account.accountId);
  await audit(tx, workspaceNo, {
    by: email,
    action: 'account.made',
    subject: account.accountId,
    detail: { role, provider: provider.name },
  });
  return { kind: 'admitted', account: { ...account, isDisabled: false, lastSignInMs: null } };
}

/** Notes that the identity is that account's, which its owner asked for while signed in. */
export async function link(tx: Tx, arrival: Arrival, accountId: string): Promise<Admission> {
  const { workspaceNo, provider } = arrival;
  const identity = identityOf(arrival);
  const isNew = await addIdentity(tx, workspaceNo, identity, accountId);
  const known = await accountOfIdentity(tx, identity);
  if (known === null || known.account.accountId !== accountId)
    return refuse(tx, arrival, 'linkedElsewhere', null);
  if (known.account.isDisabled) return refuse(tx, arrival, 'disabled', known.account);
  if (isNew)
    await audit(tx, workspaceNo, {
      by: known.account.email,
      action: 'account.linked',
      subject: accountId,
      detail: { provider: provider.name, issuer: identity.issuer },
    });
  return { kind: 'admitted', account: known.account };
}

function identityOf({ provider, claims }: Arrival): Identity {
  return { issuer: provider.issuer, subject: claims.subject };
}

async function refuse(
  tx: Tx,
  { workspaceNo, provider, claims }: Arrival,
  why: SignInRefused['code'],
  account: AccountRow | null,
): Promise<Admission> {
  await audit(tx, workspaceNo, {
    by: account?.email ?? claims.email ?? `somebody of ${provider.name}`,
    action: 'session.refused',
    subject: account?.accountId ?? provider.name,
    detail: { provider: provider.name, why },
  });
  return {
    kind: 'refused',
    refused: new SignInRefused(why, `${provider.name} vouched for somebody: ${why}`),
  };
}
