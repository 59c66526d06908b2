import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { connectors } from './connectors.ts';

const PROOF = "import { conformance } from '../../connector/conformance/suite.ts';";

test('a connector without a page and without a proof is found for both', async () => {
  expect(
    await planted(connectors, { 'src/connectors/acme/index.ts': '', 'src/connectors/registry.ts': '' }),
  ).toEqual([
    'src/connectors/acme:1 connector has no README.md',
    'src/connectors/acme:1 connector no test of it runs the conformance suite',
  ]);
});

test('the proof is a test that imports the suite, beside the connector or in test/systems', async () => {
  const files = { 'src/connectors/acme/index.ts': '', 'src/connectors/acme/README.md': '' };
  const inSystems = PROOF.replace('../../connector', '../../src/connector');
  expect(await planted(connectors, { ...files, 'src/connectors/acme/acme.test.ts': PROOF })).toEqual([]);
  expect(await planted(connectors, { ...files, 'test/systems/acme.test.ts': inSystems })).toEqual([]);
  expect(await planted(connectors, { ...files, 'src/connectors/acme/acme.ts': PROOF })).toHaveLength(1);
});
