import type { SyncDefinition } from '../../src/engine/model.ts';
import type { Stand } from './stand.ts';

/** A cause that is planted, what Trueup must say of it, and how its advice is followed. */
export interface Scenario {
  readonly title: string;
  readonly definition?: Partial<SyncDefinition>;
  /** The ERP is a simulated Salesforce org; without it a second database. */
  readonly isOrg?: true;
  /** The CRM stands behind an HTTP API that tells of changes by webhooks. */
  readonly isDesk?: true;
  /** Breaks one thing, and lets the people at the CRM go on working. */
  readonly inject: (stand: Stand) => Promise<void>;
  readonly code: string;
  readonly side: 'crm' | 'erp';
  readonly direction: 'in' | 'out' | 'both';
  readonly field?: string;
  /** How many records are affected; 0 for the whole side. */
  readonly records: number;
  /** What the alert says beyond that, where nothing fails and there is no problem to say it. */
  readonly says?: string;
  /** What somebody does who follows the advice, in words and in deeds. */
  readonly advice: string;
  readonly heal: (stand: Stand) => Promise<void>;
}
