import { afterAll, beforeAll, expect, test } from 'vitest';

import { runTrueup } from '../../test/support/command.ts';
import { OFFSETS, WEBHOOKS } from '../../test/support/rest-descriptions.ts';
import { startRestSystem, type RestSystem } from '../../test/support/rest-system.ts';
import { openTestFolder, type TestFolder } from '../../test/support/test-folder.ts';
import { signedDelivery } from '../../test/support/webhook-sender.ts';
import { systemClock } from '../lib/clock.ts';
import { serve } from '../serve.ts';
import { openInstallation } from '../server.ts';
import { silentLog } from '../worker/runtime.ts';
import { filesWork } from './serve-dictionary.ts';

const SECRET = Buffer.from('a secret for tests').toString('base64');

let folder: TestFolder;
let system: RestSystem;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  system = await startRestSystem();
  folder = await openTestFolder({
    syncFile: `version: 1
connections:
  people: {system: rest, description: people.yaml, base_url: "${system.origin}", webhook_secret: "\${secret:WEBHOOK}"}
  sheet: {system: files, directory: .}
syncs:
  customers:
    entity: Customer
    fields: {email: {type: email, required: true}, name: {type: text}}
    match: email
    defaults: {policy: hold}
    sides:
      people: {connection: people, collection: people, fields: {email: email, name: name}}
      sheet: {connection: sheet, collection: customers.csv, fields: {email: email, name: name}}
`,
    files: { 'people.yaml': `${OFFSETS}${WEBHOOKS}`, 'customers.csv': 'id,email,name\n' },
  });
  environment = { ...folder.environment, TRUEUP_NETWORK: 'loopback,plain', WEBHOOK: SECRET };
});
afterAll(async () => {
  await folder.close();
  await system[Symbol.asyncDispose]();
});

async function trueup(...args: readonly string[]): Promise<string> {
  const { output, errors } = await runTrueup([...args, '-C', folder.directory], environment);
  return output + errors;
}

test('connect says where the system is to call, and status what it has told since', async () => {
  expect(await trueup('connect', 'people')).toContain(
    'people: for its webhooks enter the address of this server there, and behind it /hooks/default/people',
  );
  expect(await trueup('check')).toContain('changes by reading it all and sooner by its webhook');
  expect(await trueup('plan')).not.toContain('Error');
  expect(await trueup('status')).toContain('webhook at /hooks/default/people: has told of nothing yet');
  const installation = await openInstallation({ directory: folder.directory, environment, log: silentLog });
  const serving = await serve(installation, {
    hostname: '127.0.0.1',
    port: 0,
    publicUrl: null,
    files: filesWork,
  });
  const body = JSON.stringify({ type: 'person.changed', data: { id: 'p1' } });
  const signed = { id: 'm1', atMs: systemClock.nowMs(), secret: SECRET };
  const post = async (secret: string): Promise<number> => {
    const delivery = signedDelivery(body, { ...signed, secret });
    return (await fetch(`${serving.url}/hooks/default/people`, { method: 'POST', ...delivery })).status;
  };
  expect([await post(SECRET), await post('b3RoZXI=')]).toEqual([204, 401]);
  expect(await trueup('status')).toMatch(
    /webhook at \/hooks\/default\/people: last told of people .* ago; 1 refused since .*, the last one as wrong signature/,
  );
  await serving.close();
  await installation.close();
});
