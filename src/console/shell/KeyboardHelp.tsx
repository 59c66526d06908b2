import { Kbd, Modal, Table } from '@mantine/core';

import { PLACES } from './places.ts';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['Ctrl', 'K'], 'Search records, go to any page'],
  [['/'], 'The same'],
  [['?'], 'This list'],
  ...PLACES.map(({ key, label }) => [['g', key], `Go to ${label}`] as const),
  [['j'], 'Review: the next one'],
  [['k'], 'Review: the one before'],
  [['1', '…', '9'], 'Review: choose'],
  [['Enter'], 'Review: decide as chosen'],
  [['u'], 'Review: take the last decision back while it waits'],
];

/** What the keyboard can do. */
export function KeyboardHelp({
  opened,
  onClose,
}: {
  readonly opened: boolean;
  readonly onClose: () => void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard">
      <Table verticalSpacing={5} withRowBorders={false}>
        <Table.Tbody>
          {KEYS.map(([keys, does]) => (
            <Table.Tr key={does}>
              <Table.Td w={130}>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
