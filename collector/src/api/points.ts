import { channels } from '@wattmark/shared/channels';
import { type Static, Type } from 'typebox';
import { unitOf } from '../accounting/quantity.ts';
import type { ChannelValue } from '../figures.ts';
import { isoTime } from '../kpi/period.ts';
import type { SitePoint } from '../site/site.ts';
import { instant, nullable, object, type RouteParts, requireSite, siteParams } from './contract.ts';

const text = nullable(Type.String());

const channelValue = object({
  value: Type.Number(),
  unit: Type.String(),
  quality: Type.Enum(['measured', 'estimated']),
  at: instant,
});

/** Of everything that a point's intervals call energy. */
export const unit = Type.Enum(['Wh', 'L', 'kg'], { description: 'of the point’s intervals' });

const pointAnswer = object({
  point: Type.String(),
  name: Type.String(),
  role: text,
  level: text,
  feeds: Type.Array(Type.String()),
  channels: Type.Array(Type.String()),
  carrier: Type.String({ description: 'what energy comes in, by the catalogue of carriers' }),
  unit,
  source: text,
  agent: text,
  virtual: nullable(
    object(
      { sum: Type.Record(Type.String(), Type.Number()), constantW: Type.Number() },
      'of a point that is made of others: how often each of them counts, and a constant power, W',
    ),
  ),
  accuracyClass: text,
  meter: nullable(
    object({
      manufacturer: Type.Optional(Type.String()),
      model: Type.Optional(Type.String()),
      serial: Type.Optional(Type.String()),
      firmware: Type.Optional(Type.String()),
      ctRatio: Type.Optional(Type.Number()),
      vtRatio: Type.Optional(Type.Number()),
    }),
  ),
  intervalMs: Type.Number(),
  simulated: Type.Boolean(),
  method: nullable(Type.String({ description: 'how an estimated point is estimated' })),
  stale: Type.Boolean({ description: 'whether nothing was read for three intervals' }),
  lastSeen: nullable(instant),
  live: Type.Record(Type.String(), channelValue),
});

/** A point that has been silent for so many of its intervals is stale. */
const STALE_INTERVALS = 3;

export function registerPoints({ api, figures, now }: RouteParts): void {
  const schema = {
    summary: 'A site’s metering points with their last values',
    tags: ['points'],
    params: siteParams,
    response: { 200: Type.Array(pointAnswer) },
  };
  api.get('/api/v1/sites/:site/points', { schema }, async ({ params }) => {
    const site = requireSite(figures, params.site);
    return site.points.map((point) => answer(point, figures.channelValues(site.site, point.point), now()));
  });
}

function answer(point: SitePoint, values: readonly ChannelValue[], nowMs: number): Static<typeof pointAnswer> {
  const { pointId: _, factor: __, quantity, ...description } = point;
  const seenMs = values.length === 0 ? null : Math.max(...values.map(({ atMs }) => atMs));
  return {
    ...description,
    virtual:
      point.virtual === null
        ? null
        : { sum: Object.fromEntries(point.virtual.sum), constantW: point.virtual.constantW },
    unit: unitOf[quantity],
    feeds: [...point.feeds],
    channels: [...point.channels],
    stale: seenMs === null || nowMs - seenMs > STALE_INTERVALS * point.intervalMs,
    lastSeen: seenMs === null ? null : isoTime(seenMs),
    live: Object.fromEntries(
      values.map(({ channel, value, quality, atMs }) => [
        channel,
        { value, unit: channels[channel].unit, quality, at: isoTime(atMs) },
      ]),
    ),
  };
}
