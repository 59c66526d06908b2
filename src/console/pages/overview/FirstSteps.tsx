import { Code, List, Text } from '@mantine/core';

import type { Connection } from '../../data/contract.ts';
import { Panel } from '../../parts/Panel.tsx';
import { To } from '../../parts/To.tsx';

/** An empty installation: from nothing to the first approved plan. */
export function FirstSteps({ connections }: { readonly connections: readonly Connection[] }) {
  return (
    <Panel
      title="Nothing is kept in step yet"
      about="Four steps, and nothing is written anywhere before the last."
    >
      <List type="ordered" spacing="md">
        <List.Item>
          <Text size="sm">
            Write the sync file: which systems, which records are the same thing, which field is which.{' '}
            <To to="/syncs/file">Open the editor</To>, or run <Code>trueup init</Code> for one to start from.
          </Text>
        </List.Item>
        <List.Item>
          <Text size="sm">
            Give the secrets that it names, and try its connections: <To to="/connections">Connections</To>
            {connections.length > 0 && ` (${String(connections.length)} known)`}.
          </Text>
        </List.Item>
        <List.Item>
          <Text size="sm">Make the plan: every side is read, and what would be written is shown.</Text>
        </List.Item>
        <List.Item>
          <Text size="sm">
            Approve the plan. From then on it runs by itself, and this page says how it stands.
          </Text>
        </List.Item>
      </List>
    </Panel>
  );
}
