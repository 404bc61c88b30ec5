// Serves the built page with invented, moving data: `npm run fixture --workspace dashboards`.
import { fileURLToPath } from 'node:url';
import { liveOf, sitesAt } from './fixture-data.ts';
import { startFixtureServer } from './fixture-server.ts';

const server = await startFixtureServer(
  fileURLToPath(new URL('../dist/page', import.meta.url)),
  () => Date.now(),
  8081,
);
console.log(server.url);
setInterval(() => {
  for (const { site } of sitesAt(Date.now())) {
    const live = liveOf(site, Date.now());
    const totalW = live.totalW === null ? null : live.totalW * (1 + Math.sin(Date.now() / 9000) / 50);
    server.push({ ...live, totalW, ratio: totalW === null || live.itW === null ? null : totalW / live.itW });
  }
}, 1000);
