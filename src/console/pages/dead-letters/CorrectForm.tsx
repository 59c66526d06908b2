import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import type { DeadLetter } from '../../data/contract.ts';
import type { BodyOf } from '../../data/endpoints.ts';
import { syncQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import classes from './LetterRow.module.css';
import { useLetterAction } from './use-letter-action.ts';

/** Gives a field of the record another value everywhere, and tries what waited for it. Only for records that are known. */
export function CorrectForm({ letter }: { readonly letter: DeadLetter }) {
  const mayCorrect = useMay('approver');
  const { data } = useQuery(syncQuery(letter.sync));
  const correct = useLetterAction(
    (json: BodyOf<'POST', '/dead-letters/:id/correction'>) =>
      send('POST', '/dead-letters/:id/correction', { param: { id: letter.id }, json }),
    'Corrected, and tried again',
  );
  const [field, setField] = useState<string | null>(letter.failure.field);
  const [value, setValue] = useState('');
  if (!mayCorrect || letter.identity === null) return null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (field !== null) correct.mutate({ sync: letter.sync, field, value });
  };
  return (
    <form className={classes['form']} onSubmit={submit}>
      <Select
        size="xs"
        label="Correct the field"
        data={data?.fields.map(({ name }) => name) ?? []}
        value={field}
        onChange={setField}
      />
      <TextInput
        size="xs"
        label="to"
        required
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button size="xs" type="submit" disabled={field === null} loading={correct.isPending}>
        Correct it everywhere
      </Button>
    </form>
  );
}
