/** The shop's database: its tables, its share of the records, its edits, and what it holds. */
import type { TestDatabase } from '../support/postgres.ts';
import { holdings, type Holdings } from './holdings.ts';
import { accountsAt, contactsAt, type Account, type Contact } from './people.ts';

export const SHOP_TABLES = `
  create table customer (id bigint generated always as identity primary key, key text not null unique, name text not null,
    city text, credit numeric(16, 2), updated_at timestamptz not null default clock_timestamp());
  create table person (id bigint generated always as identity primary key, key text not null unique, name text not null,
    title text, customer_key text, updated_at timestamptz not null default clock_timestamp());
  create function touch() returns trigger language plpgsql as $$ begin new.updated_at = clock_timestamp(); return new; end $$;
  create trigger touch before update on customer for each row execute function touch();
  create trigger touch before update on person for each row execute function touch()`;

export async function fillShop({ pool }: TestDatabase, records: number): Promise<void> {
  await pool.query(
    `insert into customer (key, name, city, credit)
     select key, name, city, credit from json_to_recordset($1) as given (key text, name text, city text, credit numeric)`,
    [JSON.stringify(accountsAt('shop', records) satisfies readonly Account[])],
  );
  await pool.query(
    `insert into person (key, name, title, customer_key)
     select key, name, title, account from json_to_recordset($1) as given (key text, name text, title text, account text)`,
    [JSON.stringify(contactsAt('shop', records) satisfies readonly Contact[])],
  );
}

/** A quarter of all contacts and a seventh of all customers in one statement each, some cities, and some deletes. */
export async function editShop({ pool }: TestDatabase): Promise<void> {
  const number = `substr(key, 2)::int`;
  await pool.query(`update person set title = 'Head of ' || key where ${number} % 4 = 0`);
  await pool.query(`update customer set credit = ${number} + 0.5 where ${number} % 7 = 0`);
  await pool.query(`update customer set city = 'Graz' where ${number} % 100 = 1`);
  await pool.query(`delete from customer where ${number} % 500 = 5`);
}

export async function customersIn({ pool }: TestDatabase): Promise<Holdings> {
  const { rows } = await pool.query<Account>(
    'select key, name, city, credit::float8 as credit from customer',
  );
  return holdings(rows.map(({ key, name, city, credit }) => [key, name, city, credit]));
}

export async function personsIn({ pool }: TestDatabase): Promise<Holdings> {
  const { rows } = await pool.query<Contact>('select key, name, title, customer_key as account from person');
  return holdings(rows.map(({ key, name, title, account }) => [key, name, title, account]));
}
