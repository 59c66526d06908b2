/** What a system sends by itself when something has changed in it: one address per connection, and how to read what comes. */
import type { Judging } from './http/webhook/intake.ts';
import type { Delivery } from './http/webhook/signature.ts';

/** The setting under which every connector takes the secret of its webhook. */
export const WEBHOOK_SECRET = 'webhook_secret';
/** The one before it, which counts too while the system still signs with it. */
export const WEBHOOK_SECRET_BEFORE = 'webhook_secret_before';

/** A record of which a delivery says that it may have changed, or gone. */
export interface ToldRecord {
  readonly collection: string;
  readonly recordId: string;
}

/** How the deliveries of one connection are judged and read. */
export interface Webhook extends Judging {
  /** The collections of which it tells, each with how long a look may lag behind the telling, in milliseconds. */
  readonly readLagMs: ReadonlyMap<string, number>;
  /**
   * The records that a signed delivery names, in collections of `readLagMs`; empty where it is about something else. Null where
   * it cannot be read. Nothing else of it is ever taken over.
   */
  readonly read: (delivery: Delivery) => readonly ToldRecord[] | null;
}
