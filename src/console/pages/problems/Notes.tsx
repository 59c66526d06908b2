import { Button, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';

import type { ProblemDetail } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';
import { Ago } from '../../parts/Ago.tsx';
import { Panel } from '../../parts/Panel.tsx';
import { RefusalNote } from '../../parts/RefusalNote.tsx';

/** What people found out about a problem. */
export function Notes({ problem }: { readonly problem: ProblemDetail }) {
  const client = useQueryClient();
  const mayNote = useMay('operator');
  const [note, setNote] = useState('');
  const add = useMutation({
    mutationFn: () => send('POST', '/problems/:id/notes', { param: { id: problem.id }, json: { note } }),
    onSuccess: async () => {
      setNote('');
      await refresh(client, 'problems');
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Panel title="Notes" about="For whoever is called next">
      {problem.notes.map(({ at, author, note: text }) => (
        <div key={`${at} ${author}`}>
          <Text size="xs" c="dimmed" component="div">
            {author}, <Ago at={at} />
          </Text>
          <Text size="sm" mb="sm">
            {text}
          </Text>
        </div>
      ))}
      {mayNote && (
        <form onSubmit={submit}>
          {add.error !== null && <RefusalNote error={add.error} />}
          <Textarea
            aria-label="A note"
            rows={2}
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Button
            type="submit"
            size="xs"
            mt="xs"
            variant="default"
            disabled={note.trim() === ''}
            loading={add.isPending}
          >
            Add the note
          </Button>
        </form>
      )}
    </Panel>
  );
}
