import { useQuery } from '@tanstack/react-query';

import type { Channel } from '../../data/contract.ts';
import { channelsQuery } from '../../data/queries.ts';
import { send } from '../../data/request.ts';
import { Ago } from '../../parts/Ago.tsx';
import { DeedButton } from '../../parts/DeedButton.tsx';
import { kindWords } from './kinds.ts';
import { NewChannel } from './NewChannel.tsx';
import { OutletPanel, OutletRow } from './Outlets.tsx';

/** Who is told, whether that works, and the ways to try and to change it. */
export function Channels() {
  return (
    <OutletPanel
      title="Channels"
      about="Who is told when an alert is raised and when it is over"
      query={useQuery(channelsQuery)}
      none="Nobody is told yet: alerts are seen on this page only."
      form={<NewChannel />}
    >
      {(channel) => <ChannelRow key={channel.name} channel={channel} />}
    </OutletPanel>
  );
}

function ChannelRow({ channel }: { readonly channel: Channel }) {
  const { name, kind, severity, digest, lastToldAt, waiting, failure } = channel;
  return (
    <OutletRow
      name={name}
      trouble={failure === null ? null : `${failure.message} ${failure.advice ?? ''}`}
      actions={<ChannelActions name={name} />}
    >
      {kindWords(kind)} · {severity === 'critical' ? 'critical alerts only' : 'every alert'}
      {digest ? ', and a daily word' : ''} · last told <Ago at={lastToldAt} />
      {waiting > 0 && ` · ${String(waiting)} wait`}
    </OutletRow>
  );
}

function ChannelActions({ name }: { readonly name: string }) {
  const param = { name };
  return (
    <>
      <DeedButton
        may="operator"
        send={() => send('POST', '/channels/:name/test', { param })}
        done={({ failure }) =>
          failure === null
            ? { color: 'green', title: `${name} took the test`, message: 'It is told.' }
            : { color: 'red', title: `${name} did not take it`, message: failure.message }
        }
        notDone="Not tested"
        stale={['channels']}
      >
        Send a test
      </DeedButton>
      <DeedButton
        may="admin"
        send={() => send('DELETE', '/channels/:name', { param })}
        notDone="Not removed"
        stale={['channels']}
      >
        Tell it no more
      </DeedButton>
    </>
  );
}
