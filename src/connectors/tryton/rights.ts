/** Whether the user administers Tryton. Whoever may change users may give itself every other right. */
import type { CollectionUse, ExcessiveRight } from '../../connector/contract.ts';
import type { TrytonClient } from './client.ts';
import { isObject } from './wire.ts';

const USERS = 'res.user';

export async function rightsBeyond(
  client: TrytonClient,
  uses: readonly CollectionUse[],
): Promise<readonly ExcessiveRight[]> {
  const answer = await client.model('ir.model.access', 'get_access', [[USERS]], { effect: 'read' });
  const access = isObject(answer) ? answer[USERS] : undefined;
  if (!isObject(access) || !isGranted(access['write'])) return [];
  const models = uses.map(({ collection }) => collection).join(', ');
  return [
    {
      right: 'administrator',
      allows: 'create users, change their passwords and groups, and so do everything in this database',
      remedy:
        'In Tryton, open Administration, Users, Users, make a user of its own for the sync, and put it into no group but one whose ' +
        `access rights (Administration, Models, Access) cover ${models} and what its README names. Then connect with that user. ` +
        'If the sync has a user of its own already, take it out of the group Administration.',
    },
  ];
}

/** Tryton spells a right as a number or a boolean. */
function isGranted(value: unknown): boolean {
  return value === true || (typeof value === 'number' && value > 0);
}
