/** What the user may do beyond what the syncs need, read from its grants, and the statements that take it away. */
import type { CollectionUse, ExcessiveRight } from '../../connector/contract.ts';
import type { Client } from './client.ts';

/** What reading and writing tables takes. */
const NEEDED: ReadonlySet<string> = new Set(['USAGE', 'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'SHOW VIEW']);
const EVERYTHING = '*.*';

interface Grant {
  readonly privileges: readonly string[];
  /** `*.*`, `` `shop`.* `` or `` `shop`.`customer` ``. */
  readonly scope: string;
  readonly to: string;
  readonly mayGrant: boolean;
}

export async function rightsBeyond(
  client: Client,
  database: string,
  uses: readonly CollectionUse[],
): Promise<readonly ExcessiveRight[]> {
  const grants = (await client.read('show grants for current_user')).flatMap(([line]) => {
    const grant = grantIn(String(line));
    return grant === null ? [] : [grant];
  });
  const needed = (to: string): string =>
    uses
      .map((use) => `grant ${neededBy(use)} on ${quoted(database)}.${quoted(use.collection)} to ${to};`)
      .join('\n');
  return grants.flatMap((grant) => [
    ...(grant.scope === EVERYTHING
      ? overall(grant, needed(grant.to))
      : within(grant, database, needed(grant.to))),
    ...(grant.mayGrant && grant.scope !== EVERYTHING ? [grantOption(grant)] : []),
  ]);
}

/** Null for a line of another kind, such as that of a role. What follows the user's name may be the hash of a password. */
function grantIn(line: string): Grant | null {
  const [, privileges, scope, to, rest] =
    /^GRANT (.+?) ON (\S+) TO ([`'"][^`'"]*[`'"]@[`'"][^`'"]*[`'"])(.*)$/s.exec(line) ?? [];
  if (privileges === undefined || scope === undefined || to === undefined) return null;
  return {
    privileges: privileges.split(/, (?![^(]*\))/).map((privilege) => privilege.trim().toUpperCase()),
    scope,
    to,
    mayGrant: rest?.includes('WITH GRANT OPTION') === true,
  };
}

function overall({ privileges, to, mayGrant }: Grant, needed: string): readonly ExcessiveRight[] {
  const told = [
    ...privileges.filter((privilege) => privilege !== 'USAGE'),
    ...(mayGrant ? ['GRANT OPTION'] : []),
  ];
  if (told.length === 0) return [];
  return [
    {
      right: `${shortened(told)} on *.*`,
      allows: 'act on every database of the server',
      remedy: `revoke all privileges, grant option from ${to};\n${needed}`,
    },
  ];
}

function within(
  { privileges, scope, to }: Grant,
  database: string,
  needed: string,
): readonly ExcessiveRight[] {
  const isAll = privileges.some((privilege) => privilege.startsWith('ALL'));
  const isElsewhere = scope.toLowerCase().split('.')[0] !== quoted(database).toLowerCase();
  const told = isElsewhere ? privileges : privileges.filter((one) => !NEEDED.has(one.replace(/ \(.*$/s, '')));
  if (told.length === 0) return [];
  const remedy = `revoke ${(isAll ? ['all privileges'] : told).join(', ')} on ${scope} from ${to};`;
  return [
    {
      right: `${shortened(told)} on ${scope}`,
      allows: isElsewhere
        ? 'act on a database that no sync of this connection uses'
        : `do more with ${scope} than read, insert, update and delete`,
      remedy: isAll && !isElsewhere ? `${remedy}\n${needed}` : remedy,
    },
  ];
}

function grantOption({ scope, to }: Grant): ExcessiveRight {
  return {
    right: `GRANT OPTION on ${scope}`,
    allows: 'give its rights to others',
    remedy: `revoke grant option on ${scope} from ${to};`,
  };
}

function neededBy(use: CollectionUse): string {
  return [
    'select',
    ...(use.create ? ['insert'] : []),
    ...(use.update ? ['update'] : []),
    ...(use.delete ? ['delete'] : []),
  ].join(', ');
}

const SHOWN_MAX = 4;

function shortened(privileges: readonly string[]): string {
  const shown = privileges.slice(0, SHOWN_MAX).join(', ');
  return privileges.length > SHOWN_MAX ? `${shown} and ${String(privileges.length - SHOWN_MAX)} more` : shown;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
