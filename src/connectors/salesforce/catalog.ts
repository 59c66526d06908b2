/** What kinds of records the account sees. Descriptions are kept for a while: they change when administrators change them. */
import { path } from '../../connector/http/path.ts';
import { failureFrom } from '../../connector/own-failures.ts';
import { nearestNames } from '../../lib/nearest.ts';
import type { SalesforceApi } from './api.ts';
import { refuse } from './failures.ts';
import { keysThrough, objectFrom, type SalesforceField, type SalesforceObject } from './object.ts';
import { isTrue, objectIn, objectsOf, textOf } from './wire.ts';

const KEPT_MS = 15 * 60_000;
/** Who owns a record is not a business key, and every object refers to users several times. */
const NO_PARENTS: ReadonlySet<string> = new Set(['User', 'Group', 'RecordType']);
const NEAREST_MAX = 3;

interface Kept {
  readonly object: Promise<SalesforceObject>;
  readonly untilMs: number;
}

export class Catalog {
  readonly #api: SalesforceApi;
  readonly #offered: readonly string[] | null;
  readonly #kept = new Map<string, Kept>();

  constructor(api: SalesforceApi, offered: readonly string[] | null) {
    this.#api = api;
    this.#offered = offered;
  }

  /** The object with its parents' keys. An unknown name ⇒ failure `config` naming the nearest. */
  async object(name: string): Promise<SalesforceObject> {
    const nowMs = this.#api.clock.monotonicMs();
    const kept = this.#kept.get(name);
    if (kept !== undefined && nowMs < kept.untilMs) return await kept.object;
    const object = this.#withParents(name);
    this.#kept.set(name, { object, untilMs: nowMs + KEPT_MS });
    try {
      return await object;
    } catch (error) {
      this.#kept.delete(name);
      throw error;
    }
  }

  /** The fields of these names. An unknown one ⇒ failure `config` naming the nearest. */
  async fields(collection: string, names: readonly string[]): Promise<readonly SalesforceField[]> {
    const object = await this.object(collection);
    return names.map((name) => {
      const field = object.fields.get(name);
      if (field !== undefined) return field;
      const nearest = nearestNames(name, object.fields.keys(), NEAREST_MAX).join(', ');
      const message = `${collection} has no field ${name}, or the user may not see it. Most like it are: ${nearest}.`;
      throw refuse('unknown_field', message, name);
    });
  }

  /** The names of all objects to offer. */
  async names(): Promise<readonly string[]> {
    if (this.#offered !== null) return this.#offered;
    const answer = objectIn(await this.#api.get('/sobjects', 'objects', { purpose: 'person' }), 'objects');
    return objectsOf(answer['sobjects'])
      .filter(
        (object) =>
          WANTED.every((word) => isTrue(object[word])) && !UNWANTED.some((word) => isTrue(object[word])),
      )
      .map((object) => textOf(object['name']));
  }

  async #withParents(name: string): Promise<SalesforceObject> {
    const object = await this.#described(name);
    const parents = [...object.fields.values()].filter(
      ({ type, createable, referenceTo: [first = '', ...others] }) =>
        type === 'reference' && createable && others.length === 0 && first !== '' && !NO_PARENTS.has(first),
    );
    const through = await Promise.all(
      parents.map(async (reference) => {
        const [parent = ''] = reference.referenceTo;
        return keysThrough(reference, parent === name ? object : await this.#parent(parent, object));
      }),
    );
    const fields = [...object.fields.values(), ...through.flat()];
    return { ...object, fields: new Map(fields.map((field) => [field.name, field])) };
  }

  /** A parent that the user may not see has no keys for us. */
  async #parent(name: string, child: SalesforceObject): Promise<SalesforceObject> {
    try {
      return await this.#described(name);
    } catch (error) {
      if (failureFrom(error).code !== 'salesforce.unknown_collection') throw error;
      return { ...child, name, fields: new Map() };
    }
  }

  async #described(name: string): Promise<SalesforceObject> {
    const answer = await this.#api.json(path`/sobjects/${name}/describe`, {
      operation: 'describe',
      method: 'GET',
      effect: 'read',
      purpose: 'person',
      expects: [404],
    });
    if (answer.status !== 404) return objectFrom(objectIn(answer.content, 'describe'));
    const nearest = nearestNames(name, await this.names(), NEAREST_MAX).join(', ');
    const message = `Salesforce has no object ${name}, or the user may not see it. Most like it are: ${nearest}.`;
    throw refuse('unknown_collection', message);
  }
}

/** What people work with: it can be queried, shows on pages, runs triggers and is no setting. */
const WANTED = ['queryable', 'retrieveable', 'layoutable', 'triggerable'] as const;
const UNWANTED = ['customSetting', 'deprecatedAndHidden', 'isSubtype'] as const;
