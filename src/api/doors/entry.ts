/** What people and programs come in with: made here, sent once, kept as a hash. */
import { createHash, createHmac } from 'node:crypto';

import type { Random } from '../../lib/random.ts';

const BYTES = 32;
const TOKEN_PREFIX = 'trueup_';

/** A text to come in with. The workspace is part of it: nothing can be looked up before it is known. */
export interface Key {
  readonly workspaceNo: number;
  readonly text: string;
  readonly hash: Uint8Array;
}

export function newSessionKey(workspaceNo: number, random: Random): Key {
  return keyOf(workspaceNo, `${String(workspaceNo)}.${secretPart(random)}`);
}

/** Begins with a word that scanners of leaked secrets can look for. */
export function newTokenKey(workspaceNo: number, random: Random): Key {
  return keyOf(workspaceNo, `${TOKEN_PREFIX}${String(workspaceNo)}_${secretPart(random)}`);
}

/** Null when the text cannot be one of ours. */
export function sessionKey(text: string): Key | null {
  const [, workspace] = /^(\d{1,9})\.[\w-]{43}$/.exec(text) ?? [];
  return workspace === undefined ? null : keyOf(Number(workspace), text);
}

export function tokenKey(text: string): Key | null {
  const [, workspace] = /^trueup_(\d{1,9})_[\w-]{43}$/.exec(text) ?? [];
  return workspace === undefined ? null : keyOf(Number(workspace), text);
}

/** What a session's writes must carry: known only to pages that could read an answer to this session. */
export function csrfTokenOf(key: Key): string {
  return createHmac('sha256', key.text).update('csrf').digest('base64url');
}

function keyOf(workspaceNo: number, text: string): Key {
  return { workspaceNo, text, hash: createHash('sha256').update(text).digest() };
}

function secretPart(random: Random): string {
  return Buffer.from(random.bytes(BYTES)).toString('base64url');
}
