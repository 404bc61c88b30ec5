import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Writes the collector's and the agent's configuration for one run: the files of `demo/` with the operator's ports and
 * folder, and without the demonstration the host alone, under a site of its own.
 * @param {string} root of the repository
 * @param {string} folder for data, logs and configuration; made where it is missing
 * @param {import('./options.mjs').Options} options
 * @returns {Promise<{collector: string, agent: string}>} paths of the files
 */
export async function writeConfiguration(root, folder, options) {
  // Installed only after this module was loaded.
  const { isMap, isSeq, parseDocument } = await import('yaml');
  const read = (/** @type {string} */ name) => parseDocument(readFileSync(join(root, 'demo', name), 'utf8'));
  const collector = read('collector.yaml');
  collector.set('data', join(folder, 'data'));
  collector.setIn(['http', 'port'], options.httpPort);
  collector.setIn(['broker', 'embedded', 'port'], options.mqttPort);
  const agent = read('agent.yaml');
  agent.setIn(['broker', 'url'], `mqtt://127.0.0.1:${options.mqttPort}`);
  agent.setIn(['spool', 'path'], join(folder, 'spool'));
  const sources = agent.get('sources');
  if (!isSeq(sources)) throw new Error('demo/agent.yaml has no list of sources');
  if (options.demo) {
    collector.set('sites', join(root, 'demo/sites'));
    const defaultPort = 15_020;
    for (const source of sources.items) {
      const port = isMap(source) ? source.get('port') : undefined;
      if (isMap(source) && typeof port === 'number') source.set('port', port - defaultPort + options.devicePort);
    }
  } else {
    collector.delete('sites');
    agent.set('agent', 'this-host');
    agent.set('site', 'local');
    sources.items = sources.items.filter((source) => isMap(source) && source.get('simulated') !== true);
  }
  mkdirSync(folder, { recursive: true });
  return { collector: write(folder, 'collector.yaml', collector), agent: write(folder, 'agent.yaml', agent) };
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {import('yaml').Document} document
 */
function write(folder, name, document) {
  document.commentBefore = ' Written anew by each npm start.';
  const path = join(folder, name);
  writeFileSync(path, document.toString());
  return path;
}
