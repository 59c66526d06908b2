/** The demo's small world: a CRM and a billing database, and a spreadsheet on someone's disk. All names are invented. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import pg from 'pg';

export const DEMO_SYNC_FILE = `# The demo's sync: three places that hold customers, kept in step in every direction.
version: 1
dictionary: dictionary.yaml  # what the fields mean, and which values are good

connections:
  crm:
    system: postgres
    url: \${secret:DEMO_CRM_URL}
    replication: logical      # changes arrive as they are committed
  billing:
    system: postgres
    url: \${secret:DEMO_BILLING_URL}
  sheet:
    system: files
    directory: ./files

syncs:
  customers:
    entity: Customer
    fields:
      email: {type: email, required: true}
      name: {type: text, policy: hold}        # where two names differ, a person decides
      phone: {type: text}
      city: {type: text}
      vat: {type: text, owner: billing}     # only billing may change it
      status: {type: choice, options: [active, blocked]}
    match: email
    defaults:
      policy: [latest, {priority: [crm, billing, sheet]}, hold]
    sides:
      crm:
        connection: crm
        collection: public.contact
        fields: {email: email, name: full_name, phone: phone, city: city, status: status}
        deletes: true
      billing:
        connection: billing
        collection: public.customer
        fields:
          email: mail
          name: company_name
          phone: phone
          city: town
          vat: vat_number
          status: {field: state, values: {A: active, B: blocked}}
        deletes: true
      sheet:
        connection: sheet
        collection: customers.csv
        fields: {email: E-mail, name: Name, phone: Phone, city: City, vat: VAT}
        deletes: true
    deletes: {mode: propagate, from: [crm, billing], against_edit: hold}
`;

export const DEMO_DICTIONARY = `# What the demo's data means, and which of its values are good.
version: 1
entities:
  Customer:
    meaning: Whoever has bought from us, or is about to.
    on_violation: flag
    rules:
      - {must: vat != null, says: whoever is sent an invoice has a VAT number}
    fields:
      email:
        meaning: Where invoices and questions go; one customer is told from another by it.
        type: email
        required: true
        sensitivity: personal
      name:
        meaning: The company, as it calls itself.
        type: text
        max_length: 120
        sensitivity: internal
      phone:
        meaning: Where somebody answers in office hours.
        type: text
        sensitivity: personal
      city: {meaning: Where they sit; shipping asks for the rest., type: text, sensitivity: internal}
      vat:
        title: VAT number
        meaning: Stands on every invoice.
        type: text
        owner: billing
        sensitivity: confidential
        examples: [GB555001001]
      status:
        meaning: Whether they may buy.
        type: choice
        sensitivity: internal
        values:
          active: may buy
          blocked: {meaning: must not buy, at: {billing: B}}
`;

const CRM = `create table contact (
  id bigint generated always as identity primary key, email text not null unique, full_name text, phone text, city text,
  status text not null default 'active', updated_at timestamptz not null default clock_timestamp());
create function touch() returns trigger language plpgsql as 'begin new.updated_at := clock_timestamp(); return new; end';
create trigger touch before update on contact for each row execute function touch();
insert into contact (email, full_name, phone, city) values
  ('ada@brightmill.example', 'Brightmill Textiles', '+44 20 5550 1001', 'London'),
  ('jonas@nordlicht.example', 'Nordlicht Energie', '+49 40 5550 102', 'Hamburg'),
  ('mireille@atelierbleu.example', 'Atelier Bleu', '+33 1 5550 1003', 'Paris'),
  ('paolo@granito.example', 'Granito Cucine', '+39 06 5550 104', 'Roma'),
  ('signe@havn.example', 'Havn Logistik', '+45 5550 1005', 'Aarhus'),
  ('tomas@pilsenglas.example', 'Pilsen Glas', '+420 5550 106', 'Plzeň'),
  ('ines@azulejo.example', 'Azulejo Norte', '+351 5550 107', 'Porto'),
  ('wei@jadecourt.example', 'Jade Court Tea', '+44 161 5550 108', 'Manchester');`;

const BILLING = `create table customer (
  number bigint generated always as identity primary key, mail text not null unique, company_name text, phone text, town text,
  vat_number text, state text not null default 'A', updated_at timestamptz not null default clock_timestamp());
create function touch() returns trigger language plpgsql as 'begin new.updated_at := clock_timestamp(); return new; end';
create trigger touch before update on customer for each row execute function touch();
insert into customer (mail, company_name, phone, town, vat_number) values
  ('ada@brightmill.example', 'Brightmill Textiles', '+44 20 5550 1001', 'London', 'GB555001001'),
  ('jonas@nordlicht.example', 'Nordlicht Energie', null, 'Hamburg', 'DE555001002'),
  ('paolo@granito.example', 'Granito Cucine S.r.l.', '+39 06 5550 104', 'Roma', 'IT555001004'),
  ('signe@havn.example', 'Havn Logistik', '+45 5550 1005', 'Aarhus', 'DK55500105'),
  ('olga@kvitka.example', 'Kvitka Flowers', '+48 22 5550 109', 'Warszawa', 'PL555001009');`;

const SHEET = `id,Name,E-mail,Phone,City,VAT,Remark
1,Brightmill Textiles,ada@brightmill.example,+44 20 5550 1001,London,,prefers letters
2,Nordlicht Energie,jonas@nordlicht.example,+49 40 5550 102,Hamburg,,
3,Azulejo Norte,ines@azulejo.example,+351 5550 107,Porto,,met at the fair
4,Cedar & Sons,sam@cedarsons.example,+1 206 5550 110,Seattle,,new lead
`;

export interface DemoWorld {
  readonly crm: pg.Client;
  readonly billing: pg.Client;
  readonly sheetFile: string;
  /** Secrets of the sync file, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** Makes the folder's files and, on the given server, two databases whose names begin with the prefix. */
