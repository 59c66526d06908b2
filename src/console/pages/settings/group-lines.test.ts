import { expect, test } from 'vitest';

import { groupLines, rolesIn } from './group-lines.ts';

test('groups are read as they are shown, with = in their names too', () => {
  const roles = [
    { group: 'sync admins', role: 'admin' },
    { group: 'cn=ops', role: 'operator' },
  ] as const;
  expect(rolesIn(`\n${groupLines(roles)}\n\n`)).toEqual(roles);
});

test.each(['ops', 'ops =', '= admin', 'ops = boss'])('a line that names no role is refused: %s', (line) => {
  expect(() => rolesIn(line)).toThrow('is not a group, = and one of viewer, operator, approver, admin');
});
