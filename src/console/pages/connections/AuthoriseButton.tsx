import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';

import type { Connection } from '../../data/contract.ts';
import { Refusal, send } from '../../data/request.ts';
import { useMay } from '../../data/session.ts';

/** Leads to where the system asks the person; from there the browser comes back by itself. */
export function AuthoriseButton({ connection }: { readonly connection: Connection }) {
  const { name, state, asksConsent } = connection;
  const isFirst = state === 'new';
  const mayAuthorise = useMay(isFirst ? 'admin' : 'operator');
  const question = useMutation({
    mutationFn: () => send('POST', '/connections/:name/authorisation', { param: { name } }),
    onSuccess: ({ url }) => globalThis.location.assign(url),
    onError: (error) =>
      notifications.show({ color: 'red', title: `${name} was not authorised`, message: wordsOf(error) }),
  });
  // One that works is not shown as if it needed anybody.
  if (!asksConsent || !mayAuthorise || (!isFirst && state !== 'reauthorise')) return null;
  return (
    <Button size="xs" loading={question.isPending || question.isSuccess} onClick={() => question.mutate()}>
      {isFirst ? 'Authorise' : 'Authorise again'}
    </Button>
  );
}

function wordsOf(error: Error): string {
  const advice = error instanceof Refusal ? error.advice : null;
  return advice === null ? error.message : `${error.message}. ${advice}`;
}
