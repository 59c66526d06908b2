import { Button, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';

import type { DeadLetter } from '../../data/contract.ts';
import type { BodyOf } from '../../data/endpoints.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import classes from './LetterRow.module.css';
import { useLetterAction } from './use-letter-action.ts';

/** Gives a letter up, with the reason, until something about its record changes. */
export function DiscardButton({ letter }: { readonly letter: DeadLetter }) {
  const mayDiscard = useMay('operator');
  const discard = useLetterAction(
    (json: BodyOf<'POST', '/dead-letters/discard'>) => send('POST', '/dead-letters/discard', { json }),
    'It is given up',
  );
  const [reason, setReason] = useState('');
  if (!mayDiscard) return null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    discard.mutate({ sync: letter.sync, letter: letter.id, reason });
  };
  return (
    <form className={classes['form']} onSubmit={submit}>
      <TextInput
        size="xs"
        label="Or give it up, because"
        required
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Button size="xs" variant="default" type="submit" loading={discard.isPending}>
        Give it up
      </Button>
    </form>
  );
}
