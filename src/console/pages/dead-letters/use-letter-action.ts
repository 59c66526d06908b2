import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import { refresh } from '../../data/queries.ts';

/** Does something about a dead letter, says that it was done, and shows what has become of it. */
export function useLetterAction<Given>(act: (given: Given) => Promise<unknown>, done: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => notifications.show({ title: done, message: 'What still fails comes back here.' }),
    onError: (error) =>
      notifications.show({ color: 'red', title: 'Nothing was done', message: error.message }),
    onSettled: () => refresh(client, 'dead-letters', 'problems', 'overview', 'records'),
  });
}
