import assert from 'node:assert/strict';

import type { Rule } from './rule.ts';
import { failureOf } from './rule.ts';

/** What `describe` promises. */
export const DESCRIBE_RULES: readonly Rule[] = [
  {
    name: 'describe',
    title: 'describe names the collection as asked, its fields and its card',
    check: async ({ session, collection, fields }) => {
      const [description] = await session.describe([collection]);
      assert.equal(description?.name, collection, 'the description must carry the name that was asked for');
      const names = description.fields.map((field) => field.name);
      assert.equal(new Set(names).size, names.length, 'no field may be described twice');
      for (const name of fields.names) {
        assert.ok(names.includes(name), `describe must list the field "${name}", which the harness uses`);
      }
      const { card } = description;
      assert.ok(card.writeBatchMax >= 1 && card.getBatchMax >= 1, 'a batch must hold at least one record');
      assert.ok(card.version === 'opaque' || !card.conditionalWrite, 'a conditional write needs a version');
      assert.ok(
        card.feed !== 'none' || card.deletes === 'lookup',
        'deletes cannot come from a feed there is not',
      );
    },
  },
  {
    name: 'describe-all',
    title: 'describe without names lists the collection among all',
    check: async ({ session, collection }) => {
      const all = await session.describe();
      const known = all.some(({ name }) => name === collection || name.endsWith(`.${collection}`));
      assert.ok(known, `describe() must list the collection "${collection}"`);
    },
  },
  {
    name: 'describe-unknown',
    title: 'an unknown collection is a config failure that names the nearest one',
    check: async ({ session, collection }) => {
      const misspelt = `${collection}x`;
      const failure = await failureOf(
        () => session.describe([misspelt]),
        'asked to describe an unknown collection',
      );
      assert.equal(failure.kind, 'config', 'an unknown collection must be a failure of kind config');
      const text = `${failure.message} ${failure.advice ?? ''}`.replaceAll(misspelt, '');
      assert.ok(
        text.includes(collection),
        `the failure must name the nearest collection "${collection}": ${text}`,
      );
    },
  },
];
