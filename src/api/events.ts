/** Who is told when something has changed: one look at the store a second serves every page of a workspace. */
import { allSyncs } from '../store/control.ts';
import { pulse, type Pulse } from '../store/pulse.ts';
import type { ApiHost } from './host.ts';
import { ApiProblem } from './problem.ts';
import type { Tasks } from './tasks.ts';

export type Topic = keyof Pulse | 'tasks';

/** Called with what has changed, at most once a second. */
export interface Listener {
  (topics: readonly Topic[]): void;
}

export interface Events {
  /** Throws `too_many` beyond a bound per account and for all. What it returns ends it. */
  listen(workspaceNo: number, accountId: string, listener: Listener): () => void;
  close(): void;
}

const LOOK_EVERY_MS = 1_000;
const PER_ACCOUNT_MAX = 10;
const LISTENERS_MAX = 500;

interface Listening {
  readonly workspaceNo: number;
  readonly accountId: string;
  readonly listener: Listener;
}

export function createEvents(host: ApiHost, tasks: Tasks): Events {
  const listening = new Set<Listening>();
  const watched = new Set<number>();
  const stop = new AbortController();

  const watch = async (workspaceNo: number): Promise<void> => {
    let before: Readonly<Record<Topic, string>> | null = null;
    const here = (): readonly Listening[] => [...listening].filter((one) => one.workspaceNo === workspaceNo);
    while (!stop.signal.aborted && here().length > 0) {
      const now: Readonly<Record<Topic, string>> | null = await look(host, tasks, workspaceNo);
      const topics = now === null || before === null ? [] : changed(before, now);
      if (topics.length > 0) for (const { listener } of here()) listener(topics);
      before = now ?? before;
      await host.clock.sleep(LOOK_EVERY_MS, stop.signal);
    }
    watched.delete(workspaceNo);
  };

  return {
    listen: (workspaceNo, accountId, listener) => {
      const own = [...listening].filter((one) => one.accountId === accountId).length;
      if (own >= PER_ACCOUNT_MAX || listening.size >= LISTENERS_MAX)
        throw new ApiProblem('too_many', {
          detail: 'enough pages are listening',
          advice: 'Close some of them.',
          headers: { 'retry-after': '30' },
        });
      const one = { workspaceNo, accountId, listener };
      listening.add(one);
      if (!watched.has(workspaceNo)) {
        watched.add(workspaceNo);
        // Nothing of a look can fail: what cannot be reached has not changed. So this only ends.
        watch(workspaceNo).catch(() => watched.delete(workspaceNo));
      }
      return () => {
        listening.delete(one);
      };
    },
    close: () => stop.abort(),
  };
}

/** Null when the store cannot be reached: then nothing is known to have changed. */
async function look(
  host: ApiHost,
  tasks: Tasks,
  workspaceNo: number,
): Promise<Readonly<Record<Topic, string>> | null> {
  try {
    const seen = await host.database.transaction(workspaceNo, async (tx) =>
      pulse(
        tx,
        (await allSyncs(tx)).map(({ syncKey }) => syncKey),
      ),
    );
    return { ...seen, tasks: String(tasks.changes(workspaceNo)) };
  } catch {
    return null;
  }
}

const TOPICS: readonly Topic[] = ['overview', 'holds', 'runs', 'connections', 'syncs', 'tasks'];

function changed(
  before: Readonly<Record<Topic, string>>,
  now: Readonly<Record<Topic, string>>,
): readonly Topic[] {
  return TOPICS.filter((topic) => before[topic] !== now[topic]);
}
