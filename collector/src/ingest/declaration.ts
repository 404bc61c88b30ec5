import { isChannel } from '@wattmark/shared/channels';
import { isId } from '@wattmark/shared/ids';
import {
  isTime,
  limits,
  type Meter,
  type PointDeclaration,
  type SourceFailure,
  type SourcesReport,
} from '@wattmark/shared/messages';
import { isAccuracyClass, isLevel, isRole } from '@wattmark/shared/roles';
import { isCount, isName, isObject, isText, type Json } from './json-checks.ts';

const METHOD_LENGTH = 500;

/** Beyond it a transformer's ratio is a slip of the pen: the highest voltages are 1,200 kV over 100 V. */
const MAX_RATIO = 1e6;

/**
 * The parts of a declaration that are understood; null where it does not name a point. Unknown keys are left to later
 * versions.
 */
export function declarationOf(item: unknown): PointDeclaration | null {
  if (!isObject(item) || !isId(item['point'])) return null;
  const { channels, feeds, name, role, level, source, accuracyClass, intervalMs, simulated, method } = item;
  const modulusWh = item['energyModulusWh'];
  const meter = isObject(item['meter']) ? meterOf(item['meter']) : {};
  return {
    point: item['point'],
    channels: Array.isArray(channels) ? channels.filter(isChannel) : [],
    ...(Array.isArray(feeds) && { feeds: feeds.filter(isId).slice(0, limits.pointsPerAgent) }),
    ...(isName(name) && { name }),
    ...(isRole(role) && { role }),
    ...(isLevel(level) && { level }),
    ...(isName(source) && { source }),
    ...(isAccuracyClass(accuracyClass) && { accuracyClass }),
    ...(isCount(intervalMs) && intervalMs > 0 && intervalMs <= 86_400_000 && { intervalMs }),
    ...(simulated === true && { simulated: true }),
    ...(isText(method, METHOD_LENGTH) && { method }),
    ...(typeof modulusWh === 'number' && modulusWh > 0 && modulusWh <= 1e15 && { energyModulusWh: modulusWh }),
    ...(Object.keys(meter).length > 0 && { meter }),
  };
}

function meterOf({ manufacturer, model, serial, firmware, ctRatio, vtRatio }: Json): Meter {
  return {
    ...(isName(manufacturer) && { manufacturer }),
    ...(isName(model) && { model }),
    ...(isName(serial) && { serial }),
    ...(isName(firmware) && { firmware }),
    ...(isRatio(ctRatio) && { ctRatio }),
    ...(isRatio(vtRatio) && { vtRatio }),
  };
}

/** What an agent says of its sources; null where it says nothing that is understood. */
export function sourcesReportOf(value: unknown): SourcesReport | null {
  if (!isObject(value) || !isCount(value['total']) || !Array.isArray(value['failing'])) return null;
  const failing = value['failing'].slice(0, limits.failingSources).flatMap((item) => failureOf(item) ?? []);
  return { total: value['total'], failing };
}

function failureOf(item: unknown): SourceFailure | null {
  if (!isObject(item)) return null;
  const { source, state, since, reason } = item;
  if (!isName(source) || !isName(reason) || !isTime(since)) return null;
  return state === 'retry' || state === 'absent' || state === 'fatal' ? { source, state, since, reason } : null;
}

function isRatio(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_RATIO;
}
