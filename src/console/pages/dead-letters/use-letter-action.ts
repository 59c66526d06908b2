import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Json } from '../../../lib/json.ts';
import { refresh } from '../../data/queries.ts';
import { write } from '../../data/request.ts';

/** Does something about a dead letter, says that it was done, and shows what has become of it. */
export function useLetterAction(path: string, done: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Json) => write('POST', path, body),
    onSuccess: () => notifications.show({ title: done, message: 'What still fails comes back here.' }),
    onError: (error) =>
      notifications.show({ color: 'red', title: 'Nothing was done', message: error.message }),
    onSettled: () => refresh(client, 'dead-letters', 'problems', 'overview', 'records'),
  });
}
