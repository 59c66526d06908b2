import type { Match } from '../data/contract.ts';
import { Shown, wordsOf } from './Shown.tsx';
import classes from './SideBySide.module.css';
import { To } from './To.tsx';

/** Two things, field by field; what differs is marked. */
export function SideBySide({
  left,
  right,
  fields,
}: {
  readonly left: Match['left'];
  readonly right: Match['right'];
  readonly fields: Match['fields'];
}) {
  return (
    <div className={classes['scroll']} role="region" aria-label="Both side by side" tabIndex={0}>
      <table className={classes['fields']}>
        <thead>
          <tr>
            <th scope="col">field</th>
            {[left, right].map((thing) => (
              <th key={thing.identity} scope="col">
                <To to="/records/$identity" params={{ identity: thing.identity }}>
                  {placesOf(thing)}
                </To>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name} data-differs={wordsOf(field.left) !== wordsOf(field.right)}>
              <th scope="row">{field.name}</th>
              <td>
                <Shown value={field.left} />
              </td>
              <td>
                <Shown value={field.right} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function placesOf({ title, records }: Match['left']): string {
  const places = records.map(({ side, recordId }) => `${side} ${recordId}`);
  return places.length === 0 ? title : places.join(', ');
}
