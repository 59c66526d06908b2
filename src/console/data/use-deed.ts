import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { refresh } from './queries.ts';

type Said = Readonly<Record<'title' | 'message', string>> & { readonly color?: 'green' | 'red' };

/** What a person does here with one request, and what the corner of the window says of it. */
export interface Deed<Answer, Given = void> {
  readonly send: (given: Given) => Promise<Answer>;
  /** Absent where the page itself shows that it is done. */
  readonly done?: (answer: Answer) => Said;
  /** The title above the reason why it was not done. */
  readonly notDone: string;
  /** Topics of queries that are asked for again, however it ended. */
  readonly stale: readonly string[];
}

/** The way to do a deed; for those whose refusal is told in the corner, not beside the button. */
export function useDeed<Answer, Given = void>({ send, done, notDone, stale }: Deed<Answer, Given>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: (answer) => {
      if (done !== undefined) notifications.show(done(answer));
    },
    onError: (error) => notifications.show({ color: 'red', title: notDone, message: error.message }),
    onSettled: () => refresh(client, ...stale),
  });
}
