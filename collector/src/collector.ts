import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@wattmark/shared/logger';
import { groupFilter, type Leaf } from '@wattmark/shared/topics';
import { buildApi } from './api/server.ts';
import { openEmbeddedBroker } from './broker/embedded.ts';
import { type Credentials, openExternalBroker } from './broker/external.ts';
import type { Link, Receive } from './broker/link.ts';
import { CollectorFigures } from './collector-figures.ts';
import type { CollectorConfig } from './config.ts';
import { PipelineDesk } from './corrections/desk.ts';
import type { Fold } from './fold.ts';
import { PipelineImportDesk } from './import/import-desk.ts';
import { Ingest } from './ingest/ingest.ts';
import { KpiPublisher } from './kpi-publisher.ts';
import { LiveFigures } from './live-figures.ts';
import { Mirrors } from './mirror/mirrors.ts';
import { Outbox } from './mirror/outbox.ts';
import { Pipeline } from './pipeline.ts';
import { Recorder } from './recorder.ts';
import { Reporter } from './reports/reporter.ts';
import { refoldLog } from './restatement/refold-log.ts';
import { refoldInWorker } from './restatement/refold-worker.ts';
import { catchUp, evidenceDirectory, restore } from './restore.ts';
import type { SiteFile } from './site/site-file.ts';
import { RollingKpis } from './rolling-kpis.ts';
import { startTicker } from './ticker.ts';
import { openToken } from './token.ts';

/** A collector that runs. */
export interface Collector {
  /** Ports it listens on; the broker's is null for an external broker. */
  readonly httpPort: number;
  readonly mqttPort: number | null;
  /** Stops taking messages, commits and stores what has arrived, and closes everything. */
  stop(): Promise<void>;
}

export interface CollectorOptions {
  readonly config: CollectorConfig;
  readonly sites: readonly SiteFile[];
  /** Directory of the built page; null where it is not built. */
  readonly page: string | null;
  readonly log: Logger;
  readonly now: () => number;
}

const leaves: readonly Leaf[] = ['birth', 'status', 'readings'];

/** Restores the state, then connects broker, pipeline and API. */
export async function startCollector({ config, sites, page, log, now }: CollectorOptions): Promise<Collector> {
  const restored = await restore(config.data, log, config.store);
  const { evidence, store, fold } = restored;
  const mirrors = await Mirrors.open({ ...config, fold, log, now });
  const recorder = new Recorder({ ...restored, store: mirrors.mirrored(store), directory: config.data, log });
  const directory = evidenceDirectory(config.data);
  const records = await catchUp(restored, recorder, { directory, refold: refoldLog });
  log.info({ records, position: fold.cursor.position }, 'evidence log folded');
  mirrors.start();
  const ingest = new Ingest(fold);
  const live = new LiveFigures(fold, now);
  const restater = { directory, refold: refoldInWorker };
  const pipeline = new Pipeline({ evidence, fold, ingest, recorder, restater, live, log, now });
  ingest.setSites(sites, now());
  pipeline.tick();

  const link = await openLink(config, log, (delivery) => pipeline.receive(delivery));
  pipeline.attach(link);
  const problem = (): string | null => pipeline.problem ?? recorder.problem ?? link.problem;
  const states = { evidenceBytes: () => evidence.bytes, mirrors: () => mirrors.states };
  const figures = new CollectorFigures({ ...restored, ...states, ingest, live, recorder, problem });
  const desk = new PipelineDesk({ pipeline, fold, restater, figures, now });
  const imports = new PipelineImportDesk({ pipeline, ingest, fold, now });
  const rolling = new RollingKpis(figures, now, log);
  const api = buildApi(figures, { page, now, log, rolling, writing: { desk, imports, token: openToken(config.data) } });
  await api.listen({ host: config.http.host, port: config.http.port });
  const kpis = new KpiPublisher(figures, link, now);
  const reporter = openReporter(config, mirrors, { figures, fold, log });
  const stopTicker = startTicker(now, () => {
    pipeline.tick();
    kpis.refresh();
    void rolling.refresh();
    reporter?.tick(now());
  });
  void rolling.refresh();

  return {
    httpPort: (api.server.address() as AddressInfo).port,
    mqttPort: 'port' in link ? (link.port as number) : null,
    async stop() {
      stopTicker();
      kpis.close();
      await rolling.stop();
      live.close();
      await api.close();
      await link.close();
      await reporter?.stop();
      await pipeline.stop();
      await mirrors.close();
      await store.close();
      await evidence.close();
    },
  };
}

/** Null where no InfluxDB is configured: then nobody would read what it reports. */
function openReporter(
  { groups }: CollectorConfig,
  { reportQueues }: Mirrors,
  { figures, fold, log }: { readonly figures: CollectorFigures; readonly fold: Fold; readonly log: Logger },
): Reporter | null {
  if (reportQueues.length === 0) return null;
  const corrections = () => fold.corrections.all;
  return new Reporter({ figures, corrections, outbox: new Outbox(reportQueues), collector: groups.join('-'), log });
}

async function openLink({ broker, groups }: CollectorConfig, log: Logger, receive: Receive): Promise<Link> {
  const filters = groups.flatMap((group) => leaves.map((leaf) => groupFilter(group, leaf)));
  if ('embedded' in broker) return openEmbeddedBroker({ ...broker.embedded, filters, log }, receive);
  const { url, username, password, ca, cert, key, clientId = `wattmark-collector-${groups.join('-')}` } = broker;
  const credentials: Credentials = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  return openExternalBroker({ url, credentials, clientId, filters, log }, receive);
}
