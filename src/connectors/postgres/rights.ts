/** What the role may do beyond what the syncs need, and the statements that take it away. */
import { z } from 'zod';

import type { CollectionUse, ExcessiveRight } from '../../connector/contract.ts';
import { textIn, type Database } from './database.ts';

const OTHERS_NAMED_MAX = 20;
const TABLES_MAX = 10_000;

const Role = z.object({
  name: z.string(),
  superuser: z.boolean(),
  createsRoles: z.boolean(),
  createsDatabases: z.boolean(),
  replicates: z.boolean(),
  database: z.string(),
  createsSchemas: z.boolean(),
});
type Role = z.infer<typeof Role>;

/** Names are quoted where SQL needs it. */
const Table = z.object({
  collection: z.string(),
  name: z.string(),
  schema: z.string(),
  owned: z.boolean(),
  can: z.array(z.enum(['insert', 'update', 'delete', 'truncate'])),
  grantees: z.array(z.string()),
  schemaGrantees: z.array(z.string()),
});
type Table = z.infer<typeof Table>;

const ROLE = `
select json_build_object('name', quote_ident(rolname), 'superuser', rolsuper, 'createsRoles', rolcreaterole,
  'createsDatabases', rolcreatedb, 'replicates', rolreplication, 'database', quote_ident(current_database()),
  'createsSchemas', has_database_privilege(current_database(), 'create'))
from pg_roles where rolname = current_user`;

/** Whom the privileges were granted to through which this role has them: itself, a role that it is in, or everybody. */
const grantees = (entries: string, privileges: string): string => `
  coalesce((select json_agg(distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end)
    from ${entries} a where a.privilege_type in (${privileges})
     and (a.grantee = 0 or pg_has_role(current_user, a.grantee, 'usage'))), '[]')`;

/** Privileges on single columns count as well, and are revoked with those on the table. */
const ON_TABLE = `(select e.* from aclexplode(c.relacl) e union all
  select e.* from pg_attribute own cross join aclexplode(own.attacl) e where own.attrelid = c.oid)`;

const TABLES = `
select json_build_object('collection', n.nspname || '.' || c.relname, 'name', format('%I.%I', n.nspname, c.relname),
  'schema', quote_ident(n.nspname), 'owned', pg_has_role(current_user, c.relowner, 'usage'),
  'can', (select json_agg(p) filter (where case when p in ('insert', 'update') then has_any_column_privilege(c.oid, p)
                                                else has_table_privilege(c.oid, p) end)
            from unnest(array['insert', 'update', 'delete', 'truncate']) p),
  'grantees', ${grantees(ON_TABLE, `'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'`)},
  'schemaGrantees', ${grantees(`aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner)))`, `'CREATE'`)})
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege(n.oid, 'usage')
  and (n.nspname || '.' || c.relname in (select json_array_elements_text($1::json)) or has_any_column_privilege(c.oid, 'insert, update')
       or has_table_privilege(c.oid, 'delete, truncate'))
order by n.nspname, c.relname limit ${String(TABLES_MAX)}`;

/** `replicates`: changes are read from the log, for which the role needs more. */
export async function rightsBeyond(
  database: Database,
  replicates: boolean,
  uses: readonly CollectionUse[],
): Promise<readonly ExcessiveRight[]> {
  const named = uses.map((use) => ({ ...use, collection: qualified(use.collection) }));
  const [[roleText] = []] = await database.query({ text: ROLE });
  const role = Role.parse(JSON.parse(textIn(roleText)));
  if (role.superuser) return [superuser(role, named)];
  const rows = await database.query({
    text: TABLES,
    values: [JSON.stringify(named.map(({ collection }) => collection))],
  });
  const tables = rows.map(([text]) =>
    Table.parse({ can: [], ...withoutNulls(JSON.parse(textIn(text)) as object) }),
  );
  const own = named.flatMap((use) => {
    const table = tables.find(({ collection }) => collection === use.collection);
    return table === undefined ? [] : onTable(role, table, use, replicates);
  });
  const others = tables.filter(({ collection }) => !named.some((use) => use.collection === collection));
  return [...ofRole(role, replicates), ...own, ...inSchemas(tables, named), ...onOthers(role, others)];
}

