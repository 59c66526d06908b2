/** A booted Tryton with a session of the connector and a person who works beside it, for the tests of both. */
import { afterAll, beforeAll, inject } from 'vitest';

import type {
  Connector,
  Cursor,
  Session,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../../src/connector/contract.ts';
import { ConnectorFailure, type Failure } from '../../src/connector/failure.ts';
import { tryton as connector } from '../../src/connectors/tryton/index.ts';
import { must } from '../../src/lib/assert.ts';
import { connectorContext } from '../support/connector-context.ts';
import { startTryton, type TrytonSystem } from './tryton.ts';

export const PARTY = 'party.party';
export const GOOD_VAT = 'BE0897223670';
export const OTHER_VAT = 'BE0428759497';
export const BAD_VAT = 'BE0000000000';

const CONTEXT = connectorContext();
const PAGE_RECORDS_MAX = 100;

export interface Workbench {
  readonly system: TrytonSystem;
  readonly session: Session;
  /** A further session, with some settings changed. */
  open(changed?: Readonly<Record<string, string>>): ReturnType<Connector['open']>;
  /** Calls a model's method as a person does. */
  person(method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Creates a party through the connector and reads the fields it was given. */
  create(fields: object): Promise<SystemRecord>;
  update(request: WriteRequest): Promise<WriteResult>;
  read(id: string, fields: readonly string[], collection?: string): Promise<SystemRecord>;
  /** The parties that the change feed reports after the cursor, and where it got to. */
  changedSince(since: Cursor | null): Promise<{ readonly ids: readonly string[]; readonly cursor: Cursor }>;
}

/** A workbench for the tests of one file: started before the first of them, stopped after the last. */
export function trytonWorkbench(): Workbench {
  let system: TrytonSystem | null = null;
  let session: Session | null = null;
  const booted = (): TrytonSystem => must(system, 'tests run after the system was booted');
  const opened = (): Session => must(session, 'tests run after the session was opened');
  beforeAll(async () => {
    system = await startTryton(inject('postgresUrl'));
    session = await open();
  });
  afterAll(async () => {
    await session?.close();
    await system?.stop();
  });
  const open: Workbench['open'] = (changed = {}) => {
    const { url, database, user, password } = booted();
    return connector.open({ url, database, user, password, ...changed }, CONTEXT);
  };
  const read: Workbench['read'] = async (id, fields, collection = PARTY) => {
    const [lookup] = await opened().get(collection, [id], fields);
    if (lookup?.kind !== 'found') throw new Error(`record ${id} is ${String(lookup?.kind)}`);
    return lookup.record;
  };
  return {
    get system() {
      return booted();
    },
    get session() {
      return opened();
    },
    open,
    read,
    person: (method, ...args) => booted().rpc(`model.${method}`, [...args, {}]),
    create: async (fields) => {
      const [result] = await opened().write(PARTY, [createOf('c', fields)]);
      if (result?.kind !== 'written') throw new Error(`create failed: ${JSON.stringify(result)}`);
      return read(result.recordId, Object.keys(fields));
    },
    update: async (request) => {
      const [result] = await opened().write(PARTY, [request]);
      return must(result, 'one request has one result');
    },
    changedSince: async (since) => {
      let cursor = since;
      const ids = new Set<string>();
      const { signal } = new AbortController();
      const request = { collection: PARTY, fields: ['name'], since, signal };
      const pages = opened().readChanges({ ...request, follow: false, pageRecordsMax: PAGE_RECORDS_MAX });
      for await (const page of pages) {
        ({ cursor } = page);
        for (const { id } of page.records) ids.add(id);
      }
      return { ids: [...ids], cursor };
    },
  };
}

export function createOf(key: string, fields: object): WriteRequest {
  return { key, kind: 'create', recordId: null, ifVersion: null, fields: new Map(Object.entries(fields)) };
}

export function updateOf(
  record: { readonly id: string; readonly version: string | null },
  fields: object,
): WriteRequest {
  const entries = new Map(Object.entries(fields));
  return { key: 'u', kind: 'update', recordId: record.id, ifVersion: record.version, fields: entries };
}

/** The failure that the promise is rejected with; anything else is an error of the test. */
export async function failureOf(action: Promise<unknown>): Promise<Failure> {
  const error: unknown = await action.then(() => null).catch((reason: unknown) => reason);
  if (!(error instanceof ConnectorFailure)) throw new Error('expected a ConnectorFailure', { cause: error });
  return error.failure;
}
