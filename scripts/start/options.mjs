import { parseArgs } from 'node:util';

/** What the operator asked for in a way that cannot be understood. */
export class UsageError extends Error {
  /** @override */
  name = 'UsageError';
}

/**
 * @typedef {object} Options
 * @property {boolean} help
 * @property {boolean} demo
 * @property {number} httpPort
 * @property {number} mqttPort
 * @property {number} devicePort
 * @property {string | undefined} data
 */

export const usage = `Usage: npm start [-- options]

Runs a collector with its broker, one agent on this host and a demonstration data hall whose meters are simulated.
Installs and builds first what is missing. Ctrl-C stops everything.

  --http-port N     page and API on 127.0.0.1:N (default 8080)
  --mqtt-port N     broker on 127.0.0.1:N (default 1883)
  --device-port N   simulated meters: Modbus on TCP port N, SNMP on UDP ports N and N+1 (default 15020)
  --data DIR        data, logs and generated configuration (default .wattmark, or .wattmark/no-demo)
  --no-demo         without the simulated hall: this host alone
  --help            this text
`;

/**
 * @param {string[]} args
 * @returns {Options}
 * @throws {UsageError}
 */
export function parseOptions(args) {
  const values = parse(args);
  return {
    help: values.help === true,
    demo: values['no-demo'] !== true,
    httpPort: port('--http-port', values['http-port'] ?? '8080'),
    mqttPort: port('--mqtt-port', values['mqtt-port'] ?? '1883'),
    devicePort: port('--device-port', values['device-port'] ?? '15020'),
    data: values.data,
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    const options = /** @type {const} */ ({
      'http-port': { type: 'string' },
      'mqtt-port': { type: 'string' },
      'device-port': { type: 'string' },
      data: { type: 'string' },
      'no-demo': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    });
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} option
 * @param {string} text
 */
function port(option, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 65_534) return number;
  throw new UsageError(`${option} must be a whole number from 1 to 65534, not ${text}`);
}
