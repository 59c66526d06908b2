import { IconPlug } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';

import { connectionsQuery } from '../../data/queries.ts';
import { Loaded } from '../../parts/Loaded.tsx';
import { Nothing } from '../../parts/Nothing.tsx';
import { Page } from '../../parts/Page.tsx';
import { To } from '../../parts/To.tsx';
import { ConnectionCard } from './ConnectionCard.tsx';

/** Every account in a system, and how it is. */
export function Connections() {
  const query = useQuery(connectionsQuery);
  return (
    <Page title="Connections" about="The accounts through which Trueup reads and writes">
      <Loaded query={query}>
        {({ items: connections }) =>
          connections.length === 0 ? (
            <Nothing icon={IconPlug} title="Nothing is connected yet">
              Connections are declared in the <To to="/syncs/file">sync file</To>, and get their secrets here
              or with <code>trueup connect</code>.
            </Nothing>
          ) : (
            connections.map((connection) => <ConnectionCard key={connection.name} connection={connection} />)
          )
        }
      </Loaded>
    </Page>
  );
}
