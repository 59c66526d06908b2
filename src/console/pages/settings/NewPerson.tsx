import { PasswordInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Role } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';
import { ROLES } from './roles.ts';

const EMPTY = { name: '', email: '', role: 'viewer' as Role, password: '' };

/** Adds a person with a first password, which they should change. */
export function NewPerson() {
  const client = useQueryClient();
  const { values, set, clear, text } = useFields(EMPTY);
  const add = useMutation({
    mutationFn: () => send('POST', '/accounts', { json: values }),
    onSuccess: async () => {
      clear();
      await refresh(client, 'accounts');
    },
  });
  return (
    <SmallForm sending={add} label="Add">
      <TextInput label="Name" required {...text('name')} />
      <TextInput label="E-mail" type="email" required {...text('email')} />
      <Select
        size="xs"
        label="Role"
        data={ROLES}
        allowDeselect={false}
        value={values.role}
        onChange={(role) => set({ role: role ?? 'viewer' })}
      />
      <PasswordInput label="First password" autoComplete="new-password" required {...text('password')} />
    </SmallForm>
  );
}
