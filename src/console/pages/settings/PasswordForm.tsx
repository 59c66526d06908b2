import { PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';

import { send } from '../../data/request.ts';
import { Panel } from '../../parts/Panel.tsx';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';

/** Changes the password of whoever is signed in. */
export function PasswordForm() {
  const { values, clear, text } = useFields({ present: '', next: '' });
  const change = useMutation({
    mutationFn: () => send('PUT', '/session/password', { json: values }),
    onSuccess: () => {
      clear();
      notifications.show({
        title: 'Your password is changed',
        message: 'Every other session of yours has ended.',
      });
    },
  });
  return (
    <Panel title="Your password" flush>
      <SmallForm sending={change} label="Change it">
        <PasswordInput
          label="Present password"
          autoComplete="current-password"
          required
          {...text('present')}
        />
        <PasswordInput label="Next password" autoComplete="new-password" required {...text('next')} />
      </SmallForm>
    </Panel>
  );
}
