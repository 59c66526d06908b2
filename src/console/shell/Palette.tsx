import { Kbd, Loader, Modal, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState, type KeyboardEvent } from 'react';

import classes from './Palette.module.css';
import { usePaletteEntries, type Entry } from './use-palette-entries.ts';

const TYPING_MS = 150;

/** Goes anywhere and finds any record by what is typed; the arrows choose, Enter goes. */
export function Palette({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size={600}
      yOffset="12vh"
      centered={false}
      attributes={{ content: { 'aria-label': 'Search and go to' } }}
    >
      <PaletteBody onClose={onClose} />
    </Modal>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(0);
  const [settled] = useDebouncedValue(typed.trim(), TYPING_MS);
  const { entries, isSearching } = usePaletteEntries(typed.trim(), settled);
  const at = Math.min(chosen, entries.length - 1);
  const go = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.go();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) setChosen((at + step + entries.length) % Math.max(1, entries.length));
    else if (event.key === 'Enter') go(entries[at]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        variant="unstyled"
        className={classes['input']}
        leftSection={<IconSearch size={18} />}
        rightSection={isSearching ? <Loader size="xs" /> : <Kbd size="xs">Esc</Kbd>}
        placeholder="An id, an e-mail address, a name of a page"
        aria-label="Search"
        role="combobox"
        aria-expanded
        aria-controls="palette-entries"
        aria-activedescendant={`palette-entry-${String(at)}`}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-entries" role="listbox" aria-label="Results" className={classes['entries']}>
        {entries.map((entry, index) => (
          <div
            key={entry.key}
            id={`palette-entry-${String(index)}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            className={classes['entry']}
            onMouseMove={() => setChosen(index)}
            onClick={() => go(entry)}
            onKeyDown={onKeyDown}
          >
            <entry.icon size={16} stroke={1.7} />
            <span className={classes['label']}>{entry.label}</span>
            <span className={classes['aside']}>{entry.aside}</span>
          </div>
        ))}
      </div>
    </>
  );
}
