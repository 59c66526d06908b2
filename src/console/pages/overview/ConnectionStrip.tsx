import { Text } from '@mantine/core';

import type { Connection } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ConnectionTag } from '../../parts/ConnectionTag.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { QuotaBar } from '../../parts/QuotaBar.tsx';
import { To } from '../../parts/To.tsx';
import classes from './ConnectionStrip.module.css';

/** Every account that is used, how it is, and how much of its limits is left. */
export function ConnectionStrip({ connections }: { readonly connections: readonly Connection[] }) {
  return (
    <Panel title="Connections" flush>
      <ul className={classes['strip']}>
        {connections.map((connection) => (
          <li key={connection.name}>
            <div className={classes['head']}>
              <To to="/connections/$connection" params={{ connection: connection.name }}>
                <b>{connection.name}</b>
              </To>
              <ConnectionTag state={connection.state} />
            </div>
            <Text size="xs" c="dimmed" component="div">
              {connection.title} · last success <Ago at={connection.lastSuccessAt} />
            </Text>
            {connection.limits.map((limit) => (
              <QuotaBar key={limit.name} limit={limit} />
            ))}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
