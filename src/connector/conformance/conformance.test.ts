/** The suite against a faultless system in memory, and against the same system with one fault at a time. */
import { describe, expect, test } from 'vitest';

import { memoryDigests, type DigestFault } from '../../../test/support/memory-digests.ts';
import { must } from '../../lib/assert.ts';
import { systemClock } from '../../lib/clock.ts';
import type {
  CapabilityCard,
  ChangePage,
  Lookup,
  Session,
  SnapshotPage,
  SystemRecord,
  WriteRequest,
  WriteResult,
} from '../contract.ts';
import { ConnectorFailure } from '../failure.ts';
import type { Fields } from './harness.ts';
import { conformanceCases, type ConformanceHarness } from './index.ts';

const CARD: CapabilityCard = {
  version: 'opaque',
  conditionalWrite: true,
  createIdentity: 'search',
  readLagMs: 0,
  deletes: 'feed',
  feed: 'log',
  executionMaxMs: 0,
  writeBatchMax: 10,
  getBatchMax: 10,
  can: { create: true, update: true, delete: true },
};
const NAMES = ['key', 'text'];

/** What is wrong with the system; each name is the case that must catch it. */
type Fault = string | null;

interface Entry {
  readonly fields: Fields;
  readonly version: number;
}

class MemorySystem {
  readonly records = new Map<string, Entry>();
  readonly log: { readonly id: string; readonly kind: 'changed' | 'deleted' }[] = [];
  readonly fault: Fault;
  /** What is to go wrong next, or goes wrong now. */
  trouble: 'loseAnswer' | 'loseRequest' | 'outage' | 'ended' | null = null;
  #ids = 0;

  constructor(fault: Fault) {
    this.fault = fault;
  }

  set(id: string | null, fields: Fields): string {
    const key = id ?? `r${String((this.#ids += 1)).padStart(3, '0')}`;
    const version = this.fault === 'version-changes' && id !== null ? 1 : this.log.length + 1;
    this.records.set(key, {
      fields: new Map([...(this.records.get(key)?.fields ?? []), ...fields]),
      version,
    });
    this.log.push({ id: key, kind: 'changed' });
    return key;
  }

  remove(id: string): void {
    this.records.delete(id);
    if (this.fault !== 'feed-delete') this.log.push({ id, kind: 'deleted' });
  }
}

function failed(key: string, kind: 'precondition' | 'invalid' | 'transient' | 'unknownOutcome'): WriteResult {
  return { kind: 'failed', key, failure: { kind, code: `memory.${kind}`, message: kind } };
}

/** The session with everything that may go wrong between it and the system. */
function troubledSession(system: MemorySystem): Session {
  const session = memorySession(system);
  const { fault } = system;
  const assertThere = (): void => {
    const kind = system.trouble === 'ended' ? 'auth' : 'transient';
    const isAway =
      system.trouble === 'outage' || (system.trouble === 'ended' && fault === 'trouble-ended-session');
    if (isAway) throw new ConnectorFailure({ kind, code: 'memory.away', message: 'nobody answers' });
  };
  return {
    ...session,
    get: async (...given) => {
      if (fault === 'trouble-outage-read' && system.trouble === 'outage')
        return given[1].map((id) => ({ kind: 'absent', id }));
      assertThere();
      return await session.get(...given);
    },
    readAll: (request) => {
      assertThere();
      return session.readAll(request);
    },
    write: async (collection, requests) => {
      const { trouble } = system;
      if (trouble === 'outage' && fault === 'trouble-outage-write')
        return requests.map(({ key }) => ({ kind: 'written', key, recordId: 'r1', version: null }));
      assertThere();
      if (trouble !== 'loseAnswer' && trouble !== 'loseRequest')
        return await session.write(collection, requests);
      system.trouble = null;
      if (trouble === 'loseAnswer') await session.write(collection, requests);
      return requests.map(({ key, kind }) => {
        if (trouble === 'loseRequest')
          return failed(key, fault === 'trouble-lost-request' ? 'invalid' : 'transient');
        return failed(key, fault === `trouble-lost-${kind}` ? 'transient' : 'unknownOutcome');
      });
    },
  };
}

