import { List } from '@mantine/core';

import { Panel } from '../../parts/Panel.tsx';

/** What the sync does about matches, conflicts, deletes and floods, a sentence each. */
export function Rules({ rules }: { readonly rules: readonly string[] }) {
  if (rules.length === 0) return null;
  return (
    <Panel title="Rules">
      <List size="sm" spacing={6}>
        {rules.map((rule) => (
          <List.Item key={rule}>{rule}</List.Item>
        ))}
      </List>
    </Panel>
  );
}
