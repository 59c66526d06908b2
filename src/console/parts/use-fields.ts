import { useState } from 'react';

type TextNames<Values> = { [Name in keyof Values]: Values[Name] extends string ? Name : never }[keyof Values];

/** What was typed into a form; `text` gives what a field of that name needs. */
export function useFields<Values extends object>(empty: Values) {
  const [values, setValues] = useState(empty);
  const set = (change: Partial<Values>): void => setValues((before) => ({ ...before, ...change }));
  return {
    values,
    set,
    clear: () => setValues(empty),
    text: (name: TextNames<Values>) => ({
      size: 'xs' as const,
      value: String(values[name]),
      onChange: (event: { readonly currentTarget: { readonly value: string } }) =>
        set({ [name]: event.currentTarget.value } as Partial<Values>),
    }),
  };
}
