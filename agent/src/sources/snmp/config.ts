import { secretText } from '@wattmark/shared/config';
import * as v from 'valibot';
import { pointsConfig, simulated } from '../../point-config.ts';
import { timeoutMs } from '../../source-config.ts';
import { authProtocols, type Credentials, privacyProtocols } from './session.ts';

const password = v.pipe(secretText, v.minLength(8, 'must be at least 8 characters long (RFC 3414, 11.2)'));

/** Names are taken in capitals or not. */
function protocol<N extends string>(names: readonly N[]) {
  return v.pipe(secretText, v.toUpperCase(), v.picklist(names, `must be one of ${names.join(', ')}`));
}

const entries = v.strictObject({
  profile: v.string(),
  host: v.pipe(v.string(), v.nonEmpty()),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), 161),
  // YAML reads 1 and 3 as numbers.
  version: v.optional(
    v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.picklist(['1', '2c', '3'], 'must be 1, 2c or 3')),
    '2c',
  ),
  community: v.optional(v.pipe(secretText, v.nonEmpty())),
  username: v.optional(v.pipe(secretText, v.nonEmpty(), v.maxLength(32))),
  auth: v.optional(v.strictObject({ protocol: protocol(Object.keys(authProtocols) as AuthName[]), password })),
  privacy: v.optional(v.strictObject({ protocol: protocol(Object.keys(privacyProtocols) as PrivacyName[]), password })),
  context: v.optional(secretText),
  /** For each request; it is repeated `retries` times. */
  timeout: v.optional(timeoutMs, '1s'),
  retries: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(5)), 1),
  simulated,
  points: pointsConfig,
});

type AuthName = keyof typeof authProtocols;
type PrivacyName = keyof typeof privacyProtocols;
type Entries = v.InferOutput<typeof entries>;

const isUserBased = ({ version }: Entries): boolean => version === '3';

/** Version 3 is about users, the others about a community; neither takes what is the other's. */
const rules: readonly (readonly [key: keyof Entries, message: string, isKept: (config: Entries) => boolean])[] = [
  ['community', 'is required with version 1 or 2c', (one) => isUserBased(one) || one.community !== undefined],
  ['community', 'is not for version 3', (one) => !isUserBased(one) || one.community === undefined],
  ['username', 'is required with version 3', (one) => !isUserBased(one) || one.username !== undefined],
  ['username', 'is only for version 3', (one) => isUserBased(one) || one.username === undefined],
  ['auth', 'is only for version 3', (one) => isUserBased(one) || one.auth === undefined],
  ['context', 'is only for version 3', (one) => isUserBased(one) || one.context === undefined],
  ['privacy', 'needs auth too', (one) => one.privacy === undefined || one.auth !== undefined],
];

export const snmpConfig = v.pipe(
  entries,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { value: input } = dataset;
    for (const [key, message, isKept] of rules) {
      const path = [{ type: 'object', origin: 'value', input: { ...input }, key, value: input[key] }] as const;
      if (!isKept(input)) addIssue({ message, path: [...path] });
    }
  }),
);

export type SnmpConfig = v.InferOutput<typeof snmpConfig>;

/** Who asks, of a configuration that was checked. */
export function credentialsOf(config: SnmpConfig): Credentials {
  const { version, community = '', username = '', auth, privacy, context = '' } = config;
  return version === '3' ? { version, username, auth, privacy, context } : { version, community };
}
