/** What the user may do in the whole org. Salesforce tells everybody that about themselves, without a right to see the setup. */
import type { CollectionUse, ExcessiveRight } from '../../connector/contract.ts';
import type { SalesforceApi } from './api.ts';
import type { Catalog } from './catalog.ts';
import type { SalesforceObject } from './object.ts';
import { isTrue } from './wire.ts';

interface OrgRight {
  /** Its field of UserPermissionAccess. */
  readonly field: string;
  readonly label: string;
  readonly allows: string;
}

const MODIFY_ALL: OrgRight = {
  field: 'PermissionsModifyAllData',
  label: 'Modify All Data',
  allows: 'read, change and delete every record of every object, whatever is shared with it',
};
/** Part of Modify All Data; told by itself only where that is not there. */
const VIEW_ALL: OrgRight = {
  field: 'PermissionsViewAllData',
  label: 'View All Data',
  allows: 'read every record of every object, whatever is shared with it',
};
const OTHERS: readonly OrgRight[] = [
  {
    field: 'PermissionsManageUsers',
    label: 'Manage Users',
    allows: 'create users, set their passwords and give them, and itself, any right',
  },
  {
    field: 'PermissionsCustomizeApplication',
    label: 'Customize Application',
    allows: 'change objects, fields, rules and flows',
  },
  {
    field: 'PermissionsAuthorApex',
    label: 'Author Apex',
    allows: 'install programs that run with every right',
  },
];

export async function rightsBeyond(
  api: SalesforceApi,
  catalog: Catalog,
  uses: readonly CollectionUse[],
): Promise<readonly ExcessiveRight[]> {
  const all = [MODIFY_ALL, VIEW_ALL, ...OTHERS];
  const soql = `SELECT ${all.map(({ field }) => field).join(', ')} FROM UserPermissionAccess LIMIT 1`;
  const [granted] = (await api.query(soql, { purpose: 'person' })).rows;
  const has = ({ field }: OrgRight): boolean => isTrue(granted?.[field]);
  const names = uses.map(({ collection }) => collection);
  const found = all.filter((right) => has(right) && !(right === VIEW_ALL && has(MODIFY_ALL)));
  const objects = has(MODIFY_ALL) ? [] : await deletable(catalog, uses);
  return [...found.map((right) => orgRight(right, names)), ...objects.map(deleteRight)];
}

function orgRight(right: OrgRight, names: readonly string[]): ExcessiveRight {
  const instead =
    right === MODIFY_ALL || right === VIEW_ALL
      ? ` Where the sync must see all records of an object, give View All Records on ${names.join(', ')} instead.`
      : '';
  return {
    right: right.label,
    allows: right.allows,
    remedy:
      `In Setup, open Users, the sync’s user, View Summary, User Permissions: it says which profile or permission sets ` +
      `give ${right.label}. Take it out of each, or give the user others: a profile without it (Minimum Access) and one permission ` +
      `set with API Enabled and the objects ${names.join(', ')}.${instead}`,
  };
}

/** Objects that may be deleted from although no sync deletes there. */
async function deletable(
  catalog: Catalog,
  uses: readonly CollectionUse[],
): Promise<readonly SalesforceObject[]> {
  const unneeded = uses.filter((use) => !use.delete);
  const objects = await Promise.all(unneeded.map(({ collection }) => catalog.object(collection)));
  return objects.filter(({ can }) => can.delete);
}

function deleteRight({ name, label }: SalesforceObject): ExcessiveRight {
  return {
    right: `Delete on ${name}`,
    allows: `delete records of ${name}, which no sync does`,
    remedy: `In Setup, open the permission set of the sync’s user, Object Settings, ${label}, and take away Delete.`,
  };
}