export async function createDemoWorld(
  directory: string,
  serverUrl: string,
  prefix = 'demo',
): Promise<DemoWorld> {
  await mkdir(join(directory, 'files'), { recursive: true });
  await writeFile(join(directory, 'trueup.yaml'), DEMO_SYNC_FILE);
  await writeFile(join(directory, 'dictionary.yaml'), DEMO_DICTIONARY);
  const sheetFile = join(directory, 'files', 'customers.csv');
  await writeFile(sheetFile, SHEET);
  const urls = new Map<string, string>();
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  for (const [name, tables] of [
    [`${prefix}_crm`, CRM],
    [`${prefix}_billing`, BILLING],
  ] as const) {
    await server.query(`create database ${name} template template0`);
    const url = serverUrl.replace(/\/postgres$/, `/${name}`);
    urls.set(name, url);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(tables);
    await client.end();
  }
  await server.end();
  const [crmUrl = '', billingUrl = ''] = urls.values();
  const [crm, billing] = [
    new pg.Client({ connectionString: crmUrl }),
    new pg.Client({ connectionString: billingUrl }),
  ];
  await Promise.all([crm.connect(), billing.connect()]);
  return {
    crm,
    billing,
    sheetFile,
    secrets: new Map([
      ['DEMO_CRM_URL', crmUrl],
      ['DEMO_BILLING_URL', billingUrl],
    ]),
    close: async () => {
      await Promise.all([crm.end(), billing.end()]);
    },
  };
}

/** What a person does who opens the sheet, changes a text and saves: the file is replaced as a whole, as office programs do it. */
export async function editSheet(
  { sheetFile }: Pick<DemoWorld, 'sheetFile'>,
  before: string,
  after: string,
): Promise<void> {
  const text = await readFile(sheetFile, 'utf8');
  if (!text.includes(before)) throw new Error(`the sheet does not hold ${JSON.stringify(before)}`);
  await writeFile(`${sheetFile}.saving`, text.replace(before, after));
  await rename(`${sheetFile}.saving`, sheetFile);
}
