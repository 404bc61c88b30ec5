import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ConfigError } from '@wattmark/shared/config';
import { createLogger } from '@wattmark/shared/logger';
import type { Clock } from '../clock.ts';
import { expandAddresses } from '../commissioning/addresses.ts';
import { discoverInstruments } from '../commissioning/discovery.ts';
import { draftConfig } from '../commissioning/draft.ts';
import type { SourceCatalog } from '../source-catalog.ts';

export interface DiscoverCommand {
  /** What the operator named, by kind. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly community: string;
  /** File for the result, or undefined for standard output. */
  readonly output: string | undefined;
  /** Whether a file that exists may be replaced. */
  readonly force: boolean;
}

const EXISTS = 'exists; name another file, or --force to replace it';

/** Writes an agent.yaml for what is found. @throws ConfigError where the file exists or cannot be written. */
export async function discover(command: DiscoverCommand, catalog: SourceCatalog, clock: Clock): Promise<void> {
  const { community, output, force } = command;
  // Said before the search, which may take minutes; what comes to be there meanwhile is not overwritten either.
  if (output !== undefined && !force && existsSync(output)) throw new ConfigError(output, [EXISTS]);
  const named = Object.entries(command.addresses);
  const addresses = new Map(named.map(([kind, texts]) => [kind, expandAddresses(texts)]));
  const progress = createProgress(process.stderr);
  const log = createLogger('discover', 'silent');
  const discovered = await discoverInstruments(catalog, { clock, log, community, addresses, progress: progress.show });
  progress.clear();
  const text = draftConfig(hostname(), discovered);
  if (output === undefined) process.stdout.write(text);
  else await save(output, text, force);
}

async function save(file: string, text: string, force: boolean): Promise<void> {
  try {
    // Communities are a kind of password: not for everybody's eyes.
    await writeFile(file, text, { flag: force ? 'w' : 'wx', mode: 0o640 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError(file, [code === 'EEXIST' ? EXISTS : message]);
  }
  process.stderr.write(`${file} is written. Edit what says EDIT, then: wattmark-agent check --config ${file}\n`);
}

/** The last word of each search in one line of a terminal; nothing where nobody looks. */
function createProgress(terminal: NodeJS.WriteStream) {
  const show = (kind: string, line: string): void => {
    if (!terminal.isTTY) return;
    const text = line.toLowerCase().startsWith(`${kind}: `) ? line : `${kind}: ${line}`;
    terminal.write(`\r\x1b[K${text.slice(0, Math.max(0, terminal.columns - 1))}`);
  };
  const clear = (): void => {
    if (terminal.isTTY) terminal.write('\r\x1b[K');
  };
  return { show, clear };
}
