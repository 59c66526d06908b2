import { expect, test } from 'vitest';

import { planted } from '../planted.ts';
import { rooms } from './rooms.ts';

test('an unknown folder under src/ is found once, known ones and single files are free', async () => {
  expect(
    await planted(rooms, {
      'src/common/a.ts': '',
      'src/common/b.sql': '',
      'src/lib/a.ts': '',
      'src/main.ts': '',
    }),
  ).toEqual(['src/common:1 room is not a known room']);
});
