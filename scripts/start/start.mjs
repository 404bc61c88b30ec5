import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { prepare } from '../build/prepare.mjs';
import { StepFailed } from '../build/step.mjs';
import { writeConfiguration } from './configuration.mjs';
import { Crew } from './crew.mjs';
import { parseOptions, usage, UsageError } from './options.mjs';
import { portProblems } from './ports.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const HEALTHY_WITHIN_MS = 30_000;
const PROBE_EVERY_MS = 100;

/**
 * Runs Wattmark on this host until SIGINT or SIGTERM.
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function start(args) {
  try {
    const options = parseOptions(args);
    if (options.help) {
      process.stdout.write(usage);
      return 0;
    }
    const problems = await portProblems(wantedPorts(options));
    if (problems.length > 0) throw new UsageError(problems.join('\n'));
    await prepare(root);
    return await run(options);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** @param {import('./options.mjs').Options} options */
async function run(options) {
  const stopped = signalled();
  const startMs = performance.now();
  const folder = resolve(options.data ?? join(root, options.demo ? '.wattmark' : '.wattmark/no-demo'));
  const configuration = await writeConfiguration(root, folder, options);
  const crew = new Crew(folder);
  if (options.demo) crew.start('devices', [join(root, 'demo/dist/main.js'), '--port', String(options.devicePort)]);
  crew.start('collector', program('collector', configuration.collector));
  let event = await Promise.race([stopped, crew.firstEnd, healthy(options.httpPort)]);
  if (event === 'healthy') {
    crew.start('agent', program('agent', configuration.agent));
    process.stdout.write(welcome(options, folder, performance.now() - startMs));
    event = await Promise.race([stopped, crew.firstEnd]);
  }
  if (event === 'signal') console.log('\nStopping …');
  else if (event === 'silent') console.error(`The collector did not answer within ${HEALTHY_WITHIN_MS / 1000} s.`);
  else console.error(obituary(event, crew.logFile(event.child.name)));
  await crew.stop();
  return event === 'signal' ? 0 : 1;
}

/**
 * @param {'collector' | 'agent'} name
 * @param {string} configuration
 */
function program(name, configuration) {
  return [join(root, name, 'bin', `wattmark-${name}.js`), 'run', '--config', configuration];
}

/**
 * @param {import('./options.mjs').Options} options
 * @returns {import('./ports.mjs').WantedPort[]}
 */
function wantedPorts({ demo, httpPort, mqttPort, devicePort }) {
  const option = '--device-port';
  return [
    { protocol: 'tcp', port: httpPort, option: '--http-port' },
    { protocol: 'tcp', port: mqttPort, option: '--mqtt-port' },
    .../** @type {import('./ports.mjs').WantedPort[]} */ (
      demo
        ? [
            { protocol: 'tcp', port: devicePort, option },
            { protocol: 'udp', port: devicePort, option },
            { protocol: 'udp', port: devicePort + 1, option, optionPort: devicePort },
          ]
        : []
    ),
  ];
}

/** @returns {Promise<'signal'>} */
function signalled() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => resolve('signal'));
  });
}

/**
 * @param {number} port
 * @returns {Promise<'healthy' | 'silent'>}
 */
async function healthy(port) {
  const untilMs = performance.now() + HEALTHY_WITHIN_MS;
  while (performance.now() < untilMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return 'healthy';
    await sleep(PROBE_EVERY_MS, undefined, { ref: false });
  }
  return 'silent';
}

/**
 * @param {import('./options.mjs').Options} options
 * @param {string} folder
 * @param {number} tookMs
 */
function welcome({ demo, httpPort, mqttPort, devicePort }, folder, tookMs) {
  const simulated = `Simulated  site dc-1: main meter and UPS (Modbus TCP, port ${devicePort}), rack row and cooling
             (SNMP, ports ${devicePort} and ${devicePort + 1}), read by the agent's ordinary sources
  Real       this host`;
  return `
Wattmark runs, ${(tookMs / 1000).toFixed(1)} s after the build.

  Page       http://127.0.0.1:${httpPort}/
  API        http://127.0.0.1:${httpPort}/docs
  MQTT       mqtt://127.0.0.1:${mqttPort}
  ${demo ? simulated : 'Real       this host, as site local; nothing is simulated'}
  Data, logs ${relative(process.cwd(), folder)}

Ctrl-C stops everything.
`;
}

/**
 * @param {import('./crew.mjs').End} end
 * @param {string} logFile
 */
function obituary({ child, how }, logFile) {
  const log = relative(process.cwd(), logFile);
  return `\nThe ${child.name} ended unexpectedly (${how}). The end of ${log}:\n\n${child.tail()}\n`;
}
