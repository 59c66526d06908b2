import { ActionIcon, Autocomplete, Button, Group, Select, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';

import type { MappingTrial } from '../../data/contract.ts';
import { SPELLINGS, type MappingDraft, type Row, type Way } from './mapping-draft.ts';
import classes from './MappingEditor.module.css';

const BLANK: Row = { key: '', value: '' };

interface FormProps {
  readonly side: string;
  readonly draft: MappingDraft;
  readonly natives: MappingTrial['natives'];
  readonly onChange: (draft: MappingDraft) => void;
}

/** What is said of a field at a side. Every change is given at once. */
export function MappingForm(props: FormProps) {
  const { draft } = props;
  const kept = Object.keys(draft.kept);
  return (
    <>
      <Line {...props} />
      {draft.way !== 'none' && <Words {...props} />}
      {draft.way !== 'none' && kept.length > 0 && (
        <Text size="xs" c="dimmed" mt="xs">
          Stays as the sync file says: {kept.join(', ')}.
        </Text>
      )}
    </>
  );
}

/** Which field it is, which way its value goes, and when it is written. */
function Line({ side, draft, natives, onChange }: FormProps) {
  const ways: readonly { readonly value: Way; readonly label: string }[] = [
    { value: 'both', label: 'is kept equal, both ways' },
    { value: 'in', label: `is only given by ${side}` },
    { value: 'out', label: `is only written to ${side}` },
    { value: 'none', label: `is not kept at ${side}` },
  ];
  const chosen = natives.find(({ name }) => name === draft.native);
  return (
    <div className={classes['line']}>
      <Autocomplete
        size="xs"
        label={`Field at ${side}`}
        description={chosen === undefined ? undefined : describe(chosen)}
        inputWrapperOrder={['label', 'input', 'description']}
        data={natives.map(({ name }) => name)}
        value={draft.native}
        disabled={draft.way === 'none'}
        onChange={(native) => onChange({ ...draft, native })}
      />
      <Select
        size="xs"
        label="The value"
        data={ways}
        allowDeselect={false}
        value={draft.way}
        onChange={(way) =>
          onChange({ ...draft, way: ways.find(({ value }) => value === way)?.value ?? 'both' })
        }
      />
      <Select
        size="xs"
        label="It is written"
        data={[
          { value: 'always', label: 'whenever it changes' },
          { value: 'if_empty', label: 'only where it is empty' },
        ]}
        allowDeselect={false}
        disabled={draft.way === 'in' || draft.way === 'none'}
        value={draft.fillsOnly ? 'if_empty' : 'always'}
        onChange={(write) => onChange({ ...draft, fillsOnly: write === 'if_empty' })}
      />
    </div>
  );
}

/** What its codes mean, and how it is spelled. */
function Words({ side, draft, natives, onChange }: FormProps) {
  const { codes, spelling } = draft;
  const options = natives.find(({ name }) => name === draft.native)?.options ?? [];
  const begun = options.length === 0 ? [BLANK] : options.map((key) => ({ key, value: '' }));
  return (
    <>
      {codes.length > 0 && (
        <Rows
          title={`What ${side} writes, and what it means`}
          of="code"
          rows={codes}
          keys={options.map((value) => ({ value, label: value }))}
          onChange={(rows) => onChange({ ...draft, codes: rows })}
        />
      )}
      {spelling.length > 0 && (
        <Rows
          title={`How ${side} spells it`}
          of="spelling"
          rows={spelling}
          keys={SPELLINGS.map(({ key, label }) => ({ value: key, label: `${key}: ${label}` }))}
          onChange={(rows) => onChange({ ...draft, spelling: rows })}
        />
      )}
      <Group gap={8} mt="xs">
        {codes.length === 0 && (
          <Button size="compact-xs" variant="default" onClick={() => onChange({ ...draft, codes: begun })}>
            Translate values
          </Button>
        )}
        {spelling.length === 0 && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onChange({ ...draft, spelling: [BLANK] })}
          >
            Spelled otherwise there
          </Button>
        )}
      </Group>
    </>
  );
}

function describe({ title, name, type, isReadOnly }: MappingTrial['natives'][number]): string {
  const words = [...(title === null || title === name ? [] : [title]), type];
  return [...words, ...(isReadOnly ? ['set by the system'] : [])].join(', ');
}

/** Pairs of words, with room for one more. */
function Rows({
  title,
  of,
  rows,
  keys,
  onChange,
}: {
  readonly title: string;
  /** What one of them is called to those who hear the page. */
  readonly of: string;
  readonly rows: readonly Row[];
  /** To choose from; any word where there are none. */
  readonly keys: readonly { readonly value: string; readonly label: string }[];
  readonly onChange: (rows: readonly Row[]) => void;
}) {
  const change = (index: number, row: Partial<Row>): void =>
    onChange(rows.map((known, at) => (at === index ? { ...known, ...row } : known)));
  return (
    <fieldset className={classes['rows']}>
      <legend>{title}</legend>
      {rows.map(({ key, value }, index) => {
        const number = String(index + 1);
        return (
          <div key={number} className={classes['row']}>
            {keys.length === 0 ? (
              <TextInput
                size="xs"
                aria-label={`${of} ${number}`}
                value={key}
                onChange={(event) => change(index, { key: event.currentTarget.value })}
              />
            ) : (
              <Select
                size="xs"
                aria-label={`${of} ${number}`}
                searchable
                data={keys}
                value={key === '' ? null : key}
                onChange={(chosen) => change(index, { key: chosen ?? '' })}
              />
            )}
            <TextInput
              size="xs"
              aria-label={`meaning of ${of} ${number}`}
              value={value}
              onChange={(event) => change(index, { value: event.currentTarget.value })}
            />
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Take ${of} ${number} away`}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            >
              <IconX size={14} aria-hidden />
            </ActionIcon>
          </div>
        );
      })}
      <Button size="compact-xs" variant="subtle" onClick={() => onChange([...rows, BLANK])}>
        One more
      </Button>
    </fieldset>
  );
}
