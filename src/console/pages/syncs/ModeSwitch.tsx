import { Button, Group } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';

import type { Mode } from '../../data/contract.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { useDeed } from '../../data/use-deed.ts';
import { ModeTag } from '../../parts/ModeTag.tsx';

/** Whether the sync runs. Before its plan is approved it only observes, and the plan is where that ends. */
export function ModeSwitch({ name, mode }: { readonly name: string; readonly mode: Mode }) {
  const mayOperate = useMay('operator');
  const change = useDeed({
    send: (next: Mode) => send('PUT', '/syncs/:name/mode', { param: { name }, json: { mode: next } }),
    notDone: 'Not changed',
    stale: ['syncs', 'overview'],
  });
  return (
    <Group gap={10}>
      <ModeTag mode={mode} />
      {mode !== 'observe' && mayOperate && (
        <Button
          size="xs"
          variant="default"
          loading={change.isPending}
          leftSection={mode === 'live' ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
          onClick={() => change.mutate(mode === 'live' ? 'paused' : 'live')}
        >
          {mode === 'live' ? 'Pause' : 'Go on'}
        </Button>
      )}
    </Group>
  );
}
