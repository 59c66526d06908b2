import { expect, test } from 'vitest';

import { ManualClock } from '../../test/support/manual-clock.ts';
import { wordsLog } from './log.ts';

test('a log in words is one line each, with what it is about, and without what must not be shown', () => {
  const lines: string[] = [];
  const log = wordsLog((line) => lines.push(line), new ManualClock());
  log.info({ sync: 'customers', revision: 3, side: null }, 'a sync runs here');
  log.warn(
    { code: 'postgres.auth', url: 'postgres://ann:word@db', password: 'word' },
    'a sync could not run',
  );
  log.error({}, 'the store could not be read');
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d/, 'TIME'))).toEqual([
    'TIME  a sync runs here (sync customers, revision 3)',
    'TIME  warning: a sync could not run (code postgres.auth)',
    'TIME  error: the store could not be read',
  ]);
});
