import type { AddressInfo } from 'node:net';
import { createLogger } from '@wattmark/shared/logger';
import type { Test } from 'tap';
import type { Api } from '../../src/api/contract.ts';
import { type ApiOptions, buildApi } from '../../src/api/server.ts';
import { type FakeFigures, NOW_MS } from './fake-figures.ts';

/** The API of a fake collector, closed when the test ends. */
export function apiOf(t: Test, figures: FakeFigures, more: Partial<ApiOptions> = {}): Api {
  const api = buildApi(figures, { page: null, now: () => NOW_MS, log: createLogger('test', 'silent'), ...more });
  t.teardown(() => api.close());
  return api;
}

/** The same over real HTTP. */
export async function listen(t: Test, figures: FakeFigures, more: Partial<ApiOptions> = {}): Promise<URL> {
  const api = apiOf(t, figures, more);
  await api.listen({ host: '127.0.0.1', port: 0 });
  return new URL(`http://127.0.0.1:${(api.server.address() as AddressInfo).port}/`);
}
