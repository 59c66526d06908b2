import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { migrations } from './migrations.ts';

const named = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`src/store/migrations/${name}`, '']));

test('numbers that follow each other are right', async () => {
  expect(await planted(migrations, named('0001_links.sql', '0002_writes.sql', '0003_journal.sql'))).toEqual(
    [],
  );
});

test('a gap, a double and a strange name are found', async () => {
  expect(await planted(migrations, named('0001_links.sql', '0003_writes.sql'))).toEqual([
    'src/store/migrations/0003_writes.sql:1 migration is number 0003, expected 0002',
  ]);
  expect(await planted(migrations, named('0001_links.sql', '0001_writes.sql'))).toEqual([
    'src/store/migrations/0001_writes.sql:1 migration is number 0001, expected 0002',
  ]);
  expect(await planted(migrations, named('0001_links.sql', '2-writes.sql'))).toEqual([
    'src/store/migrations/2-writes.sql:1 migration is not named like a migration',
  ]);
});
