import { hostname } from 'node:os';
import type { Found } from '../../source.ts';
import type { Outcome } from '../support/outcome.ts';
import { slugOf } from '../support/slug.ts';
import type { Files } from './files.ts';
import type { Part } from './part.ts';
import { findParts, identify } from './parts.ts';
import { readProcessor } from './processor.ts';
import { findRapl } from './rapl.ts';

/** This machine, which is always there, with a line for each thing that measures a part of it. */
export async function discoverHost(files: Files, nowMs: number): Promise<readonly Found[]> {
  const point = slugOf(hostname().split('.')[0] ?? '', 40) || 'this-host';
  const parts = [...(await findParts(files, point, true)), ...(await findRapl(files, point, nowMs))];
  const machine = parts.find((part) => part.point === point);
  const processor = await readProcessor(files);
  const { manufacturer = '', model = '' } = (await identify(files)) ?? {};
  const isMeasured = machine !== undefined && machine.method === undefined;
  const product = [`${manufacturer} ${model}`.trim(), processor?.name ?? ''].filter((text) => text !== '').join(', ');
  return [
    {
      title: `this machine${product === '' ? '' : ` (${product})`}`,
      notes: [...(await Promise.all(parts.map((part) => noteOf(part, nowMs)))), advice(isMeasured)],
      entry: { kind: 'host', point },
    },
  ];
}

async function noteOf(part: Part, nowMs: number): Promise<string> {
  const outcomes = await part.look(nowMs);
  const denied = outcomes.map(reasonOf).find((reason) => reason.includes('permission denied'));
  return `${part.point}: ${part.method ?? part.origin}${denied === undefined ? '' : `; ${denied}`}`;
}

function advice(isMeasured: boolean): string {
  return isMeasured
    ? 'where no PDU or UPS measures what this machine takes in, give it role: it and level: equipment-input'
    : 'no sensor measures the whole machine: look for its BMC (ipmi, redfish), PDU or UPS; estimates never enter a PUE';
}

function reasonOf(outcome: Outcome): string {
  return 'reason' in outcome ? outcome.reason : '';
}
