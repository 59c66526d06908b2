import { Button, Code, Group, PasswordInput, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import type { Connection } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** Whether a secret is there, and the way to put another in its place. It goes in and never comes out. */
export function SecretForm({ setting }: { readonly setting: Connection['settings'][number] }) {
  const client = useQueryClient();
  const mayChange = useMay('admin');
  const [isOpen, setOpen] = useState(false);
  const [value, setValue] = useState('');
  const name = setting.secret ?? '';
  const save = useMutation({
    mutationFn: () => send('PUT', '/secrets/:name', { param: { name }, json: { value } }),
    onSuccess: async () => {
      setOpen(false);
      setValue('');
      await refresh(client, 'connections', 'secrets');
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  if (!isOpen)
    return (
      <Group gap={10}>
        <Text size="sm">
          secret <Code>{name}</Code>, {setting.isStored ? 'kept sealed' : 'not given yet'}
        </Text>
        {mayChange && (
          <Button size="compact-xs" variant="default" onClick={() => setOpen(true)}>
            {setting.isStored ? 'Replace' : 'Give it'}
          </Button>
        )}
      </Group>
    );
  return (
    <form onSubmit={submit}>
      {save.error !== null && <RefusalNote error={save.error} />}
      <Group gap={8} align="flex-end">
        <PasswordInput
          label={`New value of ${name}`}
          autoComplete="off"
          autoFocus
          required
          w={260}
          value={value}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Button type="submit" size="sm" loading={save.isPending}>
          Keep it sealed
        </Button>
        <Button size="sm" variant="default" onClick={() => setOpen(false)}>
          Not now
        </Button>
      </Group>
    </form>
  );
}
