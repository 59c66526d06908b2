/** The causes that are planted, what Trueup must say of each, and how its advice is followed. */
import type { SyncDefinition } from '../../src/engine/model.ts';
import { simpleDefinition } from '../support/sync.ts';
import { ORG_SCENARIOS } from './org-scenarios.ts';
import { QUIET_SCENARIOS } from './quiet-scenarios.ts';
import type { Scenario } from './scenario.ts';
import type { Stand } from './stand.ts';
import { WEBHOOK_SCENARIOS } from './webhook-scenarios.ts';

const EDIT = `update TABLE set phone = '2', updated_at = clock_timestamp() where name = 'ann'`;
const ADD = `insert into TABLE (email, name, phone) values ('dan@x.test', 'dan', '3')`;

const BASE = simpleDefinition(['crm', 'erp']);

/** The field `city` with another type than text. */
function cityAs(type: SyncDefinition['fields'][number]['type']): Partial<SyncDefinition> {
  return { fields: BASE.fields.map((field) => (field.name === 'city' ? { ...field, type } : field)) };
}

/** Ends the account's connections, so that the next request must log in anew. */
const CUT = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ROLE' and datname = current_database()`;

function cityAt(side: 'crm', value: string, name = 'ann'): string {
  return `/* ${side} */ update TABLE set city = '${value}', updated_at = clock_timestamp() where name = '${name}'`;
}

async function replayed(stand: Stand): Promise<void> {
  await stand.replay();
}

