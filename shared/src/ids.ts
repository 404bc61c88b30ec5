/** Ids of groups, sites, agents and points: lower case letters, digits and hyphens, 1 to 63 characters. */
const idPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** The agent id under which a collector publishes; no agent may use it. */
export const RESERVED_AGENT_ID = 'collector';

export const ID_RULE = 'lower-case letters, digits and hyphens, 1 to 63 characters, not beginning with a hyphen';

export function isId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value);
}
