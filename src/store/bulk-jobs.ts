/** Bulk jobs under way: the system goes on with them whatever becomes of the worker that began them. */
import type { Json } from '../lib/json.ts';
import type { Tx } from './database.ts';

/** A write, and the very try of it. */
export interface Try {
  readonly identityId: string;
  readonly writeId: string;
  readonly epoch: number;
}

/** A job and the right to it: of the one who noted it, the epoch is 0. */
export interface HeldJob {
  readonly jobId: string;
  readonly leaseEpoch: number;
}

/** A job whose worker has gone silent, left to the caller for the length of the lease. */
export interface ClaimedJob extends HeldJob {
  /** What its connector needs to take it up; null for a delivery of which no job is known to have these writes. */
  readonly token: Json | null;
  readonly tries: readonly Try[];
  /** Since it was noted, by the store's clock. */
  readonly ageMs: number;
}

/** The jobs of one sync, each call a transaction of its own. */
export interface BulkJobs {
  /** Notes a job, held by the caller for the length of the lease. */
  note(
    jobId: string,
    side: string,
    token: Json | null,
    tries: readonly Try[],
    leaseMs: number,
  ): Promise<void>;
  /** Goes on holding jobs that nobody else has claimed. */
  hold(jobs: readonly HeldJob[], leaseMs: number): Promise<void>;
  /** Takes a job of the side that nobody holds any more; null where there is none. */
  claim(side: string, leaseMs: number): Promise<ClaimedJob | null>;
  /** Everything is known of these jobs. Those that somebody else has claimed stay. */
  end(jobs: readonly HeldJob[]): Promise<void>;
}

export function bulkJobs(
  transaction: <T>(action: (tx: Tx) => Promise<T>) => Promise<T>,
  syncKey: string,
): BulkJobs {
  return {
    note: (jobId, side, token, tries, leaseMs) =>
      transaction(async (tx) => {
        await tx.execute(
          `insert into bulk_jobs (sync_key, job_id, side, token, identity_ids, write_ids, epochs, lease_until)
           values ($1, $2, $3, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8 / 1000.0))`,
          [
            syncKey,
            jobId,
            side,
            token === null ? null : JSON.stringify(token),
            tries.map(({ identityId }) => identityId),
            tries.map(({ writeId }) => writeId),
            tries.map(({ epoch }) => epoch),
            leaseMs,
          ],
        );
      }),
    hold: (jobs, leaseMs) =>
      transaction(async (tx) => {
        await tx.execute(
          `update bulk_jobs set lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
             from ${HELD} where ${SAME_JOB}`,
          [syncKey, ...columnsOf(jobs), leaseMs],
        );
      }),
    claim: (side, leaseMs) => transaction((tx) => claim(tx, syncKey, side, leaseMs)),
    end: (jobs) =>
      transaction(async (tx) => {
        await tx.execute(`delete from bulk_jobs using ${HELD} where ${SAME_JOB}`, [
          syncKey,
          ...columnsOf(jobs),
        ]);
      }),
  };
}

const HELD = `unnest($2::uuid[], $3::bigint[]) as held (job_id, lease_epoch)`;
const SAME_JOB = `bulk_jobs.sync_key = $1 and bulk_jobs.job_id = held.job_id and bulk_jobs.lease_epoch = held.lease_epoch`;

function columnsOf(jobs: readonly HeldJob[]): readonly [ids: readonly string[], epochs: readonly number[]] {
  return [jobs.map(({ jobId }) => jobId), jobs.map(({ leaseEpoch }) => leaseEpoch)];
}

/** Of a delivery, the writes that no job of it has: those of a job are told by the job. */
async function claim(tx: Tx, syncKey: string, side: string, leaseMs: number): Promise<ClaimedJob | null> {
  const [row] = await tx.query<{
    job_id: string;
    lease_epoch: string;
    token: Json | null;
    identity_ids: readonly string[];
    write_ids: readonly string[];
    epochs: readonly string[];
    age_ms: number;
  }>(
    `update bulk_jobs
        set lease_epoch = lease_epoch + 1, lease_until = clock_timestamp() + make_interval(secs => $3 / 1000.0)
      where sync_key = $1 and job_id = (
              select job_id from bulk_jobs where sync_key = $1 and side = $2 and lease_until < now()
               order by (token is null), begun_at limit 1 for update skip locked)
     returning job_id, lease_epoch, token, identity_ids, write_ids, epochs,
               extract(epoch from clock_timestamp() - begun_at)::float8 * 1000 as age_ms`,
    [syncKey, side, leaseMs],
  );
  if (row === undefined) return null;
  const tries = row.identity_ids.map((identityId, index): Try => ({
    identityId,
    writeId: row.write_ids[index] ?? '',
    epoch: Number(row.epochs[index]),
  }));
  const job = { jobId: row.job_id, leaseEpoch: Number(row.lease_epoch), token: row.token, ageMs: row.age_ms };
  if (row.token !== null) return { ...job, tries };
  const taken = await tx.query<{ identity_id: string }>(
    `select distinct unnest(identity_ids) as identity_id from bulk_jobs
      where sync_key = $1 and side = $2 and token is not null`,
    [syncKey, side],
  );
  const ofJobs = new Set(taken.map((one) => one.identity_id));
  return { ...job, tries: tries.filter(({ identityId }) => !ofJobs.has(identityId)) };
}
