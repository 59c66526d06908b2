/** What is wrong enough to tell somebody, and the channels that are told. */
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';

import { complaintAbout } from '../../diagnose/alerts/send.ts';
import { Secret } from '../../lib/secret.ts';
import {
  allChannels,
  channelSecret,
  channelStates,
  raisedAlerts,
  recoveredAlerts,
  removeChannel,
  saveChannel,
  type ChannelRow,
  type ChannelState,
} from '../../store/alerts.ts';
import { audit } from '../../store/audit.ts';
import { openSecret, saveSecret } from '../../store/control.ts';
import type { Tx } from '../../store/database.ts';
import { expectOfSide } from '../actions/expectations.ts';
import { needs, principalOf, type ApiEnv } from '../api-env.ts';
import type { ApiHost } from '../host.ts';
import { ApiProblem, notFound } from '../problem.ts';
import { Alert, alertShape, Channel, CHANNEL_KINDS, ChannelName } from '../shapes/alerts.ts';
import { at, failureOf, json, list, NameParam, NO_CONTENT, page, takes } from '../shapes/common.ts';
import { refuse } from '../shapes/refuse.ts';

const RECOVERED_MAX = 200;
const SECRET_LENGTH_MAX = 10_000;
const SETTING_LENGTH_MAX = 2_000;

const getAlerts = createRoute({
  method: 'get',
  path: '/alerts',
  tags: ['alerts'],
  summary: 'The alerts that are raised, the oldest first, or those that are over, the newest first',
  ...needs('viewer'),
  request: { query: z.object({ state: z.enum(['raised', 'recovered']).default('raised') }) },
  responses: { 200: json(page(Alert), `Of those that are over at most ${String(RECOVERED_MAX)}`) },
});

const postLook = createRoute({
  method: 'post',
  path: '/alerts/look',
  tags: ['alerts'],
  summary: 'Looks now, as the watch does every minute',
  ...needs('operator'),
  responses: { 200: json(z.object({ raised: z.int(), recovered: z.int() }), 'What has changed by it') },
});

const WITHIN_MS_MAX = 366 * 24 * 60 * 60_000;
const Within = z
  .int()
  .min(1_000)
  .max(WITHIN_MS_MAX)
  .nullable()
  .openapi({ description: 'Null leaves it to the habit of the side' });

const putExpectation = createRoute({
  method: 'put',
  path: '/syncs/{name}/sides/{side}/expectation',
  tags: ['alerts'],
  summary:
    'Says how old what is known of a side may be, and how long it may be quiet, before somebody is told',
  ...needs('operator'),
  request: {
    params: NameParam.extend({ side: NameParam.shape.name }),
    body: takes(z.object({ freshWithinMs: Within, changesWithinMs: Within })),
  },
  responses: NO_CONTENT,
});

const getChannels = createRoute({
  method: 'get',
  path: '/channels',
  tags: ['alerts'],
  summary: 'Who is told of alerts',
  ...needs('viewer'),
  responses: {
    200: json(z.object({ items: list(Channel), next: z.null() }), 'All of them, without secrets'),
  },
});

const putChannel = createRoute({
  method: 'put',
  path: '/channels/{name}',
  tags: ['alerts'],
  summary: 'Has a channel told from now on; without a secret it keeps the one it has',
  ...needs('admin'),
  request: {
    params: z.object({ name: ChannelName }),
    body: takes(
      z.object({
        kind: z.enum(CHANNEL_KINDS),
        settings: z
          .partialRecord(
            z.enum(['host', 'port', 'from', 'to', 'user', 'tls', 'url']),
            z.string().min(1).max(SETTING_LENGTH_MAX),
          )
          .default({}),
        severity: z.enum(['warning', 'critical']).default('warning'),
        digest: z.boolean().default(true),
        secret: z.string().min(1).max(SECRET_LENGTH_MAX).optional(),
      }),
    ),
  },
  responses: NO_CONTENT,
});

const deleteChannel = createRoute({
  method: 'delete',
  path: '/channels/{name}',
  tags: ['alerts'],
  summary: 'Tells the channel no more',
  ...needs('admin'),
  request: { params: z.object({ name: ChannelName }) },
  responses: NO_CONTENT,
});

const postTest = createRoute({
  method: 'post',
  path: '/channels/{name}/test',
  tags: ['alerts'],
  summary: 'Sends the channel a test, and says whether it took it',
  ...needs('operator'),
  request: { params: z.object({ name: ChannelName }) },
  responses: { 200: json(Channel, 'The channel, with the failure of the test if it has one') },
});

