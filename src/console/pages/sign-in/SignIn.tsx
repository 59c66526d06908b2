import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';

import type { BodyOf } from '../../data/endpoints.ts';
import { send } from '../../data/request.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { Entrance } from './Entrance.tsx';
import { Providers } from './Providers.tsx';
import { useEnter } from './use-enter.ts';

/** Asks who is there. */
export function SignIn() {
  const { from, refused } = useSearch({ from: '/sign-in' });
  const enter = useEnter((json: BodyOf<'POST', '/session'>) => send('POST', '/session', { json }), from);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = 'Sign in · Trueup';
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter.mutate({ email, password });
  };
  return (
    <Entrance title="Sign in" about="Keeps your systems in step, and shows that they are.">
      <form onSubmit={submit}>
        <Stack gap="md">
          {enter.error !== null && <RefusalNote error={enter.error} />}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={enter.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
      <Providers from={from} refused={refused} />
    </Entrance>
  );
}
