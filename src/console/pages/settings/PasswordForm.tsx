import { Button, PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { send } from '../../data/request.ts';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import classes from './Settings.module.css';

/** Changes the password of whoever is signed in. */
export function PasswordForm() {
  const [present, setPresent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => send('PUT', '/session/password', { json: { present, next } }),
    onSuccess: () => {
      setPresent('');
      setNext('');
      notifications.show({
        title: 'Your password is changed',
        message: 'Every other session of yours has ended.',
      });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Panel title="Your password" flush>
      <form onSubmit={submit} className={classes['form']}>
        <PasswordInput
          size="xs"
          label="Present password"
          autoComplete="current-password"
          required
          value={present}
          onChange={(event) => setPresent(event.currentTarget.value)}
        />
        <PasswordInput
          size="xs"
          label="Next password"
          autoComplete="new-password"
          required
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <Button size="xs" type="submit" loading={change.isPending}>
          Change it
        </Button>
        {change.error !== null && <RefusalNote error={change.error} />}
      </form>
    </Panel>
  );
}
