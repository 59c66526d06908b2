/** Sends the metrics to every collector, and notes how that went. */
import type { NetworkPolicy } from '../../connector/http/network.ts';
import type { Secret } from '../../lib/secret.ts';
import { allCollectors, collectorSecret, noteSent } from '../../store/collectors.ts';
import type { Tx } from '../../store/database.ts';
import { stored } from '../../worker/failures.ts';
import type { Log } from '../../worker/runtime.ts';
import { takeMetrics } from './metrics.ts';
import { sendMetrics } from './otlp.ts';

export interface PushPlace {
  readonly workspaceNo: number;
  readonly network: NetworkPolicy;
  readonly log: Log;
  transaction<T>(action: (tx: Tx) => Promise<T>): Promise<T>;
  secret(name: string): Promise<Secret | null>;
}

/** To all of them, or to one by name. Returns how many took them. */
export async function pushMetrics(place: PushPlace, only: string | null = null): Promise<number> {
  const { workspaceNo, network, log } = place;
  const collectors = (await place.transaction(allCollectors)).filter(
    ({ name }) => only === null || name === only,
  );
  if (collectors.length === 0) return 0;
  const { families, atMs } = await place.transaction(async (tx) => ({
    families: await takeMetrics(tx, workspaceNo),
    atMs: tx.nowMs,
  }));
  const about = { workspace: String(workspaceNo), atMs };
  const took = await Promise.all(
    collectors.map(async ({ name, url, failures }) => {
      const headers = await place.secret(collectorSecret(name));
      const failure = await sendMetrics({ url, headers, network }, families, about);
      // Told when it begins; that it goes on is for the watch to say.
      if (failure !== null && failures === 0)
        log.warn({ collector: name, code: failure.code }, 'the metrics could not be sent');
      await place.transaction((tx) => noteSent(tx, name, failure === null ? null : stored(failure)));
      return failure === null;
    }),
  );
  return took.filter(Boolean).length;
}
