import { Text } from '@mantine/core';

import type { PlanGroup } from '../../data/contract.ts';
import { Change } from '../../parts/Change.tsx';
import { counted } from '../../parts/numbers.ts';
import { Panel } from '../../parts/Panel.tsx';
import { Tag } from '../../parts/Tag.tsx';
import { To } from '../../parts/To.tsx';
import classes from './PlanGroups.module.css';

const TONES = { create: 'in-sync', update: 'pending', delete: 'dead' } as const;

/** The writes of a plan by side and kind, with samples of each. */
export function PlanGroups({ groups }: { readonly groups: readonly PlanGroup[] }) {
  return groups.map((group) => (
    <Panel
      key={`${group.side} ${group.kind}`}
      flush
      title={
        <>
          {counted(group.count, group.kind)} at {group.side} <Tag tone={TONES[group.kind]}>{group.kind}</Tag>
        </>
      }
      about={
        group.count > group.samples.length
          ? `${counted(group.samples.length, 'sample')} of ${String(group.count)}`
          : undefined
      }
    >
      {group.samples.map((sample) => (
        <div key={sample.identity} className={classes['sample']}>
          <Text size="sm" fw={550}>
            <To to="/records/$identity" params={{ identity: sample.identity }}>
              {sample.title}
            </To>
          </Text>
          <div>
            {sample.values.map(({ field, before, after }) => (
              <Change
                key={field}
                field={field}
                before={group.kind === 'create' ? undefined : before}
                after={after}
              />
            ))}
          </div>
        </div>
      ))}
    </Panel>
  ));
}