function qualified(collection: string): string {
  return collection.includes('.') ? collection : `public.${collection}`;
}

/** An aggregate over no rows is null. */
function withoutNulls(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
}

function superuser(role: Role, uses: readonly CollectionUse[]): ExcessiveRight {
  const grants = uses.map(
    (use) => `grant ${['select', ...needed(use)].join(', ')} on ${use.collection} to trueup;`,
  );
  return {
    right: `superuser (${role.name})`,
    allows: 'do everything in every database of the server, and run programs and read files on its machine',
    remedy: ['Give the sync a role of its own:', "create role trueup login password '…';", ...grants].join(
      '\n',
    ),
  };
}

function needed(use: CollectionUse): readonly ('insert' | 'update' | 'delete')[] {
  return [
    ...(use.create ? (['insert'] as const) : []),
    ...(use.update ? (['update'] as const) : []),
    ...(use.delete ? (['delete'] as const) : []),
  ];
}

function ofRole(role: Role, replicates: boolean): readonly ExcessiveRight[] {
  const attributes: readonly (readonly [boolean, string, string])[] = [
    [role.createsRoles, 'createrole', 'make roles and give them rights'],
    [role.createsDatabases, 'createdb', 'make and drop databases'],
    [role.replicates && !replicates, 'replication', 'copy the whole server and hold up its log'],
  ];
  const found = attributes
    .filter(([has]) => has)
    .map(([, right, allows]) => ({ right, allows, remedy: `alter role ${role.name} no${right};` }));
  if (!role.createsSchemas || replicates) return found;
  const remedy = `revoke create on database ${role.database} from ${role.name};`;
  return [...found, { right: `create on database ${role.database}`, allows: 'make schemas', remedy }];
}

/** A table that is read from the log may be owned: that is one of the ways to publish it. */
function onTable(
  role: Role,
  table: Table,
  use: CollectionUse,
  replicates: boolean,
): readonly ExcessiveRight[] {
  if (table.owned && replicates) return [];
  const privileges = needed(use);
  if (table.owned)
    return [
      {
        right: `owner of ${table.name}`,
        allows: `alter and drop ${table.name}, and give others rights on it`,
        remedy:
          `alter table ${table.name} owner to <the role that looks after the tables>;\n` +
          `grant ${['select', ...privileges].join(', ')} on ${table.name} to ${role.name};`,
      },
    ];
  const unneeded = table.can.filter((privilege) => !privileges.some((one) => one === privilege));
  if (unneeded.length === 0) return [];
  const list = unneeded.join(', ');
  return [
    {
      right: `${list} on ${table.name}`,
      allows: `${list} where no sync does`,
      remedy: `revoke ${list} on ${table.name} from ${table.grantees.join(', ')};`,
    },
  ];
}

function inSchemas(tables: readonly Table[], uses: readonly CollectionUse[]): readonly ExcessiveRight[] {
  const schemas = new Map(
    tables
      .filter(({ collection }) => uses.some((use) => use.collection === collection))
      .map(({ schema, schemaGrantees }) => [schema, schemaGrantees]),
  );
  return [...schemas]
    .filter(([, by]) => by.length > 0)
    .map(([schema, by]) => ({
      right: `create on schema ${schema}`,
      allows: `make tables, functions and triggers in ${schema}`,
      remedy: `revoke create on schema ${schema} from ${by.join(', ')};`,
    }));
}

function onOthers(role: Role, others: readonly Table[]): readonly ExcessiveRight[] {
  if (others.length === 0) return [];
  const names = others.slice(0, OTHERS_NAMED_MAX).map(({ name }) => name);
  const by = new Set(others.flatMap((table) => (table.owned ? [role.name] : table.grantees)));
  const more = others.length > names.length ? ` -- and ${String(others.length - names.length)} more` : '';
  return [
    {
      right: `writing to ${String(others.length)} ${others.length === 1 ? 'table' : 'tables'} of no sync`,
      allows: `change ${names.slice(0, 3).join(', ')}${others.length > 3 ? ' and others' : ''}`,
      remedy: `revoke insert, update, delete, truncate on ${names.join(', ')} from ${[...by].join(', ')};${more}`,
    },
  ];
}
