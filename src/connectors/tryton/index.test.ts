import { expect, test } from 'vitest';

import { connectorContext } from '../../../test/support/connector-context.ts';
import { ConnectorFailure } from '../../connector/failure.ts';
import { seededRandom } from '../../lib/random.ts';
import { freePort } from '../../store/embedded/server.ts';
import { tryton } from './index.ts';

const CONTEXT = connectorContext({ random: seededRandom(1) });
const GOOD = { url: 'http://127.0.0.1:8000', database: 'd', user: 'u', password: 'p-secret' };

async function openFailure(changed: Record<string, string>): Promise<ConnectorFailure['failure']> {
  const error: unknown = await tryton
    .open({ ...GOOD, ...changed }, CONTEXT)
    .catch((reason: unknown) => reason);
  if (error instanceof ConnectorFailure) return error.failure;
  throw new Error('expected a ConnectorFailure', { cause: error });
}

test.each([
  ['url', 'erp.example.com'],
  ['url', 'ftp://erp.example.com'],
  ['url', 'https://user:pw@erp.example.com'],
  ['url', 'https://erp.example.com/company/'],
  ['database', ''],
  ['user', ''],
  ['password', ''],
  ['overlap_s', 'long'],
  ['overlap_s', '-1'],
])('a setting %s of "%s" is refused by name before anything is sent', async (field, value) => {
  expect(await openFailure({ [field]: value })).toMatchObject({
    kind: 'config',
    code: 'tryton.bad_setting',
    field,
  });
});

test('an unreachable server is transient, and the failure holds no secret', async () => {
  const failure = await openFailure({ url: `http://127.0.0.1:${String(await freePort())}` });
  expect(failure).toMatchObject({ kind: 'transient', code: 'tryton.unreachable' });
  expect(JSON.stringify(failure)).not.toContain('p-secret');
});

test('only the password is secret, and optional settings say what holds without them', () => {
  expect(tryton.settings.filter(({ secret }) => secret).map(({ name }) => name)).toEqual(['password']);
  const optional = tryton.settings.filter(({ required }) => !required);
  expect(optional.every(({ title }) => title.includes('default'))).toBe(true);
});
