import { loadCollectorConfig } from '../config.ts';
import { AnswerError, CollectorClient } from './collector-client.ts';
import { type CorrectOptions, changeOf } from './correction-options.ts';
import { type CorrectionAnswer, listText, madeText, type TrialAnswer, trialText } from './correction-text.ts';

/** `wattmark-collector correct` and `corrections`: through the collector that runs, which is the only one to write. */

/** Where the commands write. */
interface Output {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write'>;
}

export interface ListOptions {
  readonly config: string;
  readonly site: string;
}

/** @returns the exit code */
export function runCorrect(kind: string, options: CorrectOptions, output: Output): Promise<number> {
  return run(options, output, async (client, timezone) => {
    const path = pathOf(options.site);
    const change = changeOf(kind, options, timezone);
    const body = { by: options.by, reason: options.reason, change };
    if (options.dryRun === true)
      return trialText((await client.post(`${path}?dryRun=true`, body)) as TrialAnswer, timezone);
    const { id } = (await client.post(path, body)) as CorrectionAnswer;
    return madeText((await client.get(`${path}/${id}`)) as CorrectionAnswer, timezone);
  });
}

/** @returns the exit code */
export function runCorrections(options: ListOptions, output: Output): Promise<number> {
  return run(options, output, async (client, timezone) => {
    const { corrections } = (await client.get(pathOf(options.site))) as { corrections: CorrectionAnswer[] };
    return listText(corrections, timezone);
  });
}

const pathOf = (site: string): string => `/api/v1/sites/${encodeURIComponent(site)}/corrections`;

async function run(
  { config, site }: ListOptions,
  { stdout, stderr }: Output,
  work: (client: CollectorClient, timezone: string) => Promise<string>,
): Promise<number> {
  try {
    const client = new CollectorClient(loadCollectorConfig(config, process.env));
    const sites = (await client.get('/api/v1/sites')) as { site: string; timezone: string }[];
    const found = sites.find((one) => one.site === site);
    if (found === undefined) {
      const known = sites.map((one) => one.site).join(', ');
      throw new AnswerError(`there is no site ${site}; there are: ${known || 'none'}`);
    }
    stdout.write(await work(client, found.timezone));
    return 0;
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    stderr.write(`${error.message}\n`);
    return 1;
  }
}
