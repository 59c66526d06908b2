/**
 * Bulk jobs and the worker that began them. A job goes on whatever becomes of its worker, so its token is kept before it begins;
 * whoever finds that nobody holds it any more goes on asking, and accounts for every write of it.
 */
import type { BegunJob, WriteResult } from '../connector/contract.ts';
import { ConnectorFailure, type Failure } from '../connector/failure.ts';
import { renderBody } from '../engine/mapping.ts';
import { writeReferences } from '../engine/references.ts';
import { linkAt } from '../engine/state.ts';
import { must } from '../lib/assert.ts';
import type { BulkJobs, ClaimedJob, HeldJob, Try } from '../store/bulk-jobs.ts';
import type { StoredBundle } from '../store/contract.ts';
import { recordAnswers } from './answer.ts';
import { failureOfError } from './failures.ts';
import type { Intent } from './intent.ts';
import { JOB_BEAT_MS, JOB_LEASE_MS } from './limits.ts';
import { callsThere } from './references.ts';
import type { SideRuntime, SyncRuntime } from './runtime.ts';

/** Sends the writes of a delivery, and tells of the jobs that go on by themselves. */
export type Write = (begun?: (job: BegunJob) => Promise<void>) => Promise<readonly WriteResult[]>;

/** What of a delivery is answered, and the writes of jobs that somebody must ask about again. */
export interface Watched {
  readonly results: readonly WriteResult[];
  /** Keys of writes whose outcome only their job can tell. */
  readonly left: ReadonlySet<string>;
  /** Called when the answers are recorded. */
  readonly ended: () => Promise<void>;
}

/** A delivery of which nothing goes on by itself. */
export function answeredBy(results: readonly WriteResult[]): Watched {
  return { results, left: new Set(), ended: () => Promise.resolve() };
}

/** Carries out a delivery of very many writes, and keeps what another worker needs to go on with it. */
export async function writeWatched(
  runtime: SyncRuntime,
  side: SideRuntime,
  intents: readonly Intent[],
  write: Write,
): Promise<Watched> {
  const { jobs } = runtime;
  if (jobs === undefined) return answeredBy(await write());
  const held = new HeldJobs(runtime, jobs);
  await held.note(side, null, intents);
  const byKey = new Map(intents.map((intent) => [intent.request.key, intent]));
  const jobOf = new Map<string, string>();
  const results = await held.during(() =>
    write(async ({ token, keys }) => {
      const own = keys.map((key) => must(byKey.get(key), 'a job is of writes that it was given'));
      const jobId = await held.note(side, token, own);
      for (const key of keys) jobOf.set(key, jobId);
    }),
  );
  const left = results.flatMap((result) =>
    result.kind === 'failed' && result.failure.kind === 'unknownOutcome' && jobOf.has(result.key)
      ? [result.key]
      : [],
  );
  const again = new Set(left.map((key) => jobOf.get(key)));
  return { results, left: new Set(left), ended: () => held.end(({ jobId }) => !again.has(jobId)) };
}

/** Takes up a job that nobody holds any more, to its end. Returns how many there were to take up. */
export async function takeUpJob(runtime: SyncRuntime, side: SideRuntime): Promise<number> {
  const { jobs, name: sync, log } = runtime;
  const { name } = side.model;
  const job = (await jobs?.claim(name, JOB_LEASE_MS)) ?? null;
  if (jobs === undefined || job === null) return 0;
  const held = new HeldJobs(runtime, jobs, [job]);
  const intents = await intentsOf(runtime, side, job.tries);
  if (intents.length > 0) {
    log.warn({ sync, side: name, writes: intents.length }, 'a bulk job of a silent worker is taken up');
    const results = await held.during(() => resultsOf(runtime, side, job, intents));
    // Nobody could be asked: the job is claimed again when its lease has run out.
    if (results === null) return 0;
    await recordAnswers(runtime, side, intents, results);
  }
  await held.end();
  return 1;
}

/** Jobs that this worker holds, for as long as it is alive. */
class HeldJobs {
  readonly #runtime: SyncRuntime;
  readonly #jobs: BulkJobs;
  readonly #held: HeldJob[];

