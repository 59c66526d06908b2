/** The ends of the webhooks of all connections, opened when something comes and kept for moments: a flood opens each once. */
import { allSyncs } from '../store/control.ts';
import { findWorkspace } from '../store/workspaces.ts';
import type { WebhookEnd } from '../worker/told-by-webhook.ts';
import type { ApiHost } from './host.ts';

/** How long a changed secret, description or sync may go unnoticed. */
const KEPT_MS = 5_000;
const ENDS_MAX = 1_000;

/** Null where nobody listens: no such workspace, connection, or webhook of it. */
export type WebhookEnds = (workspace: string, connection: string) => Promise<WebhookEnd | null>;

export function createWebhookEnds(host: ApiHost): WebhookEnds {
  const kept = new Map<string, { readonly end: Promise<WebhookEnd | null>; readonly untilMs: number }>();
  return (workspace, connection) => {
    const key = JSON.stringify([workspace, connection]);
    const nowMs = host.clock.monotonicMs();
    const known = kept.get(key);
    if (known !== undefined && known.untilMs > nowMs) return known.end;
    const end = open(host, workspace, connection);
    kept.delete(key);
    kept.set(key, { end, untilMs: nowMs + KEPT_MS });
    if (kept.size > ENDS_MAX) kept.delete(kept.keys().next().value ?? '');
    // What could not be opened is tried again by whoever comes next.
    end.catch(() => kept.delete(key));
    return end;
  };
}

async function open(host: ApiHost, workspace: string, connection: string): Promise<WebhookEnd | null> {
  const workspaceNo = await host.database.transaction(0, (tx) => findWorkspace(tx, workspace));
  if (workspaceNo === null) return null;
  const webhook = await host.work(workspaceNo).webhook(connection);
  if (webhook === null) return null;
  const syncs = await host.database.transaction(workspaceNo, allSyncs);
  return { workspaceNo, connection, webhook, syncs };
}
