import { PasswordInput, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';

import type { Provider } from '../../data/contract.ts';
import { refresh } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { SmallForm } from '../../parts/SmallForm.tsx';
import { useFields } from '../../parts/use-fields.ts';
import { groupLines, rolesIn } from './group-lines.ts';
import { ROLES } from './roles.ts';

/** Sets a provider up, or changes one. It must answer under its issuer before it is stored. */
export function ProviderForm({
  edited,
  onDone,
}: {
  readonly edited: Provider | null;
  readonly onDone: () => void;
}) {
  const client = useQueryClient();
  const { values, set, clear, text } = useFields(fieldsOf(edited));
  const save = useMutation({
    mutationFn: () => {
      const { name, secret, groups, scope, groupsClaim, ...rest } = values;
      return send('PUT', '/sign-in-providers/:name', {
        param: { name },
        json: {
          ...rest,
          roles: rolesIn(groups),
          ...(scope === '' ? {} : { scope }),
          ...(groupsClaim === '' ? {} : { groupsClaim }),
          // Nothing typed keeps the secret that is stored; a new provider without one has none.
          ...(secret === '' ? (edited === null ? { clientSecret: null } : {}) : { clientSecret: secret }),
        },
      });
    },
    onSuccess: async () => {
      clear();
      onDone();
      await refresh(client, 'providers', 'sign-in');
    },
  });
  return (
    <SmallForm sending={save} label={edited === null ? 'Set it up' : `Change ${edited.title}`}>
      <TextInput
        label="Short name"
        required
        disabled={edited !== null}
        pattern="[a-z][a-z0-9\-]{0,30}"
        title="small letters, digits and -"
        {...text('name')}
      />
      <TextInput label="What its button says" required {...text('title')} />
      <TextInput label="Issuer" type="url" required {...text('issuer')} />
      <TextInput label="Client id" required {...text('clientId')} />
      <PasswordInput
        label="Client secret"
        autoComplete="off"
        placeholder={edited?.hasSecret === true ? 'as it is' : 'none'}
        {...text('secret')}
      />
      <TextInput label="Claim with the groups" placeholder="groups" {...text('groupsClaim')} />
      <Textarea
        label="Roles: a group and its role on each line"
        placeholder="sync-admins = admin"
        autosize
        minRows={1}
        maxRows={8}
        {...text('groups')}
      />
      <Select
        size="xs"
        label="Who is in none of them"
        data={[{ value: '', label: 'is not let in' }, ...ROLES.map(({ value }) => ({ value, label: value }))]}
        allowDeselect={false}
        value={values.defaultRole ?? ''}
        onChange={(role) => set({ defaultRole: ROLES.find(({ value }) => value === role)?.value ?? null })}
      />
    </SmallForm>
  );
}

function fieldsOf(edited: Provider | null) {
  return {
    name: edited?.name ?? '',
    title: edited?.title ?? '',
    issuer: edited?.issuer ?? '',
    clientId: edited?.clientId ?? '',
    secret: '',
    scope: edited?.scope ?? '',
    groupsClaim: edited?.groupsClaim ?? '',
    groups: groupLines(edited?.roles ?? []),
    defaultRole: edited?.defaultRole ?? null,
  };
}
