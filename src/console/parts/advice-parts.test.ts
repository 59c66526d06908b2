import { expect, test } from 'vitest';

import { adviceParts } from './advice-parts.ts';

const told = (advice: string): string =>
  adviceParts(advice)
    .map((part) =>
      part.kind === 'words' ? part.words : `<${part.kind === 'place' ? part.to : part.connection}>`,
    )
    .join('');

test.each([
  ['Run: trueup connect crm — it asks for the secret.', 'Run: <crm> — it asks for the secret.'],
  ['Run: trueup connect crm', 'Run: <crm>'],
  [
    'Connect again with `trueup connect`, and see that the app has the scope `api`.',
    'Connect again with </connections>, and see that the app has the scope `api`.',
  ],
  ['Choose the value: trueup holds take, keep or value. To decide', 'Choose the value: </review>. To decide'],
  ['say so: trueup holds emptied side-1', 'say so: </review>'],
  ['see: trueup match report', 'see: </review>'],
  ['See its tries with trueup trace, put it right.', 'See its tries with </records>, put it right.'],
  ['Start one: trueup worker. If one runs', 'Start one: trueup worker. If one runs'],
  ['Correct the e-mail in the system.', 'Correct the e-mail in the system.'],
  ['', ''],
])('%j leads to the pages of the console', (advice, expected) => {
  expect(told(advice)).toBe(expected);
});
