import type { Json } from '../../lib/json.ts';
import classes from './Shown.module.css';

/** A value of a record as a person reads it: empty and absent are told apart, and nothing in it is ever markup. */
export function Shown({ value }: { readonly value: Json | undefined }) {
  if (value === undefined)
    return (
      <span className={classes['faint']} title="Nothing is known of this field here">
        –
      </span>
    );
  if (value === null || value === '') return <span className={classes['faint']}>empty</span>;
  return <span className={classes['value']}>{wordsOf(value)}</span>;
}

/** The value in one line of text. */
export function wordsOf(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