  constructor(runtime: SyncRuntime, jobs: BulkJobs, held: readonly HeldJob[] = []) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#held = [...held];
  }

  /** A job that could not be noted must not begin. */
  async note(side: SideRuntime, token: BegunJob['token'], intents: readonly Intent[]): Promise<string> {
    const jobId = this.#runtime.ids.next();
    const tries = intents.map(({ identityId, writeId, epoch }): Try => ({ identityId, writeId, epoch }));
    try {
      await this.#jobs.note(jobId, side.model.name, token, tries, JOB_LEASE_MS);
    } catch (error) {
      throw new ConnectorFailure(failureOfError(error), { cause: error });
    }
    this.#held.push({ jobId, leaseEpoch: 0 });
    return jobId;
  }

  /** Holds them while the work goes on. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const done = new AbortController();
    const beating = this.#beat(done.signal);
    try {
      return await work();
    } finally {
      done.abort();
      await beating;
    }
  }

  /** Everything is known of those that are over; the others are anybody's when their lease has run out. */
  async end(isOver: (job: HeldJob) => boolean = () => true): Promise<void> {
    await this.#jobs.end(this.#held.filter(isOver));
    await this.#jobs.hold(
      this.#held.filter((job) => !isOver(job)),
      0,
    );
  }

  async #beat(done: AbortSignal): Promise<void> {
    const { clock, log, name: sync } = this.#runtime;
    for (;;) {
      await clock.sleep(JOB_BEAT_MS, done);
      if (done.aborted) return;
      try {
        await this.#jobs.hold(this.#held, JOB_LEASE_MS);
      } catch (error) {
        // If it stays so, another worker goes on as well: answers are told apart by the tries that they are of.
        log.warn({ sync, code: failureOfError(error).code }, 'a bulk job could not be held');
      }
    }
  }
}

const LOST: Failure = {
  kind: 'unknownOutcome',
  code: 'trueup.worker_lost',
  message: 'the worker that sent this write has not reported back',
};

async function resultsOf(
  { name: sync, log }: SyncRuntime,
  { session, model }: SideRuntime,
  { token, ageMs }: ClaimedJob,
  intents: readonly Intent[],
): Promise<readonly WriteResult[] | null> {
  const lost = intents.map(({ request }): WriteResult => ({
    kind: 'failed',
    key: request.key,
    failure: LOST,
  }));
  if (token === null || session.takeUp === undefined) return lost;
  try {
    const requests = intents.map(({ request }) => request);
    return await session.takeUp(model.collection, token, requests, ageMs);
  } catch (error) {
    const { code } = failureOfError(error);
    log.warn({ sync, side: model.name, code }, 'a bulk job could not be asked about');
    return error instanceof ConnectorFailure ? null : lost;
  }
}

/** The writes that are still on the try that the job is of, as they were sent. */
async function intentsOf(
  runtime: SyncRuntime,
  side: SideRuntime,
  tries: readonly Try[],
): Promise<readonly Intent[]> {
  const { name } = side.model;
  return runtime.transaction(async (tx) => {
    const bundles = await tx.lockBundles(tries.map(({ identityId }) => identityId));
    const sent = tries.flatMap(({ identityId, writeId, epoch }) => {
      const bundle = bundles.get(identityId);
      const row = bundle?.writes.find(
        (write) =>
          write.side === name && write.state === 'sent' && write.writeId === writeId && write.epoch === epoch,
      );
      return bundle === undefined || row === undefined ? [] : [{ bundle, row }];
    });
    const callNow = await callsThere(
      tx,
      side.model,
      sent.map(({ row }) => row.body ?? {}),
    );
    return sent.map(({ bundle, row }) => {
      const { body: there } = writeReferences(side.model, must(row.body, 'a sent write has a body'), callNow);
      return intentAgain(side, bundle, row, there);
    });
  });
}

function intentAgain(
  side: SideRuntime,
  bundle: StoredBundle,
  row: StoredBundle['writes'][number],
  there: Intent['body'],
): Intent {
  const { identityId, writeId, attempts, epoch, kind, seq, recordId, ifVersion } = row;
  const rendering = renderBody(side.model, there, kind === 'create');
  const link = linkAt(bundle, side.model.name);
  // A record that was looked at since the sending is told by its version; without one it counts as looked at.
  const isAsSent = ifVersion !== null && link?.version === ifVersion;
  return {
    identityId,
    side: side.model.name,
    writeId,
    attempts,
    sentAtMs: must(row.firstSentAtMs, 'a sent write was sent'),
    sentAgainst: {
      version: ifVersion,
      asOfMs: isAsSent ? link.asOfMs : -1,
      accounted: {},
      unread: {},
      called: {},
    },
    // What things were called when the job was made is known no more.
    called: {},
    epoch,
    kind,
    body: must(row.body, 'a sent write has a body'),
    seq,
    recordId,
    ifVersion,
    request: {
      key: writeId,
      kind,
      recordId,
      ifVersion,
      // What the mapping gives no more names no row of the job, and is settled by evidence.
      fields: rendering.kind === 'natives' ? rendering.natives : new Map(),
    },
  };
}
