/** Every bound of a worker, with the reason for its value. */

/** Records per page and transaction: enough to spread the cost of a commit, few enough to hold locks briefly. */
export const PAGE_RECORDS_MAX = 2_000;
/** How long a worker that runs bulk jobs may be silent before another goes on with them, and how often it gives a sign. */
export const JOB_LEASE_MS = 30_000;
export const JOB_BEAT_MS = 8_000;
/** Writes per delivery: a target's own batch size may cut it further. */
export const DELIVERY_WRITES_MAX = 1_000;
/** Of what the writes of one delivery say: many long texts must not fill the memory. */
export const DELIVERY_CHARACTERS_MAX = 20_000_000;
/** Messages about delivered changes that leave together. */
export const ANNOUNCE_BATCH_MAX = 200;
/** What was refused is told again at least this often: about 130 times in the month for which it is news. */
export const ANNOUNCE_AGAIN_CAP_MS = 6 * 60 * 60_000;
/** Deliveries under way per side, so that the store and the target work at the same time. */
export const DELIVERY_LANES = 4;
/** How long a worker may be silent before another takes over what it was doing. */
export const STREAM_LEASE_MS = 30_000;
export const HINT_LEASE_MS = 30_000;
/** The longest a request may run before its outcome counts as unknown. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Beyond the request's own limit, before a silent worker's writes are called unknown. */
export const SENT_LEASE_MS = REQUEST_TIMEOUT_MS + 10_000;
/** A request leaves within this time of its decision, or not at all: with its own limit it then ends within the lease. */
export const SEND_WITHIN_MS = SENT_LEASE_MS - REQUEST_TIMEOUT_MS;
/** The same for a delivery of very many writes, which is decided and looked at for longer. */
export const BULK_SEND_WITHIN_MS = 60_000;
/** How often an idle loop looks by itself when nobody wakes it. */
export const IDLE_LOOK_MS = 1_000;
/** A side without a change feed is compared as a whole this often. */
export const FEEDLESS_SWEEP_EVERY_MS = 5_000;
/** A side with a change feed is swept this often: the guarantee behind the hints. */
export const SWEEP_EVERY_MS = 24 * 60 * 60 * 1_000;
/** A record that was told of before the answer that would name it, or before every side was read, is looked at again after this. */
export const EARLY_LOOK_MS = 5_000;
/** While the sides are being read for long, a record that is gone is looked at again at least this often. */
export const READ_ANEW_LOOK_MS_MAX = 60_000;
/** Tries of one look at a record before it waits for a person. */
export const LOOK_TRIES_MAX = 7;
/** Tries of one write that fail by its own fault before it waits for a person. */
export const WRITE_TRIES_MAX = 6;
export const RETRY_BASE_MS = 60_000;
export const RETRY_CAP_MS = 32 * 60_000;
/** A system that cannot be reached is asked again soon: it costs no record a try. */
export const OUTAGE_RETRY_BASE_MS = 1_000;
export const OUTAGE_RETRY_CAP_MS = 5 * 60_000;
/** No system is left alone longer on its own word: a wrong `Retry-After` must not stop a sync for days. */
export const RETRY_AFTER_MAX_MS = 60 * 60_000;
/** Waits checked in one transaction. */
export const WAITS_CHECKED_MAX = 500;
/** Records that have got each other's keys in a ring: a longer one is left to a sweep, or to a person. */
export const CLASH_ROUNDS_MAX = 100;
/** Records looked up together at the end of a sweep. */
export const MISSING_RECORDS_MAX = 1_000;
/** A stop must end within 10 s, all else that has to be closed included; requests under way get this long to finish. */
export const STOP_GRACE_MS = 6_000;
/** Connections to a system that does not answer end with what they wait for: nobody waits for that. */
export const CLOSE_WAIT_MS = 1_000;
