import { RESERVED_AGENT_ID } from '@wattmark/shared/ids';
import { Document, isMap, isScalar, visit, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Found } from '../source.ts';
import { slugOf } from '../sources/support/slug.ts';
import type { Discovered } from './discovery.ts';
import { wholeSections } from './phases.ts';

/** An agent.yaml for what was found, which loads as it is; what only the operator can know is marked with EDIT. */
export function draftConfig(hostName: string, discovered: readonly Discovered[]): string {
  const agent = agentId(hostName);
  const found = withDistinctPoints(discovered.flatMap((one) => one.found));
  const instruments = found.length > 0 ? found : [thisHost(agent)];
  const document = new Document({
    agent,
    site: 'my-site',
    broker: { url: 'mqtt://127.0.0.1:1883' },
    sources: instruments.map(({ entry }) => entry),
  });
  document.commentBefore = comment([
    'Found by wattmark-agent discover. Edit what says EDIT, remove what is not wanted, give points a role, then:',
    '  wattmark-agent check --config <this file>',
  ]);
  commentKey(document, 'site', 'EDIT: the site that these instruments belong to');
  commentKey(document, 'broker', 'EDIT: where the broker is; username and password where it wants them');
  const { items } = document.get('sources') as YAMLSeq<YAMLMap>;
  for (const [index, item] of items.entries()) {
    const { title = '', notes = [] } = instruments[index] ?? {};
    item.commentBefore = comment([title, ...notes]);
    item.spaceBefore = index > 0;
  }
  suggestRoles(document);
  const remarks = discovered.flatMap(({ kind, remark }) => (remark === null ? [] : [`${kind}: ${remark}`]));
  if (remarks.length > 0) document.comment = comment(remarks);
  return document.toString({ lineWidth: 0 });
}

/** A host's name as an id of the contract. */
function agentId(hostName: string): string {
  const id = slugOf(hostName);
  if (id === '') return 'agent-1';
  return id === RESERVED_AGENT_ID ? `${id}-host` : id;
}

function thisHost(agent: string): Found {
  return { title: 'This machine', notes: [], entry: { kind: 'host', point: agent.slice(0, 50) } };
}

/** Ids that two instruments were given become `pdu`, `pdu-2`, `pdu-3`. */
function withDistinctPoints(found: readonly Found[]): Found[] {
  const taken = new Set<string>();
  const distinct = (point: string): string => {
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? '' : `-${number}`;
      const id = `${point.slice(0, 63 - suffix.length)}${suffix}`;
      if (taken.has(id)) continue;
      taken.add(id);
      return id;
    }
  };
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => [
      key,
      key === 'point' && typeof item === 'string' ? distinct(item) : renamed(item),
    ]);
    return Object.fromEntries(entries) as Record<string, unknown>;
  };
  return found.map((one) => ({ ...one, entry: renamed(one.entry) as Found['entry'] }));
}

/** What a point of that kind mostly is for. Only the operator knows, so that it stays a comment. */
const usualRoles: Readonly<Record<string, string>> = {
  host: 'role: it',
  ipmi: 'role: it',
  redfish: 'role: it',
  nut: 'role: ups  # or it, with level: ups-output',
  snmp: 'role: it  # or pdu, ups, cooling, utility, …',
  modbus: 'role: utility  # or it, ups, rectifier, cooling, …',
  prometheus: 'role: it  # or pdu, ups, …',
};

/** The same of a section of a profile, whatever its row; one that is not named is no point of the site's balance by itself. */
const sectionRoles: Readonly<Record<string, string>> = {
  output: 'role: it  # with level: ups-output; or ups, telecom, …',
  input: 'role: ups  # or pdu, utility, …',
  mains: 'role: utility',
  load: 'role: telecom  # or it, pdu, …',
  rectifiers: 'role: rectifier',
  battery: 'role: battery',
  inlet: 'role: it  # or pdu, …',
  cord: 'role: it  # or pdu, …',
  source: 'role: it  # or pdu, …',
  system: 'role: it  # or pdu, …',
  unit: 'role: cooling',
};

function suggestRoles(document: Document): void {
  const { items } = document.get('sources') as YAMLSeq<YAMLMap>;
  for (const entry of items) {
    visit(entry, {
      Map: (_, map) => {
        const suggestion = suggestionFor(entry, map);
        if (map.has('point') && !map.has('role') && suggestion !== undefined) map.comment = ` ${suggestion}`;
      },
    });
  }
}

function suggestionFor(entry: YAMLMap, point: YAMLMap): string | undefined {
  const section = point.get('from');
  const isPart = entry.has('profile') && typeof section === 'string' && section !== 'total';
  if (!isPart) return usualRoles[String(entry.get('kind'))];
  return (
    sectionRoles[section.replace(/-\d+(\.\d+)*$/, '')] ??
    (wholeSections.includes(section) ? usualRoles['snmp'] : undefined)
  );
}

function commentKey(document: Document, key: string, text: string): void {
  if (!isMap(document.contents)) return;
  const pair = document.contents.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (isScalar(pair?.key)) pair.key.commentBefore = ` ${text}`;
}

/** Lines of a comment. What devices say of themselves may hold anything. */
function comment(lines: readonly string[]): string {
  return lines.map((line) => ` ${line.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trimEnd()}`).join('\n');
}
