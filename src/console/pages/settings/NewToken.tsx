import { Alert, Button, Code, CopyButton, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Role } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';
import { ROLES } from './roles.ts';

const DAYS_MAX = 365;
const EMPTY = { name: '', scopes: ['viewer'] as Role[], days: 90 as number | string };

/** Makes a token and shows it, this once. A scope lets it do what a person of that role may. */
export function NewToken() {
  const client = useQueryClient();
  const { values, set, text } = useFields(EMPTY);
  const make = useMutation({
    mutationFn: () => send('POST', '/tokens', { json: { ...values, days: Number(values.days) } }),
    onSuccess: () => refresh(client, 'tokens'),
  });
  return (
    <>
      <SmallForm sending={make} label="Make a token" isComplete={values.scopes.length > 0}>
        <TextInput label="Name" required {...text('name')} />
        <MultiSelect
          size="xs"
          label="Scopes"
          data={ROLES}
          value={values.scopes}
          onChange={(scopes) => set({ scopes })}
        />
        <NumberInput
          size="xs"
          label="Days"
          min={1}
          max={DAYS_MAX}
          value={values.days}
          onChange={(days) => set({ days })}
        />
      </SmallForm>
      {make.data !== undefined && <Shown token={make.data.token} />}
    </>
  );
}

function Shown({ token }: { readonly token: string }) {
  return (
    <Alert variant="light" title="Copy it now: it is not shown again" m="md">
      <Code>{token}</Code>{' '}
      <CopyButton value={token}>
        {({ copied, copy }) => (
          <Button size="compact-xs" variant="default" onClick={copy}>
            {copied ? 'Copied' : 'Copy'}
          </Button>
        )}
      </CopyButton>
    </Alert>
  );
}
