/** Signing in with a password: slower with every wrong try, and giving nothing away about who is known. */
import { backoffMs } from '../../lib/backoff.ts';
import {
  credentialsOf,
  noteFailedSignIn,
  noteSignIn,
  type AccountRow,
  type Credentials,
} from '../../store/accounts.ts';
import { audit } from '../../store/audit.ts';
import type { Tx } from '../../store/database.ts';
import { addSession, pruneSessions } from '../../store/sessions.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem } from '../problem.ts';
import { SESSION_IDLE_MS, SESSION_LIFE_MS } from './authenticate.ts';
import { newSessionKey, type Key } from './entry.ts';
import { checkPassword, hashPassword } from './password.ts';
import { createStrangers, type Strangers } from './strangers.ts';

/** So many wrong tries in a row cost no wait; each further one doubles it, up to a limit that locks nobody out for long. */
const FREE_TRIES = 5;
const WAIT_BASE_MS = 1_000;
const WAIT_CAP_MS = 60_000;

export interface SignedIn {
  readonly account: AccountRow;
  readonly key: Key;
}

/** Throws `wrong_credentials`, in the same words, after the same work and as slowly whether the account exists or not. */
export type SignIn = (workspaceNo: number, email: string, password: string) => Promise<SignedIn>;

export function createSignIn(host: ApiHost): SignIn {
  const strangers = createStrangers(host.clock);
  let spare: Promise<string> | null = null;
  // Held against a password of nobody, so that an unknown address takes as long as a known one.
  const unmatchable = (): Promise<string> =>
    (spare ??= hashPassword(Buffer.from(host.random.bytes(32)).toString('base64url'), host.random));
  return async (workspaceNo, email, password) => {
    const known = await host.database.transaction(workspaceNo, (tx) => takeTry(tx, host, email));
    if (known === null) takeTryOfStranger(strangers, host, `${String(workspaceNo)} ${email}`);
    const stored = known?.passwordHash ?? (await unmatchable());
    const { isRight, isOutdated } = await checkPassword(password, stored);
    if (known === null || known.account.isDisabled || !isRight) {
      if (known !== null) await tellRefusal(host, workspaceNo, known);
      throw new ApiProblem('wrong_credentials');
    }
    const renewed = isOutdated ? await hashPassword(password, host.random) : null;
    return begin(host, workspaceNo, known.account, renewed);
  };
}

/** Counts the try as a wrong one before it is looked at: many at once gain nothing. A right one takes that back. */
async function takeTry(tx: Tx, host: ApiHost, email: string): Promise<Credentials | null> {
  const known = await credentialsOf(tx, { email });
  if (known === null) return null;
  if (known.nextTryMs > tx.nowMs) throw tooMany(known.nextTryMs - tx.nowMs);
  await noteFailedSignIn(tx, known.account.accountId, waitAfter(known.failures + 1, host));
  return known;
}

function takeTryOfStranger(strangers: Strangers, host: ApiHost, who: string): void {
  const waitMs = strangers.take(who, (tries) => waitAfter(tries, host));
  if (waitMs > 0) throw tooMany(waitMs);
}

function waitAfter(tries: number, host: ApiHost): number {
  const beyond = tries - FREE_TRIES;
  return beyond <= 0 ? 0 : backoffMs(beyond, WAIT_BASE_MS, WAIT_CAP_MS, host.random);
}

/** Begins a session under a key that nobody has seen before: one that was planted beforehand is worth nothing. */
export async function begin(
  host: ApiHost,
  workspaceNo: number,
  account: AccountRow,
  renewedHash: string | null = null,
): Promise<SignedIn> {
  const { accountId, email } = account;
  const key = newSessionKey(workspaceNo, host.random);
  await host.database.transaction(workspaceNo, async (tx) => {
    await noteSignIn(tx, accountId, renewedHash);
    await pruneSessions(tx, SESSION_IDLE_MS);
    await addSession(tx, workspaceNo, { hash: key.hash, accountId, lifeMs: SESSION_LIFE_MS });
    await audit(tx, workspaceNo, { by: email, action: 'session.begun', subject: accountId, detail: {} });
  });
  return { account, key };
}

async function tellRefusal(host: ApiHost, workspaceNo: number, known: Credentials): Promise<void> {
  const { account, failures } = known;
  await host.database.transaction(workspaceNo, (tx) =>
    audit(tx, workspaceNo, {
      by: account.email,
      action: 'session.refused',
      subject: account.accountId,
      detail: { triesInARow: failures + 1 },
    }),
  );
}

function tooMany(waitMs: number): ApiProblem {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  return new ApiProblem('too_many', {
    detail: 'there were too many wrong passwords in a row',
    advice: `Try again in ${String(seconds)} seconds.`,
    headers: { 'retry-after': String(seconds) },
  });
}
