import { afterAll, beforeAll, expect, test } from 'vitest';

import { clientOf, createTestApi, signInFirst, type Client, type TestApi } from '../../test/support/api.ts';
import { MemorySystem } from '../../test/support/memory-system.ts';
import { createTestRuntime, sharedTestStore, simpleDefinition } from '../../test/support/sync.ts';
import type { FieldDescription } from '../connector/contract.ts';
import { auditPage } from '../store/audit.ts';
import { noteSchema } from '../store/schemas.ts';

const store = sharedTestStore();
let api: TestApi;
let client: Client;
let syncKey: string;
const definition = simpleDefinition(['crm', 'erp']);
const { name } = definition;

const field = (native: string, change: Partial<FieldDescription> = {}): FieldDescription => ({
  name: native,
  type: { kind: 'text' },
  required: false,
  readOnly: false,
  unique: false,
  ...change,
});
const FIELDS = ['email', 'name', 'phone', 'city'].map((native) => field(native));

beforeAll(async () => {
  const systems = { crm: new MemorySystem(), erp: new MemorySystem() };
  ({ syncKey } = await createTestRuntime(store, definition, systems));
  await says(FIELDS, '1');
  api = createTestApi(store);
  client = clientOf(api, await signInFirst(api));
});
afterAll(() => api.close());

/** What the CRM says of its fields from now on. */
async function says(fields: readonly FieldDescription[], hash: string): Promise<void> {
  const seen = {
    side: 'crm',
    collection: 'things',
    fields: JSON.parse(JSON.stringify(fields)) as never,
    hash,
  };
  await store.database.transaction(store.workspaceNo, (tx) => noteSchema(tx, syncKey, seen));
}

async function listed() {
  const { items } = await (await client.api.v1.syncs[':name'].schemas.$get({ param: { name } })).json();
  return items;
}

async function accept(versions: readonly { readonly side: string; readonly version: number }[]) {
  return client.api.v1.syncs[':name'].schemas.acceptance.$post({
    param: { name },
    json: { seen: [...versions] },
  });
}

test('a change is shown as what the field was and is, and accepted as it was seen and not otherwise', async () => {
  await says([...FIELDS, field('born', { type: { kind: 'date' } })], '2');
  const [crm] = await listed();
  expect(crm?.changes).toMatchObject([{ native: 'born', before: null, after: 'date', gravity: 'harmless' }]);
  const stale = await accept([{ side: 'crm', version: 1 }]);
  expect(stale.status).toBe(412);
  const seen = [{ side: 'crm', version: crm?.version ?? 0 }];
  expect(await (await accept(seen)).json()).toEqual({ accepted: 1 });
  expect((await listed())[0]?.changes).toEqual([]);
  const [entry] = await store.database.transaction(store.workspaceNo, (tx) => auditPage(tx, null, 1));
  expect(entry).toMatchObject({ action: 'schemas.accepted', subject: name });
});

test('a change that stops something cannot be accepted, and is named with its fix', async () => {
  await says(
    FIELDS.filter(({ name: native }) => native !== 'phone'),
    '3',
  );
  const [crm] = await listed();
  expect(crm?.changes).toContainEqual(
    expect.objectContaining({ native: 'phone', before: 'text', after: null, gravity: 'stopsField' }),
  );
  const refused = await accept([{ side: 'crm', version: crm?.version ?? 0 }]);
  expect(refused.status).toBe(409);
  const document = (await refused.json()) as unknown as {
    readonly errors: readonly { readonly path: string }[];
  };
  expect(document.errors.map(({ path }) => path)).toContain('phone');
});
