/** What a provider says of a person, and what follows from it: who they are, and what they may do here. */
import type { Json, JsonObject } from '../../lib/json.ts';
import { isJsonArray } from '../../lib/json.ts';
import type { Role } from '../../store/accounts.ts';
import type { SignInProvider } from '../../store/sign-in-providers.ts';
import { ROLES } from '../api-env.ts';

export interface Claims {
  readonly subject: string;
  /** In small letters; null where none is given, or one that the provider says it has not checked. */
  readonly email: string | null;
  readonly name: string | null;
  readonly groups: readonly string[];
}

const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,135}$/;
const NAME_LENGTH_MAX = 200;
const GROUPS_MAX = 10_000;

export function claimsOf(all: JsonObject, subject: string, groupsClaim: string): Claims {
  const { email, name, email_verified: isVerified } = all;
  const address = typeof email === 'string' ? email.trim().toLowerCase() : '';
  const shown = typeof name === 'string' ? name.trim().slice(0, NAME_LENGTH_MAX) : '';
  return {
    subject,
    // Some say it in words.
    email: EMAIL.test(address) && isVerified !== false && isVerified !== 'false' ? address : null,
    name: shown === '' ? null : shown,
    groups: groupsOf(at(all, groupsClaim)),
  };
}

/** A claim by its name or, where there is none, by a path with dots: `realm_access.roles`. */
function at(all: JsonObject, claim: string): Json | undefined {
  if (Object.hasOwn(all, claim)) return all[claim];
  let found: Json | undefined = all;
  for (const part of claim.split('.')) {
    const isPlain: boolean = typeof found === 'object' && found !== null && !isJsonArray(found);
    found = isPlain && Object.hasOwn(found as JsonObject, part) ? (found as JsonObject)[part] : undefined;
  }
  return found;
}

function groupsOf(claim: Json | undefined): readonly string[] {
  if (typeof claim === 'string') return [claim];
  if (claim === undefined || !isJsonArray(claim)) return [];
  return claim.slice(0, GROUPS_MAX).filter((group) => typeof group === 'string');
}

/** The widest role of the groups somebody is in, or the one for those who are in none; null for nothing at all. */
export function roleOf({ roles, defaultRole }: SignInProvider, groups: readonly string[]): Role | null {
  const isIn = new Set(groups);
  const given = new Set(roles.filter(({ group }) => isIn.has(group)).map(({ role }) => role));
  return ROLES.findLast((role) => given.has(role)) ?? defaultRole;
}
