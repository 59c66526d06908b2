import { send } from '../../data/request.ts';
import { DeedButton } from '../../parts/DeedButton.tsx';

/** Opens the connection now and says how that went. */
export function TryButton({ name }: { readonly name: string }) {
  return (
    <DeedButton
      may="operator"
      send={() => send('POST', '/connections/:name/test', { param: { name } })}
      done={({ state, reason }) =>
        state === 'connected'
          ? { color: 'green', title: `${name} is connected`, message: 'It could be opened just now.' }
          : { color: 'red', title: `${name} could not be opened`, message: reason ?? '' }
      }
      notDone={`${name} was not tried`}
      stale={['connections', 'overview']}
    >
      Try now
    </DeedButton>
  );
}
