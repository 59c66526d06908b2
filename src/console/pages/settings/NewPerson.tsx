import { Button, PasswordInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import { refresh, accountsQuery } from '../../data/queries.ts';
import { write } from '../../data/request.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { ROLES } from './roles.ts';
import classes from './Settings.module.css';

const EMPTY = { name: '', email: '', role: 'viewer', password: '' };

/** Adds a person with a first password, which they should change. */
export function NewPerson() {
  const client = useQueryClient();
  const [values, setValues] = useState(EMPTY);
  const add = useMutation({
    mutationFn: () => write('POST', '/accounts', values),
    onSuccess: async () => {
      setValues(EMPTY);
      await refresh(client, String(accountsQuery.queryKey[0]));
    },
  });
  const set = (change: Partial<typeof values>): void => setValues({ ...values, ...change });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <form onSubmit={submit} className={classes['form']}>
      <TextInput
        size="xs"
        label="Name"
        required
        value={values.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        label="E-mail"
        type="email"
        required
        value={values.email}
        onChange={(event) => set({ email: event.currentTarget.value })}
      />
      <Select
        size="xs"
        label="Role"
        data={ROLES}
        allowDeselect={false}
        value={values.role}
        onChange={(role) => set({ role: role ?? 'viewer' })}
      />
      <PasswordInput
        size="xs"
        label="First password"
        autoComplete="new-password"
        required
        value={values.password}
        onChange={(event) => set({ password: event.currentTarget.value })}
      />
      <Button size="xs" type="submit" loading={add.isPending}>
        Add
      </Button>
      {add.error !== null && <RefusalNote error={add.error} />}
    </form>
  );
}
