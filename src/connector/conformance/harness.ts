import type { NativeValue } from '../../engine/value.ts';
import type { Session } from '../contract.ts';

/** Native field name → value, as the connector hands them over and takes them. */
export type Fields = ReadonlyMap<string, NativeValue>;

/** What a connector's own test gives the suite: how to reach the system, and what its records look like. */
export interface ConformanceHarness {
  /** Opens a session on a collection that exists and holds no record, unseen by earlier calls. */
  open(): Promise<Stage>;
  readonly fields: SampleFields;
  /** How long after an edit the change feed may take to show it; 10 seconds if not said. */
  readonly feedLagMsMax?: number;
  /** Names of cases that cannot hold for this system, each with the reason. A name that no case has is a mistake. */
  readonly exceptions?: Readonly<Record<string, string>>;
}

/** One empty collection and everything a case may do to it. */
export interface Stage {
  readonly session: Session;
  readonly collection: string;
  readonly user: SystemUser;
  /** What may go wrong between the first session and the system. Absent where nothing can be put between them. */
  readonly trouble?: Trouble;
  /** A further session on the same collection, as after a restart. The suite closes it. */
  reopen(): Promise<Session>;
  /** Closes the first session and takes the collection away. */
  close(): Promise<void>;
}

/** Things that go wrong on order. */
export interface Trouble {
  /** The next write is carried out, and its answer never arrives. */
  readonly loseAnswer: () => void;
  /** The next write never arrives. */
  readonly loseRequest: () => void;
  /** Nobody answers any more until the function that this gives is called. */
  readonly outage: () => () => void;
  /** The login or connection ends as it may at any time; another is to be had. */
  readonly endSession: () => Promise<void>;
}

/** Somebody who works in the system itself, behind the connector's back. */
export interface SystemUser {
  /** The ids of the new records, in order. All at one moment where the system can, so that feeds meet ties. */
  create(records: readonly Fields[]): Promise<readonly string[]>;
  edit(recordId: string, fields: Fields): Promise<void>;
  delete(recordId: string): Promise<void>;
}

/** The fields the suite reads and writes. Values are spelled as the system gives them back. */
export interface SampleFields {
  /** Every field that the suite asks for; at least two. */
  readonly names: readonly string[];
  /** Valid values of all of `names` for record number `index`, from 0. Values of `key` never repeat. */
  sample(index: number): Fields;
  /** One of `names` that `find` can search by. */
  readonly key: string;
  /** One of `names`, not `key`, that takes any text and may be null. */
  readonly text: string;
  /** How much fits into `text`, in characters; 10,000 if not said. */
  readonly textCharactersMax?: number;
  /** Values that the system refuses when a record is created with them; null where it takes everything. */
  readonly refused: Fields | null;
  /** An id of the right shape that no record has. */
  readonly absentId: string;
}
