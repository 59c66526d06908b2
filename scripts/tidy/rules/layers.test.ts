import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { MAY_IMPORT } from '../rooms.ts';
import { layers } from './layers.ts';

const ROOMS = [...MAY_IMPORT.keys()];

test('every pair of rooms follows the table', async () => {
  for (const own of ROOMS) {
    for (const other of ROOMS.filter((room) => room !== own)) {
      const found = await planted(layers, {
        [`src/${own}/a.ts`]: `import type { A } from '../${other}/value.ts';`,
      });
      expect(found.length === 0, `${own} → ${other}`).toBe(MAY_IMPORT.get(own)?.includes(other));
    }
  }
});

test('the arrows point down only: no two rooms may import each other', () => {
  for (const own of ROOMS)
    for (const other of MAY_IMPORT.get(own) ?? []) expect(MAY_IMPORT.get(other)).not.toContain(own);
});

test('the path that counts is the resolved one', async () => {
  expect(
    await planted(layers, { 'src/engine/a/b.ts': "import { x } from '../../engine/../store/x.ts';" }),
  ).toEqual(['src/engine/a/b.ts:1 layer engine/ imports store/, against the direction of the layers']);
});

test('imports of every form count: dynamic ones, re-exports, types', async () => {
  const source =
    "const a = await import('../store/a.ts');\nexport { b } from '../store/b.ts';\ntype C = import('../store/c.ts').C;";
  expect(await planted(layers, { 'src/lib/a.ts': source })).toHaveLength(3);
});

test('engine/ imports no package and nothing of node', async () => {
  expect(
    await planted(layers, { 'src/engine/a.ts': "import { z } from 'zod';\nimport fs from 'node:fs';" }),
  ).toEqual([
    'src/engine/a.ts:1 layer imports zod, but engine/ is pure',
    'src/engine/a.ts:2 layer imports node:fs, but engine/ is pure',
  ]);
});

test('a connector and a simulator take types from engine/, not code', async () => {
  const code = "import { f } from '../../engine/value.ts';";
  const types =
    "import type { A } from '../../engine/value.ts';\nimport { type B } from '../../engine/value.ts';";
  const found = await planted(layers, {
    'src/connectors/acme/a.ts': code,
    'src/connectors/acme/b.ts': types,
    'src/simulators/acme/a.ts': code,
    'src/simulators/acme/b.ts': types,
    'src/simulators/acme/c.ts': "import type { A } from '../../engine/plan.ts';",
  });
  expect(found).toEqual([
    'src/connectors/acme/a.ts:1 layer connectors/ imports code of engine/',
    'src/simulators/acme/a.ts:1 layer simulators/ imports code of engine/',
    'src/simulators/acme/c.ts:1 layer a simulator imports src/engine/plan.ts',
  ]);
});

test('a connector knows no other connector, the registry knows them all', async () => {
  const found = await planted(layers, {
    'src/connectors/acme/a.ts': "import { b } from '../other/b.ts';",
    'src/connectors/registry.ts': "import { a } from './acme/a.ts';",
  });
  expect(found).toEqual(['src/connectors/acme/a.ts:1 layer imports the connector other']);
});

test('a database driver is loaded only where a database is at home', async () => {
  const allowed = {
    'src/store/a.ts': "import pg from 'pg';\nimport { from } from 'pg-copy-streams';",
    'src/connectors/postgres/a.ts': "import pg from 'pg';\nimport { S } from 'pg-logical-replication';",
    'src/connectors/mysql/a.ts': "import { createPool } from 'mysql2/promise';",
    'src/worker/a.ts': "import { PgBoss } from 'pg-boss';",
  };
  expect(await planted(layers, allowed)).toEqual([]);
  expect(
    await planted(layers, {
      'src/cli/a.ts': "import pg from 'pg';",
      'src/store/a.ts': "import 'mysql2/promise';",
    }),
  ).toEqual(['src/cli/a.ts:1 layer imports pg', 'src/store/a.ts:1 layer imports mysql2/promise']);
});

test('nothing imports a test file, and what ships imports nothing that does not', async () => {
  const found = await planted(layers, {
    'src/lib/a.ts': "import { b } from '../../test/support/b.ts';",
    'test/support/b.ts': "import { c } from '../../src/lib/c.test.ts';",
    'src/lib/c.test.ts': "import { b } from '../../test/support/b.ts';",
  });
  expect(found).toEqual([
    'src/lib/a.ts:1 layer imports test/support/b.ts, which does not ship',
    'test/support/b.ts:1 layer imports the test file ../../src/lib/c.test.ts',
  ]);
});

test('the files directly in src/ wire everything; commands start them, other rooms do not know them', async () => {
  const found = await planted(layers, {
    'src/server.ts': "import { a } from './worker/a.ts';",
    'src/cli/a.ts': "import { b } from '../server.ts';",
    'src/worker/a.ts': "import { b } from '../server.ts';",
    'src/cli/b.ts': "import { c } from '../main.ts';",
  });
  expect(found).toEqual([
    'src/worker/a.ts:1 layer imports src/server.ts from below',
    'src/cli/b.ts:1 layer imports src/main.ts from below',
  ]);
});