function memorySession(system: MemorySystem): Session {
  const { fault, records, log } = system;
  const recordOf = (id: string, fields: readonly string[]): SystemRecord | null => {
    const entry = records.get(id);
    if (entry === undefined) return null;
    const names = fault === 'read-fields' ? NAMES : fields;
    const version = fault === 'version-stable' ? Math.floor(systemClock.monotonicMs() * 1e6) : entry.version;
    return {
      id,
      version: String(version),
      fields: new Map(names.map((name) => [name, entry.fields.get(name) ?? null])),
    };
  };
  const writeOne = (request: WriteRequest): WriteResult => {
    const { key, kind, recordId, ifVersion } = request;
    if (kind === 'create') {
      if (request.fields.get('key') === null)
        return failed(key, fault === 'write-one-bad' ? 'precondition' : 'invalid');
      return answerOf(system, request, system.set(null, request.fields), undefined);
    }
    const present = records.get(must(recordId, 'a record'));
    if (present === undefined && fault !== 'update-gone') return failed(key, 'precondition');
    const stale = ifVersion !== null && String(present?.version) !== ifVersion;
    if (stale && fault !== `stale-${kind}`) return failed(key, 'precondition');
    if (kind === 'delete') system.remove(recordId ?? '');
    else system.set(recordId, written(fault, request.fields));
    return answerOf(system, request, recordId ?? '', present);
  };
  return {
    describe: (names) => {
      const unknown = names?.find((name) => name !== 'things');
      const message = fault === 'describe-unknown' ? 'no' : 'no such collection; there is "things"';
      if (unknown !== undefined)
        throw new ConnectorFailure({ kind: 'config', code: 'memory.unknown', message });
      const fields = NAMES.map((name) => ({
        name,
        type: { kind: 'text' } as const,
        required: false,
        readOnly: false,
        unique: false,
      }));
      return Promise.resolve([{ name: 'things', fields, card: CARD, recordsEstimate: null }]);
    },
    readAll: async function* ({ fields, resume, pageRecordsMax }) {
      const after = typeof resume === 'string' ? resume : '';
      const ids = [...records.keys()].filter((id) => id > after).toSorted();
      for (let from = 0; from === 0 || from < ids.length; from += pageRecordsMax) {
        const part = ids.slice(from, from + pageRecordsMax);
        const read = part.flatMap((id) => recordOf(id, fields) ?? []);
        const page: SnapshotPage = {
          records: fault === 'read-all-once' ? read.slice(0, 2) : read,
          unreadable: [],
          resume:
            fault === 'read-all-resume' ? (ids.at(from + pageRecordsMax) ?? null) : (part.at(-1) ?? null),
          complete: from + pageRecordsMax >= ids.length && fault !== 'read-all-empty',
        };
        yield await Promise.resolve(page);
      }
    },
    readChanges: async function* ({ since, follow, pageRecordsMax, signal }) {
      if (since !== null && typeof since !== 'number') {
        const code = fault === 'feed-foreign-cursor' ? 'memory.odd' : 'memory.cursor_expired';
        throw new ConnectorFailure({ kind: 'config', code, message: 'not a cursor of ours' });
      }
      let at = since ?? (fault === 'feed-present' ? 0 : log.length);
      let sent = since === null || fault === 'feed-alive';
      if (since === null) yield pageOf(log.slice(at), at);
      let waits = true;
      while (waits) {
        while (at < log.length) {
          const part = log.slice(at, at + pageRecordsMax);
          at += fault === 'feed-ties' ? 7 : part.length;
          yield pageOf(fault === 'feed-edit' ? [] : part, at);
        }
        if (!sent) yield pageOf([], at);
        sent = true;
        if (follow) await systemClock.sleep(20, signal);
        if (fault === 'feed-abort' && signal.aborted) await new Promise(() => undefined);
        waits = follow && since !== null && !signal.aborted;
      }
    },
    get: (_collection, ids, fields) => {
      const lookups = ids.map((id): Lookup => {
        const record = recordOf(id, fields);
        return record === null
          ? { kind: fault === 'get-absent' ? 'hidden' : 'absent', id }
          : { kind: 'found', record };
      });
      return Promise.resolve(fault === 'get-order' ? lookups.toReversed() : lookups);
    },
    find: (_collection, field, values, fields, recordsMax) => {
      const wanted = fault === 'find' ? values.slice(0, 1) : values;
      const hits = [...records].filter(([, entry]) => wanted.includes(entry.fields.get(field) ?? null));
      const ids = fault === 'find-nothing' ? [...records.keys()] : hits.map(([id]) => id);
      return Promise.resolve(ids.slice(0, recordsMax).flatMap((id) => recordOf(id, fields) ?? []));
    },
    write: (_collection, requests) => {
      const results = requests.map(writeOne);
      return Promise.resolve(fault === 'write-order' ? results.toReversed() : results);
    },
    digests: memoryDigests(records, digestFaultOf(fault)),
    close: () => Promise.resolve(),
  };
}

function digestFaultOf(fault: Fault): DigestFault {
  const [, which] = /^digests: (forgets|drops|unseeded)$/.exec(fault ?? '') ?? [];
  return (which as DigestFault | undefined) ?? null;
}

/** Tells all that the record holds, or less, or what it does not hold. */
function answerOf(
  { fault, records }: MemorySystem,
  request: WriteRequest,
  recordId: string,
  before: Entry | undefined,
): WriteResult {
  const answer = { kind: 'written' as const, key: request.key, recordId };
  const entry = records.get(recordId);
  if (entry === undefined || fault === 'version-stable') return { ...answer, version: null };
  const version = String(fault === 'written-version' ? 0 : entry.version);
  if (fault === 'untold: all') return { ...answer, version };
  if (fault === `untold: ${request.kind}`) return { ...answer, version, fields: new Map() };
  const fields = fault === 'untold: the present' ? (before?.fields ?? entry.fields) : entry.fields;
  return { ...answer, version, fields };
}

