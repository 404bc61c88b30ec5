import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@wattmark/shared/config';
import t from 'tap';
import { loadAgentConfig } from '../src/config.ts';
import { openCatalog } from '../src/source-catalog.ts';
import { scratch } from './support/scratch.ts';

/** A password that YAML reads as a number, as one forgets the quotes. */
const SECRET = '49152637';

const entries = [
  `{kind: ipmi, host: a, username: ${SECRET}, password: ${SECRET}, point: p}`,
  `{kind: redfish, host: a, username: ${SECRET}, password: ${SECRET}, point: p}`,
  `{kind: nut, host: a, username: ${SECRET}, password: ${SECRET}}`,
  `{kind: snmp, host: a, profile: ups-mib, community: ${SECRET}, points: [{point: p}]}`,
  `{kind: snmp, host: a, profile: ups-mib, version: 3, username: ${SECRET}, auth: {protocol: SHA, password: ${SECRET}}, points: [{point: p}]}`,
  `{kind: mqtt, format: number, url: mqtt://a, username: ${SECRET}, password: ${SECRET}, points: [{point: p, channels: {power: {topic: t}}}]}`,
  `{kind: prometheus, url: http://a/, username: ${SECRET}, password: ${SECRET}, points: [{point: p, channels: {power: {metric: m}}}]}`,
  `{kind: prometheus, url: "http://a:${SECRET}@ b/", points: [{point: p, channels: {power: {metric: m}}}]}`,
  `{kind: command, program: x, env: {PIN: ${SECRET}}, points: [{point: p, channels: {power: {}}}]}`,
];

t.test('what is wrong with a password is said without the password', async (t) => {
  const catalog = await openCatalog(new URL('../src/sources/', import.meta.url));
  const file = join(scratch(t), 'agent.yaml');
  for (const entry of entries) {
    const broker = `{url: mqtt://b, username: ${SECRET}, password: ${SECRET}}`;
    writeFileSync(file, `{agent: a, site: s, broker: ${broker}, sources: [${entry}]}`);
    const error: unknown = await loadAgentConfig(file, {}, catalog).catch((problem: unknown) => problem);
    t.type(error, ConfigError);
    const problems = (error as ConfigError).problems;
    t.ok(problems.length >= 3, `${problems.length} problems of ${entry}`);
    t.notMatch(problems.join('\n'), SECRET);
  }
});
