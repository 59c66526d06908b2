import { Alert, Button, Code, CopyButton, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import type { Token } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { write } from '../../data/request.ts';
import { RefusalNote } from '../../parts/RefusalNote.tsx';
import { SCOPES } from './scopes.ts';
import classes from './Settings.module.css';

const DAYS = 90;
const DAYS_MAX = 365;

/** Makes a token and shows it, this once. */
export function NewToken() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['viewer']);
  const [days, setDays] = useState<number | string>(DAYS);
  const make = useMutation({
    mutationFn: () =>
      write<Token & { readonly token: string }>('POST', '/tokens', { name, scopes, days: Number(days) }),
    onSuccess: () => refresh(client, 'tokens'),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <>
      <form onSubmit={submit} className={classes['form']}>
        <TextInput
          size="xs"
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <MultiSelect size="xs" label="Scopes" data={SCOPES} value={scopes} onChange={setScopes} />
        <NumberInput size="xs" label="Days" min={1} max={DAYS_MAX} value={days} onChange={setDays} />
        <Button size="xs" type="submit" loading={make.isPending} disabled={scopes.length === 0}>
          Make a token
        </Button>
        {make.error !== null && <RefusalNote error={make.error} />}
      </form>
      {make.data !== undefined && (
        <Alert variant="light" title="Copy it now: it is not shown again" m="md">
          <Code>{make.data.token}</Code>{' '}
          <CopyButton value={make.data.token}>
            {({ copied, copy }) => (
              <Button size="compact-xs" variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Alert>
      )}
    </>
  );
}
