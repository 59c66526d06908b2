/** Bulk jobs and how they go on by themselves, at the pace that is set. */
import type { Clock } from '../../lib/clock.ts';
import { parseTable } from './bulk-csv.ts';
import type { IngestJob, JobState, QueryJob } from './bulk-job.ts';
import { runBatch, unknownColumn } from './bulk-rows.ts';
import { SalesforceError } from './failure.ts';
import { RecordIds } from './ids.ts';
import type { Org } from './org.ts';

const BATCH_ROWS = 10_000;
const ENDED: ReadonlySet<JobState> = new Set(['JobComplete', 'Failed', 'Aborted']);

export class BulkJobs {
  /** How long a job waits before it begins, and how long each batch of rows takes. */
  queueMs = 20;
  batchMs = 20;
  /** Rows that are tried together; an abort takes effect between two batches. */
  batchRows = BATCH_ROWS;
  /** Rows of a query's result that are handed out at once, unless the client asks for fewer. */
  resultRows = 50_000;
  /** The next job fails with this text, after so many of its rows were done. */
  failNext: { readonly message: string; readonly afterRows: number } | null = null;
  readonly #org: Org;
  readonly #clock: Clock;
  readonly #ids = new RecordIds();
  readonly #jobs = new Map<string, IngestJob | QueryJob>();
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(org: Org, clock: Clock) {
    this.#org = org;
    this.#clock = clock;
  }

  nextId(): string {
    return this.#ids.next('750');
  }

  add(job: IngestJob | QueryJob): void {
    this.#jobs.set(job.id, job);
    if (job.kind === 'query') this.#begin(job);
  }

  get(id: string): IngestJob | QueryJob | null {
    return this.#jobs.get(id) ?? null;
  }

  all(): readonly (IngestJob | QueryJob)[] {
    return [...this.#jobs.values()];
  }

  /** The upload is in: the job may begin. */
  close(job: IngestJob): void {
    if (job.state !== 'Open') throw wrongState(job);
    this.#become(job, 'UploadComplete');
    this.#begin(job);
  }

  abort(job: IngestJob | QueryJob): void {
    if (ENDED.has(job.state)) throw wrongState(job);
    this.#become(job, 'Aborted');
  }

  remove(job: IngestJob | QueryJob): void {
    if (!ENDED.has(job.state) && job.state !== 'UploadComplete') throw wrongState(job);
    this.#jobs.delete(job.id);
  }

  /** Lets no job go on. Resolves when none is running. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }

  #begin(job: IngestJob | QueryJob): void {
    const running = this.#run(job)
      .catch((error: unknown) => {
        this.#fail(job, error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run(job: IngestJob | QueryJob): Promise<void> {
    if (!(await this.#waited(job, this.queueMs))) return;
    this.#become(job, 'InProgress');
    const fault = this.failNext;
    this.failNext = null;
    await (job.kind === 'ingest' ? this.#ingest(job, fault) : this.#query(job, fault));
  }

  async #ingest(job: IngestJob, fault: BulkJobs['failNext']): Promise<void> {
    const table = parseTable(job.upload ?? '', job.format);
    if (typeof table === 'string') {
      this.#fail(job, table);
      return;
    }
    job.table = table;
    const unknown = unknownColumn(this.#org, job, table.header);
    if (unknown !== null) {
      this.#fail(job, `InvalidBatch : Field name not found : ${unknown}`);
      return;
    }
    const rowsMax = fault?.afterRows ?? table.rows.length;
    for (let start = 0; start < rowsMax; start += this.batchRows) {
      if (!(await this.#waited(job, this.batchMs))) return;
      const rows = table.rows.slice(start, Math.min(rowsMax, start + this.batchRows));
      job.outcomes.push(...runBatch(this.#org, job, table.header, rows));
    }
    if (fault === null) this.#become(job, 'JobComplete');
    else this.#fail(job, fault.message);
  }

  async #query(job: QueryJob, fault: BulkJobs['failNext']): Promise<void> {
    if (!(await this.#waited(job, this.batchMs))) return;
    if (fault !== null) {
      this.#fail(job, fault.message);
      return;
    }
    job.result = job.run();
    this.#become(job, 'JobComplete');
  }

  /** False when the job ended, or everything stopped, in the meantime. */
  async #waited(job: IngestJob | QueryJob, delayMs: number): Promise<boolean> {
    await this.#clock.sleep(delayMs, this.#stopped.signal);
    return !this.#stopped.signal.aborted && !ENDED.has(job.state);
  }

  #become(job: IngestJob | QueryJob, state: JobState): void {
    job.state = state;
    job.changedMs = this.#clock.nowMs();
  }

  #fail(job: IngestJob | QueryJob, message: string): void {
    job.errorMessage = message;
    this.#become(job, 'Failed');
  }
}

/** The refusal of a step that the job's state does not allow. */
export function wrongState(job: IngestJob | QueryJob): SalesforceError {
  return new SalesforceError('INVALIDJOBSTATE', `Invalid job state: ${job.state}. Job id: ${job.id}`);
}
