import { PasswordInput, Select, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import type { Channel } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';
import { KINDS, type Kind, type KindForm } from './kinds.ts';

type Severity = Channel['severity'];

const EMPTY = { name: '', severity: 'warning' as Severity, secret: '' };

/** Adds a channel, or puts another in the place of the one with its name. */
export function NewChannel() {
  const client = useQueryClient();
  const [kind, setKind] = useState<Kind>('slack');
  const { values, set, clear, text } = useFields(EMPTY);
  const { name, severity, secret } = values;
  const [settings, setSettings] = useState<Readonly<Record<string, string>>>({});
  const form = KINDS.find(({ value }) => value === kind);
  const save = useMutation({
    mutationFn: () =>
      send('PUT', '/channels/:name', {
        param: { name },
        json: { kind, severity, ...filled(settings, secret) },
      }),
    onSuccess: async () => {
      clear();
      setSettings({});
      await refresh(client, 'channels');
    },
  });
  return (
    <SmallForm sending={save} label="Tell it from now on">
      <TextInput
        label="Name of the channel"
        required
        pattern="[a-z][a-z0-9_\-]*"
        title="small letters, digits, - and _"
        {...text('name')}
      />
      <Select
        size="xs"
        label="Kind"
        data={KINDS.map(({ value, label }) => ({ value, label }))}
        allowDeselect={false}
        value={kind}
        onChange={(next) => {
          setKind(KINDS.find(({ value }) => value === next)?.value ?? 'slack');
          setSettings({});
        }}
      />
      <SeveritySelect severity={severity} onChange={(next) => set({ severity: next })} />
      {form !== undefined && (
        <KindFields
          form={form}
          settings={settings}
          secret={secret}
          onSettings={setSettings}
          onSecret={(next) => set({ secret: next })}
        />
      )}
    </SmallForm>
  );
}

/** Without what was left empty. */
function filled(settings: Readonly<Record<string, string>>, secret: string) {
  const given = Object.entries(settings).filter(([, value]) => value !== '');
  return { settings: Object.fromEntries(given), ...(secret === '' ? {} : { secret }) };
}

/** What a channel of this kind needs to know. */
function KindFields({
  form,
  settings,
  secret,
  onSettings,
  onSecret,
}: {
  readonly form: KindForm;
  readonly settings: Readonly<Record<string, string>>;
  readonly secret: string;
  readonly onSettings: (settings: Readonly<Record<string, string>>) => void;
  readonly onSecret: (secret: string) => void;
}) {
  return (
    <>
      {form.settings.map(({ name, label, isRequired }) => (
        <TextInput
          key={name}
          size="xs"
          label={label}
          required={isRequired}
          value={settings[name] ?? ''}
          onChange={(event) => onSettings({ ...settings, [name]: event.currentTarget.value })}
        />
      ))}
      <PasswordInput
        size="xs"
        label={form.secret}
        autoComplete="off"
        required={form.needsSecret}
        value={secret}
        onChange={(event) => onSecret(event.currentTarget.value)}
      />
    </>
  );
}

function SeveritySelect({
  severity,
  onChange,
}: {
  readonly severity: Severity;
  readonly onChange: (severity: Severity) => void;
}) {
  return (
    <Select
      size="xs"
      label="Is told"
      data={[
        { value: 'warning', label: 'every alert' },
        { value: 'critical', label: 'critical alerts only' },
      ]}
      allowDeselect={false}
      value={severity}
      onChange={(next) => onChange(next === 'critical' ? next : 'warning')}
    />
  );
}
