import * as v from 'valibot';
import { pointsConfig, simulated } from '../../point-config.ts';
import { timeoutMs } from '../../source-config.ts';
import { networkPlace, type Place, serialPlace } from './place.ts';

const text = v.pipe(v.string(), v.nonEmpty());

const between = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

/** Keys that mean something for one of the two ways only. */
const networkKeys = ['port', 'framing'] as const;
const serialKeys = ['baudRate', 'parity', 'dataBits', 'stopBits'] as const;

export const settings = v.pipe(
  v.strictObject({
    /** The name of a profile, a file of one's own, or `sunspec`. */
    profile: text,
    host: v.optional(text),
    port: v.optional(between(1, 65_535)),
    /** What is spoken on the connection: Modbus TCP, or the serial line's RTU as many converters pass it on. */
    framing: v.optional(v.picklist(['tcp', 'rtu'])),
    device: v.optional(text),
    baudRate: v.optional(between(300, 1_000_000)),
    parity: v.optional(v.picklist(['none', 'even', 'odd'])),
    dataBits: v.optional(v.picklist([7, 8])),
    stopBits: v.optional(v.picklist([1, 2])),
    /** Of the device on a line or behind a gateway; devices with an address of their own mostly answer to 1 or 255. */
    unit: v.optional(between(0, 255), 1),
    /** For the connection, and for each answer. */
    timeout: v.optional(timeoutMs, '1s'),
    simulated,
    points: pointsConfig,
  }),
  v.check(({ host, device }) => (host === undefined) !== (device === undefined), 'must name either host or device'),
  v.check(
    (given) => (given.host === undefined ? networkKeys : serialKeys).every((key) => given[key] === undefined),
    `${networkKeys.join(' and ')} are only for a host, ${serialKeys.join(', ')} only for a device`,
  ),
  v.transform((given) => ({ ...given, ...(given.host !== undefined && { port: given.port ?? DEFAULT_PORT }) })),
);

export const DEFAULT_PORT = 502;

export type Settings = v.InferOutput<typeof settings>;

export function placeOf(given: Settings): Place {
  const { host = '', port = DEFAULT_PORT, framing = 'tcp' } = given;
  if (given.device === undefined) return networkPlace({ host, port, framing });
  const { device, baudRate = 9600, parity = 'none', dataBits = 8, stopBits = 1 } = given;
  return serialPlace({ device, baudRate, parity, dataBits, stopBits });
}
