import { Text } from '@mantine/core';

import type { Connection } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ConnectionTag } from '../../parts/ConnectionTag.tsx';
import { Limits } from '../../parts/Limits.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { Throttled } from '../../parts/Throttled.tsx';
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
              <ConnectionTag connection={connection} />
            </div>
            <Text size="xs" c="dimmed" component="div">
              {connection.title}
              {connection.state !== 'connected' && connection.state !== 'new' && (
                <>
                  {' '}
                  · so since <Ago at={connection.since} />
                </>
              )}{' '}
              · last success <Ago at={connection.lastSuccessAt} />
            </Text>
            <Throttled throttled={connection.throttled} />
            <Limits connection={connection} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