function pageOf(hints: ChangePage['hints'], cursor: number): ChangePage {
  return { records: [], hints, unreadable: [], cursor, caughtUp: false };
}

function written(fault: Fault, fields: Fields): Fields {
  const text = fields.get('text');
  switch (fault) {
    case 'update':
      return new Map([...fields, ['key', 'lost']]);
    case 'null-and-empty':
      return text === '' ? new Map([['text', null]]) : fields;
    case 'text-spaces':
      return new Map([['text', typeof text === 'string' ? text.trim() : null]]);
    case 'text-crlf':
      return new Map([['text', typeof text === 'string' ? text.replaceAll('\r', '') : null]]);
    default:
      return fields;
  }
}

function harnessOf(fault: Fault): ConformanceHarness {
  return {
    feedLagMsMax: 200,
    fields: {
      names: NAMES,
      sample: (index) =>
        new Map([
          ['key', `k${String(index)}`],
          ['text', `t${String(index)}`],
        ]),
      key: 'key',
      text: 'text',
      refused: new Map([['key', null]]),
      absentId: 'r999',
    },
    open: () => {
      const system = new MemorySystem(fault);
      return Promise.resolve({
        session: troubledSession(system),
        collection: 'things',
        trouble: {
          loseAnswer: () => (system.trouble = 'loseAnswer'),
          loseRequest: () => (system.trouble = 'loseRequest'),
          outage: () => {
            system.trouble = 'outage';
            return () => (system.trouble = null);
          },
          endSession: async () => void (system.trouble = 'ended'),
        },
        user: {
          create: (list) => Promise.resolve(list.map((fields) => system.set(null, fields))),
          edit: (id, fields) => Promise.resolve(void system.set(id, fields)),
          delete: (id) => Promise.resolve(system.remove(id)),
        },
        reopen: () => Promise.resolve(memorySession(system)),
        close: () => Promise.resolve(),
      });
    },
  };
}

const CASES = conformanceCases();
const SLOW = new Set(['feed-alive']);
const CAUGHT = [
  'describe-unknown',
  'read-all-empty',
  'read-all-once',
  'read-all-resume',
  'read-fields',
  'get-order',
  'get-absent',
  'find',
  'find-nothing',
  'version-stable',
  'version-changes',
  'update',
  'written-version',
  'update-gone',
  'stale-update',
  'stale-delete',
  'write-order',
  'write-one-bad',
  'text-spaces',
  'text-crlf',
  'null-and-empty',
  'feed-present',
  'feed-edit',
  'feed-ties',
  'feed-delete',
  'feed-foreign-cursor',
  'feed-abort',
  'feed-alive',
  'trouble-lost-create',
  'trouble-lost-update',
  'trouble-lost-request',
  'trouble-outage-write',
  'trouble-outage-read',
  'trouble-ended-session',
];

describe('a faultless system', () => {
  for (const { name, run } of CASES) {
    test(`passes ${name}`, async () => {
      expect(await run(harnessOf(null))).toEqual({ kind: 'held' });
    });
  }
});

describe('a faulty system', () => {
  for (const name of CAUGHT) {
    test(`is caught by ${name}`, { concurrent: SLOW.has(name) }, async () => {
      const found = must(
        CASES.find((entry) => entry.name === name),
        `there is a case ${name}`,
      );
      await expect(found.run(harnessOf(name))).rejects.toThrow(/must|may/);
    });
  }
});

describe('an answer that does not tell', () => {
  for (const what of ['all', 'create', 'update', 'the present'])
    test(`${what} is caught by written-version`, async () => {
      const found = must(
        CASES.find(({ name }) => name === 'written-version'),
        'the case is there',
      );
      await expect(found.run(harnessOf(`untold: ${what}`))).rejects.toThrow(/must/);
    });
});

describe('a system whose digests', () => {
  const found = must(
    CASES.find(({ name }) => name === 'digests'),
    'the case is there',
  );
  test.each(['forgets', 'drops', 'unseeded'])('%s is caught by digests', async (what) => {
    await expect(found.run(harnessOf(`digests: ${what}`))).rejects.toThrow(/must/);
  });
});

test('an exception is reported with its reason, and a misspelt one is refused', async () => {
  const [first] = CASES;
  const harness = harnessOf(null);
  const excepted = { ...harness, exceptions: { [first?.name ?? '']: 'because' } };
  expect(await first?.run(excepted)).toEqual({ kind: 'notApplicable', reason: 'because' });
  await expect(first?.run({ ...harness, exceptions: { nonsense: 'because' } })).rejects.toThrow(
    /which is no case/,
  );
});

test('case names and titles never repeat', () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  expect(new Set(CASES.map(({ title }) => title)).size).toBe(CASES.length);
});
