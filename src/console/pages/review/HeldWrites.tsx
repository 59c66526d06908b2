import { Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { HeldSet } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { counted } from '../../parts/numbers.ts';
import { To } from '../../parts/To.tsx';
import { StoppedPanel } from './StoppedPanel.tsx';

/** A flood that a guard stopped. Letting it go names the exact set; if it has changed meanwhile, nothing happens. */
export function HeldWrites({ held }: { readonly held: HeldSet }) {
  const client = useQueryClient();
  const { sync, side, kind, writes, hash, samples } = held;
  const release = useMutation({
    mutationFn: () => send('POST', '/held-writes/release', { json: { sync, side, kind, hash } }),
    onSettled: () => refresh(client, 'stops', 'overview', 'records'),
  });
  const what = counted(writes, kind);
  return (
    <StoppedPanel
      title={`${what} at ${side} are stopped`}
      about={`${sync}: a guard found that more would change at once than the sync allows`}
      label={`Let exactly these ${what} go`}
      step={release}
      otherwise="If this was not meant, put it right at the side it came from: what is no longer owed is dropped by itself."
    >
      <Group gap="sm" mb="xs">
        {samples.map(({ identity, title }) => (
          <To key={identity} to="/records/$identity" params={{ identity }}>
            {title}
          </To>
        ))}
        {writes > samples.length && (
          <Text size="sm" c="dimmed" span>
            and {counted(writes - samples.length, 'other')}
          </Text>
        )}
      </Group>
    </StoppedPanel>
  );
}