export function alertRoutes(host: ApiHost) {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuse })
    .openapi(getAlerts, async (context) => {
      const { state } = context.req.valid('query');
      const rows = await context.get('inWorkspace')((tx) =>
        state === 'raised' ? raisedAlerts(tx) : recoveredAlerts(tx, RECOVERED_MAX),
      );
      return context.json({ items: rows.map(alertShape), next: null }, 200);
    })
    .openapi(postLook, async (context) => {
      const { workspaceNo } = principalOf(context.get('principal'));
      const { raised, recovered } = await host.work(workspaceNo).lookNow();
      return context.json({ raised: raised.length, recovered: recovered.length }, 200);
    })
    .openapi(putExpectation, async (context) => {
      const principal = principalOf(context.get('principal'));
      const { name, side } = context.req.valid('param');
      const expected = { side, ...context.req.valid('json') };
      await context.get('inWorkspace')((tx) => expectOfSide(tx, principal, name, expected));
      return context.body(null, 204);
    })
    .openapi(getChannels, async (context) =>
      context.json({ items: await context.get('inWorkspace')(channelViews), next: null }, 200),
    )
    .openapi(putChannel, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      const { secret: given, ...channel } = context.req.valid('json');
      await context.get('inWorkspace')(async (tx) => {
        const secret =
          given === undefined
            ? await keptSecret(tx, host, workspaceNo, { name, ...channel })
            : new Secret(given);
        const complaint = complaintAbout(channel.kind, channel.settings, secret);
        if (complaint !== null)
          throw new ApiProblem('invalid', { errors: [{ path: 'settings', message: complaint }] });
        await saveChannel(tx, workspaceNo, { name, ...channel });
        if (given !== undefined)
          await saveSecret(tx, host.sealer, workspaceNo, channelSecret(name), new Secret(given));
        const detail = { kind: channel.kind, severity: channel.severity };
        await audit(tx, workspaceNo, { by, action: 'channel.saved', subject: name, detail });
      });
      return context.body(null, 204);
    })
    .openapi(deleteChannel, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      await context.get('inWorkspace')(async (tx) => {
        if (!(await removeChannel(tx, workspaceNo, name))) throw notFound('channel', name);
        await audit(tx, workspaceNo, { by, action: 'channel.removed', subject: name, detail: {} });
      });
      return context.body(null, 204);
    })
    .openapi(postTest, async (context) => {
      const { workspaceNo, email: by } = principalOf(context.get('principal'));
      const { name } = context.req.valid('param');
      if (!(await host.work(workspaceNo).tellTest(name))) throw notFound('channel', name);
      const views = await context.get('inWorkspace')(async (tx) => {
        await audit(tx, workspaceNo, { by, action: 'channel.tried', subject: name, detail: {} });
        return channelViews(tx);
      });
      const tested = views.find((channel) => channel.name === name);
      if (tested === undefined) throw notFound('channel', name);
      return context.json(tested, 200);
    });
}

async function channelViews(tx: Tx): Promise<readonly z.infer<typeof Channel>[]> {
  const states = await channelStates(tx);
  return (await allChannels(tx)).map((channel) =>
    channelView(
      channel,
      states.find((state) => state.channel === channel.name),
    ),
  );
}

function channelView(channel: ChannelRow, state: ChannelState | undefined): z.infer<typeof Channel> {
  const { name, kind, settings, severity, digest } = channel;
  return {
    name,
    kind,
    settings,
    severity,
    digest,
    lastToldAt: at(state?.lastSentMs ?? null),
    waiting: state?.waiting ?? 0,
    failure: failureOf(state?.failure ?? null),
  };
}

/** A secret stays with what it was given for: told to another address it would be given away. */
async function keptSecret(
  tx: Tx,
  host: ApiHost,
  workspaceNo: number,
  next: ChannelRow,
): Promise<Secret | null> {
  const before = (await allChannels(tx)).find(({ name }) => name === next.name);
  const isSamePlace =
    before?.kind === next.kind &&
    (['host', 'port', 'user', 'tls', 'url'] as const).every(
      (key) => before.settings[key] === next.settings[key],
    );
  const kept = await openSecret(tx, host.sealer, workspaceNo, channelSecret(next.name));
  if (kept === null || isSamePlace) return kept;
  throw new ApiProblem('invalid', {
    errors: [{ path: 'secret', message: 'must be given again where the address or the kind changes' }],
  });
}
