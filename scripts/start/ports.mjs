import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/**
 * @typedef {object} WantedPort
 * @property {'tcp' | 'udp'} protocol
 * @property {number} port
 * @property {string} option by which the operator can choose another
 * @property {number} [optionPort] the option's present value, where the port is one that follows from it
 */

/**
 * What the operator has to know about ports of 127.0.0.1 that cannot be used; one sentence each.
 * @param {readonly WantedPort[]} wanted
 * @returns {Promise<string[]>}
 */
export async function portProblems(wanted) {
  const problems = await Promise.all(
    wanted.map(async ({ protocol, port, option, optionPort = port }) => {
      const code = await (protocol === 'tcp' ? tryTcp(port) : tryUdp(port));
      if (code === null) return [];
      const reason = code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${code})`;
      const other = optionPort < 60_000 ? optionPort + 1000 : optionPort - 1000;
      return [`${protocol.toUpperCase()} port ${port} ${reason}. Choose another: npm start -- ${option} ${other}`];
    }),
  );
  return problems.flat();
}

/**
 * @param {number} port
 * @returns {Promise<string | null>} an error code
 */
function tryTcp(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error)));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(null)));
  });
}

/**
 * @param {number} port
 * @returns {Promise<string | null>} an error code
 */
function tryUdp(port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (error) => {
      socket.close();
      resolve(codeOf(error));
    });
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(null)));
  });
}

/** @param {NodeJS.ErrnoException} error */
function codeOf(error) {
  return error.code ?? error.message;
}
