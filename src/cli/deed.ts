/** What is done at the command line: under whose name, and its entry in the audit trail. */
import { userInfo } from 'node:os';

import type { Json } from '../lib/json.ts';
import type { Installation } from '../server.ts';
import { audit } from '../store/audit.ts';
import type { Tx } from '../store/database.ts';

/** Who acts: the user that the operating system knows, whatever the environment says. Accounts of the console have an @. */
export function actor(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `user ${String(process.getuid?.() ?? 'unknown')}`;
  }
}

/** Adds the entry in the transaction of the deed. `action` is one of those that the API uses, where it has the same deed. */
export async function noteCommand(
  tx: Tx,
  { workspaceNo }: Installation,
  action: string,
  subject: string,
  detail: Readonly<Record<string, Json>> = {},
): Promise<void> {
  await audit(tx, workspaceNo, { by: actor(), action, subject, detail });
}

/** The same for a deed that brings its own transactions, right after it. */
export function noteCommandAfter(
  installation: Installation,
  action: string,
  subject: string,
  detail: Readonly<Record<string, Json>> = {},
): Promise<void> {
  return installation.transaction((tx) => noteCommand(tx, installation, action, subject, detail));
}
