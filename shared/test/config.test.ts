import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import * as v from 'valibot';
import { environmentText, loadConfig, secretText } from '../src/config.ts';

const directory = mkdtempSync(join(tmpdir(), 'wattmark-'));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));
const secret = join(directory, 'password');
writeFileSync(secret, 's e"cret:\n');
const file = join(directory, 'config.yaml');
writeFileSync(file, 'password: "${PASSWORD}"\n');
const schema = v.strictObject({ password: secretText });

t.test('a variable may be in a file, as secrets of containers are', async (t) => {
  t.same(loadConfig(file, schema, { PASSWORD_FILE: secret }), { password: 's e"cret:' });
  t.same(loadConfig(file, schema, { PASSWORD_FILE: secret, PASSWORD: 'set' }), { password: 'set' }, 'what is set wins');
  t.equal(environmentText({}, 'PASSWORD'), undefined);
});

t.test('a file that cannot be read is said to be', async (t) => {
  const missing = { PASSWORD_FILE: join(directory, 'nope') };
  t.throws(() => loadConfig(file, schema, missing), {
    message: /PASSWORD_FILE: 1 problem\n {2}- cannot be read: ENOENT/,
  });
  t.throws(() => loadConfig(file, schema, {}), { message: /the environment variable PASSWORD is not set/ });
});
