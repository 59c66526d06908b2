import { Group } from '@mantine/core';

import type { Sync } from '../../data/contract.ts';
import { DiagnoseLink } from '../../parts/DiagnoseLink.tsx';
import { ModeTag } from '../../parts/ModeTag.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';
import classes from './SideRow.module.css';
import { SideRow } from './SideRow.tsx';

/** A sync with the balance, the freshness and the open writes of each of its sides. */
export function SyncCard({ sync }: { readonly sync: Sync }) {
  return (
    <Panel
      flush
      title={
        <Group gap={10}>
          <To to="/syncs/$sync" params={{ sync: sync.name }}>
            {sync.name}
          </To>
          <ModeTag mode={sync.mode} />
        </Group>
      }
      about={`${sync.entity}, revision ${String(sync.revision)}`}
      aside={<DiagnoseLink sync={sync.name} />}
    >
      <ul className={classes['sides']}>
        {sync.sides.map((side) => (
          <SideRow key={side.name} sync={sync.name} side={side} />
        ))}
      </ul>
    </Panel>
  );
}
