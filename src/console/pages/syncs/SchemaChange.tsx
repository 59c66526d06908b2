import { Text } from '@mantine/core';

import type { SideSchema } from '../../data/contract.ts';
import { Advice } from '../../parts/Advice.tsx';
import { listed } from '../../parts/numbers.ts';
import type { Tone } from '../../parts/states.ts';
import { Tag } from '../../parts/Tag.tsx';
import classes from './Schemas.module.css';

type Change = SideSchema['changes'][number];

const GRAVITIES: Readonly<Record<Change['gravity'], { readonly tone: Tone; readonly word: string }>> = {
  harmless: { tone: 'excluded', word: 'harmless' },
  attention: { tone: 'pending', word: 'needs attention' },
  stopsField: { tone: 'held', word: 'stops a field' },
  stopsCreates: { tone: 'held', word: 'stops creates' },
  stopsSync: { tone: 'dead', word: 'stops the sync' },
};

/** One change of a field: exactly what, what it does to the mapping, and what to do. */
export function SchemaChange({
  change: { gravity, sentence, fix, fields, native, before, after },
}: {
  readonly change: Change;
}) {
  const { tone, word } = GRAVITIES[gravity];
  return (
    <div className={classes['change']}>
      <Tag tone={tone}>{word}</Tag>
      <div>
        <Text size="sm">{sentence}</Text>
        <Text size="xs" c="dimmed" component="div">
          <code>{native}</code>: {before === null ? 'was not there' : <del>{before}</del>} →{' '}
          {after === null ? 'is gone' : <ins>{after}</ins>}
        </Text>
        {fields.length > 0 && (
          <Text size="xs" c="dimmed">
            Touches {listed(fields)}
          </Text>
        )}
        {fix !== null && (
          <Text size="sm" fw={550} component="div">
            <Advice advice={fix} />
          </Text>
        )}
      </div>
    </div>
  );
}
