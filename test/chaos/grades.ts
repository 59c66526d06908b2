/** The three systems of a chaos run, each of another grade, and the sync that keeps them in step. */
import type { FieldDefinition, Resolver, SideDefinition, SyncDefinition } from '../../src/engine/model.ts';
import { elementsOf } from '../world/oracle/truth.ts';
import type { Fields } from '../world/records.ts';
import type { SystemShape } from '../world/system-shape.ts';

/** The longest that a proxy keeps a request back before it delivers it after all. */
export const HELD_MAX_MS = 6_000;
/** What the systems' cards say of it, with room for a machine that is busy. */
const EXECUTION_MAX_MS = HELD_MAX_MS + 4_000;

const PLAIN: Omit<SystemShape, 'name'> = {
  version: 'counter',
  conditionalWrite: true,
  createIdentity: 'uniqueKey',
  feed: 'log',
  feedGives: 'hints',
  feedTellsDeletes: true,
  readLagMs: 0,
  executionMaxMs: EXECUTION_MAX_MS,
  tells: 'all',
  gives: () => ({}),
  reusesIds: false,
  normalises: (_field, value) => value,
  automates: () => ({}),
  refuses: () => false,
};

/** An automation that marks every record it sees without the mark. */
const stampTags = (_before: Fields | null, after: Fields): Fields => {
  const tags = elementsOf(after['tags']);
  return tags.includes('seen') ? {} : { tags: [...tags, 'seen'] };
};

export interface GradeOptions {
  /** The shop changes records by itself, in answer to what is written. */
  readonly automations: boolean;
}

/** `crm` can do everything, `erp` tells of no deletes and takes stale writes, `shop` has neither versions nor a feed. */
export function gradesOf({ automations }: GradeOptions): readonly SystemShape[] {
  return [
    { ...PLAIN, name: 'crm' },
    {
      ...PLAIN,
      name: 'erp',
      version: 'content',
      conditionalWrite: false,
      createIdentity: 'search',
      feed: 'cursor',
      feedGives: 'records',
      feedTellsDeletes: false,
      tells: 'nothing',
    },
    {
      ...PLAIN,
      name: 'shop',
      version: 'none',
      conditionalWrite: false,
      createIdentity: 'none',
      feed: 'none',
      feedTellsDeletes: false,
      tells: 'nothing',
      automates: automations ? stampTags : PLAIN.automates,
    },
  ];
}

const SIDES = ['crm', 'erp', 'shop'] as const;
const BY_RANK: Resolver = { kind: 'priority', sides: SIDES };

function field(name: string, resolve: readonly Resolver[], kind: 'text' | 'set' = 'text'): FieldDefinition {
  const ignoreCase = name === 'city';
  return { name, type: { kind }, required: false, ignoreCase, policy: { owners: [], resolve } };
}

const FIELDS: readonly FieldDefinition[] = [
  field('email', [{ kind: 'hold' }]),
  field('name', [BY_RANK]),
  field('city', [{ kind: 'latest' }, BY_RANK]),
  field('tags', [{ kind: 'set' }], 'set'),
];

function side(name: string): SideDefinition {
  const fields = FIELDS.map((one) => ({
    field: one.name,
    native: one.name,
    direction: 'both' as const,
    transforms: [],
  }));
  return { name, connection: name, collection: 'things', fields, creates: true, deletes: true, where: [] };
}

/** People delete far more here than a guard would let pass: what guards do is tried elsewhere. */
export const DEFINITION: SyncDefinition = {
  name: 'things',
  entity: 'Thing',
  fields: FIELDS,
  sides: SIDES.map(side),
  match: [['email']],
  deletes: { mode: 'propagate', from: SIDES, againstEdit: 'hold' },
  guard: { deletesMax: 1_000_000, deletesShareMax: 1_000, changesShareMax: 1_000 },
};
