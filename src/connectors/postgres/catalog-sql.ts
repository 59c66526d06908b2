/** One statement that says everything about tables that reading, writing and describing them needs. */

/**
 * Tables as JSON: all that this user may meet ($1 null), or those called $1. Partitions and temporary tables are no
 * collections of their own, but a partition may be named. `typmod` of a domain is the domain's own.
 */
export const TABLES = `
select json_build_object(
  'oid', c.oid::int8::text,
  'schema', n.nspname,
  'relation', c.relname,
  'partitioned', c.relkind = 'p',
  'persistence', c.relpersistence,
  'replicaIdentity', c.relreplident,
  'rowSecurity', row_security_active(c.oid),
  'can', json_build_object(
    'select', has_table_privilege(c.oid, 'select'),
    'insert', has_any_column_privilege(c.oid, 'insert'),
    'update', has_any_column_privilege(c.oid, 'update'),
    'delete', has_table_privilege(c.oid, 'delete')),
  'recordsEstimate', case c.relkind
    when 'p' then (select sum(greatest(leaf.reltuples, 0)) from pg_partition_tree(c.oid) part
      join pg_class leaf on leaf.oid = part.relid where part.isleaf)
    else c.reltuples end,
  'changedByTriggers', exists (select from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal
    and g.tgenabled <> 'D' and g.tgtype & 66 = 0 and g.tgtype & 20 <> 0),
  'key', (select json_agg(a.attname order by k.place) from pg_index i
    cross join unnest(i.indkey::int2[]) with ordinality k(attnum, place)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
    where i.indrelid = c.oid and i.indisprimary and k.place <= i.indnkeyatts),
  'keyIsImmediate', (select i.indimmediate from pg_index i where i.indrelid = c.oid and i.indisprimary),
  'uniques', coalesce((select json_agg(json_build_object(
      'name', u.relname, 'partial', i.indpred is not null, 'primary', i.indisprimary,
      'columns', (select json_agg(a.attname order by k.place) from unnest(i.indkey::int2[]) with ordinality k(attnum, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum where k.place <= i.indnkeyatts)))
    from pg_index i join pg_class u on u.oid = i.indexrelid
    where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indexprs is null), '[]'),
  'constraints', coalesce((select json_agg(json_build_object('name', o.conname,
      'columns', (select json_agg(a.attname) from pg_attribute a where a.attrelid = c.oid and a.attnum = any (o.conkey))))
    from pg_constraint o where o.conrelid = c.oid and o.conkey <> '{}'), '[]'),
  'columns', coalesce((select json_agg(json_build_object(
      'name', a.attname,
      'number', a.attnum,
      'notNull', a.attnotnull or t.typnotnull,
      'hasDefault', a.atthasdef or a.attidentity <> '' or t.typdefault is not null,
      'generated', a.attgenerated <> '' or a.attidentity = 'a',
      'counted', a.attidentity <> '' or coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false),
      'refersTo', (select json_agg(distinct rn.nspname || '.' || r.relname)
        from pg_constraint o
        join pg_class r on r.oid = o.confrelid
        join pg_namespace rn on rn.oid = r.relnamespace
        join pg_index k on k.indrelid = r.oid and k.indisprimary and k.indnkeyatts = 1 and k.indkey[0] = o.confkey[1]
        where o.conrelid = c.oid and o.contype = 'f' and o.conkey = array[a.attnum]),
      'writable', has_column_privilege(c.oid, a.attnum, 'insert') or has_column_privilege(c.oid, a.attnum, 'update'),
      'type', json_build_object(
        'oid', b.oid::int8,
        'sqlName', quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
        'base', b.typname,
        'typmod', case when t.typtype = 'd' then b.typmod else a.atttypmod end,
        'options', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = b.oid),
        'element', (select json_build_object('oid', x.oid::int8, 'base', x.typname, 'options',
            (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = x.oid))
          from pg_type x where x.oid = b.typelem and b.typcategory = 'A')))
      order by a.attnum)
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    join pg_namespace tn on tn.oid = t.typnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    cross join lateral (
      with recursive chain as (
        select t.oid, t.typname, t.typtype, t.typbasetype, t.typtypmod as typmod, t.typcategory, t.typelem
        union all
        select up.oid, up.typname, up.typtype, up.typbasetype,
          case when up.typtype = 'd' and up.typtypmod <> -1 then up.typtypmod else chain.typmod end,
          up.typcategory, up.typelem
        from chain join pg_type up on up.oid = chain.typbasetype where chain.typtype = 'd')
      select * from chain where typtype <> 'd') b
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]')
) from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
  and has_schema_privilege(n.oid, 'usage')
  and ($1::text is null and not c.relispartition
    or n.nspname || '.' || c.relname = $1
    or n.nspname = 'public' and c.relname = $1)
order by n.nspname || '.' || c.relname = $1 desc, n.nspname, c.relname`;

/** Names of all tables, to suggest from. */
export const TABLE_NAMES = `
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname !~ '^pg_(toast|temp)' order by 1 limit 10000`;