const DATABASE_SCENARIOS: readonly Scenario[] = [
  {
    title: 'a field was renamed',
    inject: async ({ crm, erp }) => {
      await erp('alter table TABLE rename column phone to telephone');
      await crm(EDIT);
    },
    code: 'postgres.unknown_field',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'give the field its name back (or map the new one)',
    heal: ({ erp }) => erp('alter table TABLE rename column telephone to phone'),
  },
  {
    title: 'a field became required',
    inject: async ({ crm, erp }) => {
      await erp(
        `alter table TABLE add column vat text not null default ''; alter table TABLE alter column vat drop default`,
      );
      await crm(ADD);
    },
    code: 'postgres.not_null_violation',
    side: 'erp',
    direction: 'out',
    field: 'vat',
    records: 1,
    advice: 'give the field a default, then replay',
    heal: async (stand) => {
      await stand.erp(`alter table TABLE alter column vat set default ''`);
      await replayed(stand);
    },
  },
  {
    title: 'a validation rule was added',
    inject: async ({ crm, erp }) => {
      await erp(`alter table TABLE add constraint phones check (phone is null or length(phone) < 4)`);
      await crm(`update TABLE set phone = '12345', updated_at = clock_timestamp() where name = 'ann'`);
    },
    code: 'postgres.check_violation',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'give a value that the rule allows',
    heal: ({ crm }) =>
      crm(`update TABLE set phone = '12', updated_at = clock_timestamp() where name = 'ann'`),
  },
  {
    title: 'a new choice was added to a list',
    definition: cityAs({ kind: 'choice', options: ['Rome', 'Oslo'] }),
    inject: ({ crm }) => crm(cityAt('crm', 'Lima')),
    code: 'mapping.not_an_option',
    side: 'crm',
    direction: 'in',
    field: 'city',
    records: 1,
    advice: 'correct the value (or map the new choice)',
    heal: ({ crm }) => crm(cityAt('crm', 'Oslo')),
  },
  {
    title: 'a date is written in another format',
    definition: cityAs({ kind: 'date' }),
    inject: ({ crm }) => crm(cityAt('crm', '31/12/2026')),
    code: 'mapping.not_date',
    side: 'crm',
    direction: 'in',
    field: 'city',
    records: 1,
    advice: 'correct the date (or map its format)',
    heal: ({ crm }) => crm(cityAt('crm', '2026-12-31')),
  },
  {
    title: 'the right to write was revoked',
    inject: async ({ crm, erp }) => {
      await erp('revoke insert, update on TABLE from ROLE');
      await crm(EDIT);
    },
    code: 'postgres.permission_denied',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'grant it again',
    heal: ({ erp }) => erp('grant insert, update on TABLE to ROLE'),
  },
  {
    title: 'the credentials have expired',
    inject: async ({ crm, erp }) => {
      await erp(`alter role ROLE password 'another'`);
      await erp(CUT);
      await crm(EDIT);
    },
    code: 'postgres.invalid_password',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'enter the current password',
    heal: ({ erp }) => erp(`alter role ROLE password 'pw'`),
  },
  {
    title: 'the account has been locked',
    inject: async ({ crm, erp }) => {
      await erp('alter role ROLE nologin');
      await erp(CUT);
      await crm(EDIT);
    },
    code: 'postgres.not_authorized',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'let the account log in again',
    heal: ({ erp }) => erp('alter role ROLE login'),
  },
  {
    title: 'the system takes no more connections',
    inject: async ({ crm, erp }) => {
      await erp('alter role ROLE connection limit 0');
      await erp(CUT);
      await crm(EDIT);
    },
    code: 'postgres.too_many_connections',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'allow the account more connections; everything goes on by itself',
    heal: ({ erp }) => erp('alter role ROLE connection limit -1'),
  },
  {
    title: 'the system is read-only for maintenance',
    inject: async ({ crm, erp }) => {
      await erp('alter role ROLE set default_transaction_read_only = on');
      await erp(CUT);
      await crm(EDIT);
    },
    code: 'postgres.read_only',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'wait until it takes writes again; everything goes on by itself',
    heal: async ({ erp }) => {
      await erp('alter role ROLE reset default_transaction_read_only');
      await erp(CUT);
    },
  },
  {
    title: 'the table was renamed',
    inject: async ({ crm, erp }) => {
      await erp('alter table TABLE rename to TABLE_old');
      await crm(EDIT);
    },
    code: 'postgres.unknown_collection',
    side: 'erp',
    direction: 'both',
    records: 1,
    advice: 'give the table its name back (or correct the collection)',
    heal: ({ erp }) => erp('alter table TABLE_old rename to TABLE'),
  },
  {
    title: 'a value must be unique and is not',
    inject: async ({ crm, erp }) => {
      await erp('create unique index on TABLE (name)');
      await crm(`insert into TABLE (email, name) values ('ann2@x.test', 'ann')`);
    },
    code: 'postgres.unique_violation',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'change one of the two values',
    heal: ({ crm }) =>
      crm(`update TABLE set name = 'anna', updated_at = clock_timestamp() where email = 'ann2@x.test'`),
  },
  {
    title: 'a text is too long',
    inject: async ({ crm, erp }) => {
      await erp('alter table TABLE alter column phone type varchar(3)');
      await crm(`update TABLE set phone = '12345', updated_at = clock_timestamp() where name = 'ann'`);
    },
    code: 'postgres.too_long',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'widen the column, then replay',
    heal: async (stand) => {
      await stand.erp('alter table TABLE alter column phone type text');
      await replayed(stand);
    },
  },
  {
    title: 'an automation refuses the record',
    inject: async ({ crm, erp }) => {
      await erp(`create function TABLE_veto() returns trigger language plpgsql as
                 $$ begin if new.phone = '2' then raise exception 'not this phone'; end if; return new; end $$;
                 create trigger veto before update on TABLE for each row execute function TABLE_veto()`);
      await crm(EDIT);
    },
    code: 'postgres.refused_by_trigger',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'have its author mend it, then replay',
    heal: async (stand) => {
      await stand.erp('drop trigger veto on TABLE');
      await replayed(stand);
    },
  },
  {
    title: 'an automation drops the write without a word',
    inject: async ({ crm, erp }) => {
      await erp(`create function TABLE_drop() returns trigger language plpgsql as $$ begin return null; end $$;
                 create trigger dropping before insert on TABLE for each row execute function TABLE_drop()`);
      await crm(ADD);
    },
    code: 'postgres.dropped_by_table',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'take the trigger away, then replay',
    heal: async (stand) => {
      await stand.erp('drop trigger dropping on TABLE');
      await replayed(stand);
    },
  },
  {
    title: 'the parent of a record is missing',
    inject: async ({ crm, erp }) => {
      await erp(`create table TABLE_towns (town text primary key); insert into TABLE_towns values ('Rome');
                 alter table TABLE add constraint towns foreign key (city) references TABLE_towns`);
      await crm(cityAt('crm', 'Oslo'));
    },
    code: 'postgres.foreign_key_violation',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'add the parent, then replay',
    heal: async (stand) => {
      await stand.erp(`insert into TABLE_towns values ('Oslo')`);
      await replayed(stand);
    },
  },
  {
    title: 'a field has another type than before',
    inject: async ({ crm, erp }) => {
      await erp('alter table TABLE alter column phone type int using phone::int');
      await crm(`update TABLE set phone = 'none', updated_at = clock_timestamp() where name = 'ann'`);
    },
    code: 'postgres.invalid_statement',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'give the column its type back (or change the mapping)',
    heal: ({ erp }) => erp('alter table TABLE alter column phone type text'),
  },
  {
    title: 'one poison record comes among many good ones',
    inject: async ({ crm, erp }) => {
      await erp(`alter table TABLE add constraint poison check (name <> 'poison')`);
      await crm(
        `insert into TABLE (email, name) select n || '@x.test', case n when 13 then 'poison' else 'n' || n end from generate_series(1, 40) as n`,
      );
    },
    code: 'postgres.check_violation',
    side: 'erp',
    direction: 'out',
    records: 1,
    advice: 'correct the record',
    heal: ({ crm }) =>
      crm(`update TABLE set name = 'n13', updated_at = clock_timestamp() where name = 'poison'`),
  },
  {
    title: 'a record lacks what must be filled',
    definition: {
      fields: BASE.fields.map((field) => (field.name === 'phone' ? { ...field, required: true } : field)),
    },
    inject: ({ crm }) => crm(`insert into TABLE (email, name) values ('dan@x.test', 'dan')`),
    code: 'trueup.required_missing',
    side: 'erp',
    direction: 'out',
    field: 'phone',
    records: 1,
    advice: 'fill the field where it is known',
    heal: ({ crm }) => crm(`update TABLE set phone = '3', updated_at = clock_timestamp() where name = 'dan'`),
  },
  {
    title: 'two records carry the same identifier',
    inject: ({ crm }) => crm(`insert into TABLE (email, name) values ('ann@x.test', 'ann again')`),
    code: 'hold.duplicateRecord',
    side: 'crm',
    direction: 'in',
    records: 1,
    advice: 'change the identifier of one of them',
    heal: async (stand) => {
      await stand.crm(
        `update TABLE set email = 'ann3@x.test', updated_at = clock_timestamp() where name = 'ann again'`,
      );
    },
  },
  {
    title: 'a unique identifier was changed to that of another record',
    inject: ({ crm }) =>
      crm(`update TABLE set email = 'bob@x.test', updated_at = clock_timestamp() where name = 'ann'`),
    code: 'hold.ambiguousMatch',
    side: 'crm',
    direction: 'in',
    records: 1,
    advice: 'correct the identifier, then release the hold',
    heal: async (stand) => {
      await stand.crm(
        `update TABLE set email = 'ann@x.test', updated_at = clock_timestamp() where name = 'ann'`,
      );
      await stand.decide({ kind: 'revive' });
    },
  },
  {
    title: 'a value was renamed that a filter goes by',
    definition: {
      sides: BASE.sides.map((side) => ({
        ...side,
        where: side.name === 'crm' ? [{ native: 'city', in: ['Roma'], negated: true }] : [],
      })),
    },
    inject: ({ crm }) => crm(cityAt('crm', 'Roma')),
    code: 'hold.hidden',
    side: 'crm',
    direction: 'in',
    records: 1,
    advice: 'give the field the value that the filter knows (or widen the filter)',
    heal: ({ crm }) => crm(cityAt('crm', 'Rome')),
  },
  {
    title: 'both systems changed one field differently',
    inject: async ({ crm, erp }) => {
      await crm(cityAt('crm', 'Rome'));
      await erp(`update TABLE set city = 'Oslo', updated_at = clock_timestamp() where name = 'ann'`);
    },
    code: 'hold.conflict',
    side: 'erp',
    direction: 'in',
    field: 'city',
    records: 1,
    advice: 'let one of the values stand',
    heal: (stand) => stand.decide({ kind: 'take', side: 'erp' }),
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...DATABASE_SCENARIOS,
  ...ORG_SCENARIOS,
  ...QUIET_SCENARIOS,
  ...WEBHOOK_SCENARIOS,
];
