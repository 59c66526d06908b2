import { Text } from '@mantine/core';
import { IconArrowNarrowLeft, IconArrowNarrowRight, IconArrowsHorizontal } from '@tabler/icons-react';

import type { MappingLine, SyncDetail } from '../../data/contract.ts';
import { counted } from '../../parts/numbers.ts';
import { To } from '../../parts/To.tsx';
import classes from './Picture.module.css';

/** The golden record in the middle, and every side with what flows between the two. */
export function Picture({ sync }: { readonly sync: SyncDetail }) {
  return (
    <figure className={classes['picture']} aria-label={`${sync.entity} and its sides`}>
      <div className={classes['hub']}>
        <Text size="xs" c="dimmed">
          golden record
        </Text>
        <Text fw={600}>{sync.entity}</Text>
        <Text size="xs" c="dimmed">
          {counted(sync.fields.length, 'field')}
        </Text>
      </div>
      <div className={classes['spokes']}>
        {sync.sides.map((side) => (
          <div key={side.name} className={classes['spoke']}>
            <Flow mappings={sync.mappings.filter((mapping) => mapping.side === side.name)} />
            <div className={classes['side']}>
              <Text fw={600} size="sm">
                {side.name}
              </Text>
              <Text size="xs" c="dimmed">
                {side.system} · {side.collection}
              </Text>
              <Text size="xs">
                through{' '}
                <To to="/connections/$connection" params={{ connection: side.connection }}>
                  {side.connection}
                </To>
              </Text>
            </div>
          </div>
        ))}
      </div>
    </figure>
  );
}

const WAYS = [
  { direction: 'both', icon: IconArrowsHorizontal, words: 'both ways' },
  { direction: 'in', icon: IconArrowNarrowLeft, words: 'only read here' },
  { direction: 'out', icon: IconArrowNarrowRight, words: 'only written here' },
] as const;

function Flow({ mappings }: { readonly mappings: readonly MappingLine[] }) {
  return (
    <div className={classes['flow']}>
      {WAYS.map(({ direction, icon: Icon, words }) => {
        const fields = mappings.filter((mapping) => mapping.direction === direction);
        if (fields.length === 0) return null;
        return (
          <div key={direction} className={classes['way']} title={fields.map(({ field }) => field).join(', ')}>
            <Icon size={20} stroke={1.5} aria-hidden />
            {counted(fields.length, 'field')} {words}
          </div>
        );
      })}
    </div>
  );
}
