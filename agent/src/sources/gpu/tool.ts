import { SourceError } from '../../source.ts';
import { runProgram } from '../support/program.ts';
import { parseRocm, rocmArguments } from './amd.ts';
import type { Card } from './card.ts';
import { parseNvidia } from './nvidia.ts';

export type Vendor = 'nvidia' | 'amd';

interface Tool {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly parse: (output: string) => Card[] | Promise<Card[]>;
}

/** What each vendor's driver brings along to describe its cards. */
export const tools: Readonly<Record<Vendor, Tool>> = {
  nvidia: { program: 'nvidia-smi', arguments: ['-q', '-x'], parse: parseNvidia },
  amd: { program: 'rocm-smi', arguments: rocmArguments, parse: parseRocm },
};

/** What a tool says in its own words where it has no card to describe, and what to do about it. */
const troubles: readonly [said: RegExp, remedy: string][] = [
  [/couldn't communicate with the NVIDIA driver/, 'the NVIDIA driver is not loaded: see modprobe nvidia and dmesg'],
  [/Driver\/library version mismatch/, 'the NVIDIA driver was updated but not loaded anew: restart the host'],
  [/No devices were found/, 'there is no card, or none that its driver can use: see dmesg'],
  [/amdgpu not found in modules|Driver not initialized/i, 'the amdgpu driver is not loaded: see modprobe amdgpu'],
];

/** Longest that a tool may take; the tick usually ends it before. */
const PATIENCE_MS = 20_000;

const MAX_CARDS = 64;

/** What a tool said of the cards, and its first complaint: one about a card does not keep it from telling the others. */
export interface Look {
  readonly cards: readonly Card[];
  readonly complaint: string | null;
}

/** @throws SourceError where the tool describes no card. */
export async function askTool(vendor: Vendor, program: string, signal: AbortSignal): Promise<Look> {
  const tool = tools[vendor];
  const { stdout, stderr, exitCode } = await runProgram(program, tool.arguments, { timeoutMs: PATIENCE_MS, signal });
  const complaint = complaintIn(stderr) ?? complaintIn(stdout);
  const trouble = troubles.find(([said]) => said.test(stdout) || said.test(stderr));
  if (trouble !== undefined) throw new SourceError('absent', `${program}: ${trouble[1]}`);
  try {
    const cards = await tool.parse(stdout);
    if (cards.length > 0) return { cards: cards.slice(0, MAX_CARDS), complaint };
  } catch (error) {
    const ended = exitCode === 0 ? '' : ` ended with ${exitCode}`;
    throw new SourceError('retry', `${program}${ended}: ${complaint ?? (error as Error).message}`);
  }
  throw new SourceError('absent', `${program} lists no card`);
}

/** The first line that is neither of the XML nor of the JSON document. */
function complaintIn(text: string): string | null {
  const line = text.split('\n').find((one) => /^\s*[^\s<{}"[\]]/.test(one));
  return line === undefined ? null : line.trim().slice(0, 200);
}
