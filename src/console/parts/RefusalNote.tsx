import { Alert, Button, List, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';

import { Refusal } from '../data/request.ts';
import { Advice } from './Advice.tsx';

/** Why something could not be done, what to do about it, and, where it makes sense, a way to try again. */
export function RefusalNote({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const refusal = error instanceof Refusal ? error : null;
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle size={18} />}
      title={error.message}
      role="alert"
    >
      {refusal?.advice != null && (
        <Text size="sm" component="div">
          <Advice advice={refusal.advice} />
        </Text>
      )}
      {refusal !== null && refusal.errors.length > 0 && (
        <List size="sm">
          {refusal.errors.map(({ path, message }) => (
            <List.Item key={`${path} ${message}`}>
              {path === '' ? '' : `${path}: `}
              {message}
            </List.Item>
          ))}
        </List>
      )}
      {retry !== undefined && (
        <Button size="xs" variant="default" mt="sm" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
