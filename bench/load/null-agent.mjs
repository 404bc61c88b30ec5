import { connectAsync } from 'mqtt';

// The least that an agent in Node can be: one connection, one message every 10 s. JavaScript, so that no loader is measured.
const EVERY_MS = 10_000;
const client = await connectAsync(process.argv[2] ?? '');
const message = JSON.stringify({ v: 1, readings: [['utility-a', 'power', 1000]] });
setInterval(() => client.publish('wattmark/v1/default/null/null/readings', message, { qos: 1 }), EVERY_MS);
console.log('ready');
