import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';

import type { BodyOf } from '../../data/endpoints.ts';
import { send } from '../../data/request.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { Entrance } from './Entrance.tsx';
import { useEnter } from './use-enter.ts';

/** The first account of a new installation, made by whoever can read what the server printed. */
export function SetUp() {
  const search = useSearch({ from: '/set-up' });
  const enter = useEnter((json: BodyOf<'POST', '/set-up'>) => send('POST', '/set-up', { json }), undefined);
  const [values, setValues] = useState({ token: search.token ?? '', name: '', email: '', password: '' });
  useEffect(() => {
    document.title = 'Set up · Trueup';
  }, []);
  const field = (name: keyof typeof values) => ({
    value: values[name],
    required: true,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
      setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    enter.mutate(values);
  };
  return (
    <Entrance
      title="Set up Trueup"
      about="Make the first account. It may do everything; you can add others later."
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          {enter.error !== null && <RefusalNote error={enter.error} />}
          <PasswordInput
            label="Set-up token"
            description="Printed by the server when it started: trueup start"
            autoComplete="off"
            {...field('token')}
          />
          <TextInput label="Your name" autoComplete="name" {...field('name')} />
          <TextInput label="E-mail" type="email" autoComplete="username" {...field('email')} />
          <PasswordInput
            label="Password"
            description="At least 12 characters; a sentence is easiest"
            autoComplete="new-password"
            {...field('password')}
          />
          <Button type="submit" loading={enter.isPending}>
            Make the account
          </Button>
        </Stack>
      </form>
    </Entrance>
  );
}
