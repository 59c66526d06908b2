import type { Journey, JourneyField } from '../../data/contract.ts';
import { Ago } from '../../parts/Ago.tsx';
import { RULES } from '../../parts/rules.ts';
import { Shown } from '../../parts/Shown.tsx';
import classes from './Journey.module.css';

/** Field by field: the golden value, who put it there, and what each side holds. */
export function FieldTable({ journey }: { readonly journey: Journey }) {
  const sides = [...new Set(journey.records.map(({ side }) => side))];
  return (
    <div className={classes['scroll']}>
      <table className={classes['fields']}>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Golden</th>
            {sides.map((side) => (
              <th key={side} scope="col">
                {side}
              </th>
            ))}
            <th scope="col">Who put it there</th>
          </tr>
        </thead>
        <tbody>
          {journey.fields.map((field) => (
            <tr key={field.name}>
              <th scope="row">{field.name}</th>
              <td data-label="golden">
                <Shown value={field.golden} />
              </td>
              {sides.map((side) => (
                <td key={side} data-label={side} {...(differs(field, side) ? { 'data-differs': true } : {})}>
                  <Shown value={field.sides[side]} />
                </td>
              ))}
              <td data-label="by" className={classes['blame']}>
                <Blame edit={field.edit} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Blame({ edit }: { readonly edit: JourneyField['edit'] }) {
  if (edit === null) return <>–</>;
  return (
    <>
      {edit.side}, <Ago at={edit.untilAt} />: {RULES[edit.rule] ?? edit.rule}
    </>
  );
}

function differs({ golden, sides }: JourneyField, side: string): boolean {
  const held = sides[side];
  return held !== undefined && JSON.stringify(held) !== JSON.stringify(golden);
}
