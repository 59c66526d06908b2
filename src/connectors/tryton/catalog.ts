/** Which collections the server has, and how each is read and written; what was learned once is kept for the session. */
import type { CapabilityCard, CollectionDescription } from '../../connector/contract.ts';
import { isJsonArray, type Json } from '../../lib/json.ts';
import { isNear, nearestNames } from '../../lib/nearest.ts';
import type { TrytonClient } from './client.ts';
import type { Collection } from './collection.ts';
import { failWith } from './failures.ts';
import { genericCollection } from './generic.ts';
import { readModel } from './model.ts';
import { PARTY } from './party-fields.ts';
import { partyCollection } from './party.ts';
import { PAGE_RECORDS_MAX } from './read.ts';
import { isObject, rowsOf, textOf } from './wire.ts';
import { CALL_MS } from './write-limit.ts';
import { WRITE_BATCH_MAX } from './write.ts';

const NEAREST_MAX = 3;

/** The time that Tryton may take for a request that was given up, and the time until the last one of a call begins. */
const EXECUTION_MAX_MS = 60_000 + CALL_MS;
/** Tryton's own machinery (`ir.cron`, `ir.ui.view`): usable by name, but noise in a list of collections. */
const MACHINERY_PREFIX = 'ir.';
const MODEL_METHOD = /^model\.(.+)\.search_read$/;

type Rights = CapabilityCard['can'] & { readonly read: boolean };

export class Catalog {
  readonly #client: TrytonClient;
  readonly #collections = new Map<string, Promise<Collection>>();
  #names: Promise<ReadonlySet<string>> | null = null;

  constructor(client: TrytonClient) {
    this.#client = client;
  }

  /** The collection with these fields. An unknown name of either ⇒ failure `config` that names the nearest ones. */
  async collection(name: string, fields: readonly string[]): Promise<Collection> {
    const collection = await this.#load(name);
    const known = new Set(collection.fields.map((field) => field.name));
    for (const field of fields) {
      if (!known.has(field))
        throw unknownName('tryton.unknown_field', `${name} has no field ${field}`, field, known);
    }
    return collection;
  }

  async describe(names: readonly string[] | undefined): Promise<readonly CollectionDescription[]> {
    const wanted = names ?? (await this.#readable());
    const rights = await this.#rights(wanted);
    const titles = await this.#titles(wanted);
    const descriptions: CollectionDescription[] = [];
    for (const name of wanted) {
      const { fields } = await this.#load(name);
      const card = cardOf(rights.get(name));
      // Counting costs a scan of the table: only for those that somebody asked for.
      const recordsEstimate = names === undefined ? null : await this.#count(name);
      const title = titles.get(name);
      descriptions.push({ name, ...(title === undefined ? {} : { title }), fields, card, recordsEstimate });
    }
    return descriptions;
  }

  #load(name: string): Promise<Collection> {
    const loaded = this.#collections.get(name) ?? this.#read(name);
    this.#collections.set(name, loaded);
    // A failure is not remembered: access may be granted meanwhile.
    loaded.catch(() => this.#collections.delete(name));
    return loaded;
  }

  async #read(name: string): Promise<Collection> {
    const known = await this.#allNames();
    if (!known.has(name))
      throw unknownName('tryton.unknown_collection', `Tryton has no model ${name}`, name, known);
    const model = await readModel(this.#client, name);
    return name === PARTY ? partyCollection(model) : genericCollection(model);
  }

  async #allNames(): Promise<ReadonlySet<string>> {
    this.#names ??= this.#listNames();
    try {
      return await this.#names;
    } catch (error) {
      this.#names = null;
      throw error;
    }
  }

  async #listNames(): Promise<ReadonlySet<string>> {
    const methods = await this.#client.call('system.listMethods', []);
    const list = isJsonArray(methods) ? methods : [];
    return new Set(list.flatMap((method) => MODEL_METHOD.exec(textOf(method))?.[1] ?? []));
  }

  async #readable(): Promise<readonly string[]> {
    const names = [...(await this.#allNames())].filter((name) => !name.startsWith(MACHINERY_PREFIX));
    const rights = await this.#rights(names);
    return names.filter((name) => rights.get(name)?.read === true).toSorted();
  }

  async #rights(names: readonly string[]): Promise<ReadonlyMap<string, Rights>> {
    const known = await this.#allNames();
    const asked = names.filter((name) => known.has(name));
    const answer = await this.#client.model('ir.model.access', 'get_access', [asked], { effect: 'read' });
    return new Map(
      isObject(answer) ? Object.entries(answer).map(([name, access]) => [name, rightsOf(access)]) : [],
    );
  }

  async #titles(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const args = [[['model', 'in', [...names]]], 0, null, null, ['model', 'name']];
    const answer = await this.#client.model('ir.model', 'search_read', args, { effect: 'read' });
    return new Map(
      rowsOf(answer, 'ir.model.search_read').map((row) => [textOf(row['model']), textOf(row['name'])]),
    );
  }

  async #count(name: string): Promise<number | null> {
    const context = { active_test: false };
    const count = await this.#client.model(name, 'search_count', [[]], { effect: 'read', context });
    return typeof count === 'number' ? count : null;
  }
}

function unknownName(
  code: 'tryton.unknown_collection' | 'tryton.unknown_field',
  sentence: string,
  name: string,
  known: ReadonlySet<string>,
): Error {
  const near = nearestNames(name, known, NEAREST_MAX).filter((candidate) => isNear(name, candidate));
  const hint = near.length === 0 ? '' : ` The nearest: ${near.join(', ')}.`;
  return failWith(code, `${sentence}.${hint}`, code === 'tryton.unknown_field' ? { field: name } : {});
}

/** Tryton answers 1 and 0 where access rights are set, true where none are. */
function rightsOf(access: Json): Rights {
  const allows = (mode: string): boolean => isObject(access) && Boolean(access[mode]);
  return {
    read: allows('read'),
    create: allows('create'),
    update: allows('write'),
    delete: allows('delete'),
  };
}

function cardOf(rights: Rights | undefined): CapabilityCard {
  return {
    version: 'opaque',
    conditionalWrite: true,
    createIdentity: 'search',
    readLagMs: 0,
    deletes: 'lookup',
    feed: 'cursor',
    executionMaxMs: EXECUTION_MAX_MS,
    writeBatchMax: WRITE_BATCH_MAX,
    getBatchMax: PAGE_RECORDS_MAX,
    can: {
      create: rights?.create === true,
      update: rights?.update === true,
      delete: rights?.delete === true,
    },
  };
}
