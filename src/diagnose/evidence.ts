import { raisedAlerts } from '../store/alerts.ts';
import { announcementVitals } from '../store/announcements.ts';
import type { SyncRow } from '../store/control.ts';
import type { Tx } from '../store/database.ts';
import { heldWrites } from '../store/held.ts';
import { refreshProblems } from '../store/problems.ts';
import { countStates, countWrites } from '../store/status.ts';
import { vitalsOf } from '../store/vitals.ts';
import { webhookVitals } from '../store/webhooks.ts';
import { shownProblems } from './problems.ts';
import { ABOUT_CONNECTIONS, type Evidence } from './symptoms.ts';
import { OUTAGE_GRACE_MS } from './watch/problem-conditions.ts';
import { watchAnnouncements, watchSync } from './watch/watchdogs.ts';
import { watchWebhooks } from './watch/webhooks.ts';

const PROBLEMS_MAX = 500;

/** Gathers, in one snapshot of the store, what a diagnosis of the sync goes by. Of other syncs it takes the last look at them. */
export async function gatherEvidence(tx: Tx, sync: SyncRow): Promise<Evidence> {
  const { syncKey, definition } = sync;
  const sides = definition.sides.map(({ name }) => name);
  const writes = await countWrites(tx, syncKey);
  const counts = await countStates(tx, syncKey, sides);
  await refreshProblems(tx, sync);
  const problems = await shownProblems(tx, { syncKey, state: 'open' }, PROBLEMS_MAX + 1);
  const vitals = await vitalsOf(tx, syncKey);
  const announced = await announcementVitals(tx, syncKey);
  const hooked = await webhookVitals(tx, syncKey, definition.sides);
  return {
    sync,
    counts,
    problems: problems.slice(0, PROBLEMS_MAX),
    problemsLeftOut: problems.length > PROBLEMS_MAX,
    vitals,
    conditions: [
      ...watchSync(sync, vitals),
      ...watchAnnouncements(sync, announced, tx.nowMs),
      ...watchWebhooks(sync, hooked, tx.nowMs, OUTAGE_GRACE_MS),
    ],
    ofConnections: (await raisedAlerts(tx)).filter(({ code }) => ABOUT_CONNECTIONS.has(code)),
    heldSets: await heldWrites(tx, syncKey),
    plannedWrites: writes
      .filter(({ state }) => state === 'planned')
      .reduce((sum, { count }) => sum + count, 0),
    nowMs: tx.nowMs,
  };
}
