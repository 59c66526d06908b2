import { expect, test } from 'vitest';

import { failingStand } from '../../test/support/failing.ts';
import { sharedTestStore } from '../../test/support/sync.ts';
import { listProblems } from '../store/problems.ts';
import { bundlePage, gatherBundle } from './bundle.ts';
import { redactMessage, shapeOfText } from './redact.ts';

const store = sharedTestStore();

test('a text keeps its form and loses what it says', () => {
  expect(shapeOfText('Ünal-Ann Lee 7, €12')).toBe('Aaaa-Aaa Aaa 0, €00');
});

test('a message keeps its sense and loses the values it quotes', () => {
  expect(redactMessage('value "Ann" of ann.lee@x.test, phone +49 30 1234567, is not allowed (max 40)')).toBe(
    'value "…" of …@…, phone …, is not allowed (max 40)',
  );
});

test('a bundle tells what is wrong and since when, and holds no value of any record', async () => {
  const stand = await failingStand(store, 'bundled', ['ann']);
  stand.erp.mood.refuse = ({ name }) => ({
    kind: 'invalid',
    code: 'memory.validation',
    message: `the name "${typeof name === 'string' ? name : ''}" is refused`,
    field: 'name',
  });
  const person = {
    email: 'canary-4711@secret.test',
    name: 'Canary Quillfeather',
    phone: '030-4711999',
    city: '</script><b>',
  };
  stand.crm.create(person);
  await stand.settle();
  const bundle = await stand.transaction((tx) => gatherBundle(tx, { node: '24' }));
  const page = bundlePage(bundle);
  expect(page).toContain('memory.validation');
  expect(page).toContain('Aaaaaa Aaaaaaaaaaaa');
  expect(page).not.toMatch(/Quillfeather|canary|4711|secret\.test/i);
  expect(page).not.toMatch(/<b>|src=|href=/);
  const [problem] = await stand.transaction((tx) => listProblems(tx, { syncKey: stand.runtime.syncKey }, 1));
  const opened = new Date(problem?.openedMs ?? 0).toISOString();
  expect(page).toContain(`&quot;opened&quot;: &quot;${opened}&quot;`);
  const [, data = ''] = /<script type="application\/json" id="bundle">([^]*?)<\/script>/.exec(page) ?? [];
  expect(JSON.parse(data)).toMatchObject({
    syncs: [{ name: 'bundled', problems: [{ code: 'memory.validation' }] }],
  });
});
