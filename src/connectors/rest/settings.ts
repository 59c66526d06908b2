import type { SettingDescription } from '../../connector/contract.ts';
import { setting, type Given, type Reader } from '../../connector/settings.ts';
import { WEBHOOK_SECRET, WEBHOOK_SECRET_BEFORE } from '../../connector/webhook.ts';
import { Secret } from '../../lib/secret.ts';
import { refuse } from './failures.ts';

/** One list for every described system; which of them are needed, its description decides. */
export const SETTINGS: readonly SettingDescription[] = [
  setting(
    'description',
    'The file that describes the system, in the folder of the sync file, or the name of one that comes with Trueup',
    'connectors/crm.yaml',
    'required',
  ),
  setting('account', 'What {account} in the description stands for: a shop, a tenant, a realm', 'acme'),
  setting(
    'base_url',
    'Address of the API, where it is not the one of the description',
    'https://api.eu.example.com',
  ),
  setting('api_key', 'For auth api_key', '${secret:CRM_KEY}', 'secret'),
  setting('token', 'For auth bearer', '${secret:CRM_TOKEN}', 'secret'),
  setting('user', 'For auth basic; for auth jwt, in whose name to act', 'trueup'),
  setting('password', 'For auth basic', '${secret:CRM_PASSWORD}', 'secret'),
  setting('client_id', 'For OAuth 2: how Trueup is registered there', '3f2a…'),
  setting('client_secret', 'For OAuth 2', '${secret:CRM_CLIENT}', 'secret'),
  setting(
    'refresh_token',
    'For auth authorization_code, instead of a person’s consent',
    '${secret:CRM_REFRESH}',
    'secret',
  ),
  setting('private_key', 'For auth jwt: a private key (PEM)', '${secret:CRM_KEY}', 'secret'),
  setting('key_id', 'For auth jwt: what the system calls the key', 'key-1'),
  setting('consumer_key', 'For auth oauth1', 'ck_…'),
  setting('consumer_secret', 'For auth oauth1', '${secret:ERP_CONSUMER}', 'secret'),
  setting('token_id', 'For auth oauth1', 'ti_…'),
  setting('token_secret', 'For auth oauth1', '${secret:ERP_TOKEN}', 'secret'),
  // They go nowhere: what comes in is held against them. So naming one says nothing of where the other secrets go.
  setting(
    WEBHOOK_SECRET,
    'With what the system signs the webhooks that it sends, where the description knows them',
    '${secret:CRM_WEBHOOK}',
    'secret',
    'tunesOnly',
  ),
  setting(
    WEBHOOK_SECRET_BEFORE,
    'The webhook secret before this one, which counts too while it is being changed',
    '${secret:CRM_WEBHOOK_BEFORE}',
    'secret',
    'tunesOnly',
  ),
];

/** Refuses a setting by its name. */
export function readerOf(given: Given): Reader {
  return { given, wrong: (name, problem) => refuse('bad_setting', `The setting ${name} ${problem}.`, name) };
}

/** A secret that must be there. */
export function secretOf({ given, wrong }: Reader, name: string): Secret {
  const text = given[name];
  if (text === undefined || text === '') throw wrong(name, 'is missing; the description needs it');
  return new Secret(text);
}

/** An address of the description with {account} filled in. */
export function addressIn({ given, wrong }: Reader, template: string): string {
  if (!template.includes('{account}')) return template;
  const account = given['account'] ?? '';
  // It becomes a part of a host name: nothing that could lead to another host.
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/.test(account))
    throw wrong('account', 'must be letters, digits, - and _; the description needs it for its addresses');
  return template.replaceAll('{account}', account);
}

/** Where the API is. */
export function baseUrlOf(reader: Reader, template: string): string {
  const own = reader.given['base_url'];
  const text = own ?? addressIn(reader, template);
  const url = URL.parse(text);
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain || url.search !== '' || url.hash !== '')
    throw reader.wrong('base_url', 'must look like https://api.example.com/v1, without a query');
  return text.replace(/\/$/, '');
}
