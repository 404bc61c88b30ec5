import { createServer, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { createHall } from '../../demo/src/hall.ts';
import { measure, meterZeroMs } from '../../demo/src/meter.ts';
import { openModbusGateway } from '../../demo/src/modbus-gateway.ts';
import { sdm630Registers } from '../../demo/src/sdm630.ts';

/**
 * Meters with Modbus TCP on successive ports: `--count` that answer, then one that answers after five seconds, and one
 * that takes connections and never says anything.
 */
const { values } = parseArgs({ options: { port: { type: 'string' }, count: { type: 'string' } } });
const [port, count] = [Number(values.port), Number(values.count)];

const LATE_MS = 5_000;

const { mainW } = createHall();
const zeroMs = meterZeroMs(Date.now());
const meter = { input: () => sdm630Registers(measure(mainW, zeroMs, Date.now())) };
for (let index = 0; index < count; index++) await openModbusGateway(port + index, new Map([[1, meter]]));
await listen(port + count, (socket) => {
  socket.on('data', (question) =>
    setTimeout(() => socket.writable && socket.write(answerTo(question)), LATE_MS).unref(),
  );
});
await listen(port + count + 1, (socket) => socket.resume());
console.log('ready');

function listen(at: number, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => serve(socket.on('error', () => socket.destroy())));
  return new Promise((resolve) => server.listen(at, '127.0.0.1', resolve));
}

/** As many registers as were asked for, all 0 (Modbus Application Protocol 1.1b3, 6.4). */
function answerTo(question: Buffer): Buffer {
  const bytes = 2 * question.readUInt16BE(10);
  const answer = Buffer.alloc(9 + bytes);
  question.copy(answer, 0, 0, 8);
  answer.writeUInt16BE(3 + bytes, 4);
  answer[8] = bytes;
  return answer;
}
