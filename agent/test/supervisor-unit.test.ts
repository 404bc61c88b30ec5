import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { requireProgram } from '../../shared/test/program.ts';
import { scratch } from './support/scratch.ts';

/** What is in deploy/, held against the programs of systemd, and the commands that install it. */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const deploy = join(root, 'deploy');
const read = (name: string): string => readFileSync(join(deploy, name), 'utf8');

for (const [name, exposure] of [
  ['wattmark-agent', 2.1],
  ['wattmark-collector', 1.7],
] as const) {
  t.test(`${name}.service is valid and exposes little`, async (t) => {
    const program = requireProgram(t, 'systemd-analyze');
    if (program === null) return;
    const unit = join(scratch(t), `${name}.service`);
    // The program is looked for where the unit says; here it is not installed.
    writeFileSync(unit, read(`${name}.service`).replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
    t.same(await run(program, ['verify', unit]), { stdout: '', stderr: '' });
    const threshold = `--threshold=${Math.round(exposure * 10)}`;
    await t.resolves(
      run(program, ['security', '--offline=true', '--no-pager', threshold, unit]),
      `at most ${exposure}`,
    );
    const lower = `--threshold=${Math.round(exposure * 10) - 5}`;
    await t.rejects(run(program, ['security', '--offline=true', '--no-pager', lower, unit]), 'the threshold counts');
  });
}

t.test('the group may read the energy counters, and nothing else is opened', async (t) => {
  const program = requireProgram(t, 'systemd-tmpfiles');
  if (program === null) return;
  const place = scratch(t);
  const modeOf = (path: string): number => statSync(join(place, path)).mode & 0o777;
  const zone = 'sys/class/powercap/intel-rapl:0';
  for (const directory of [zone, 'dev', 'etc/tmpfiles.d']) mkdirSync(join(place, directory), { recursive: true });
  for (const path of [`${zone}/energy_uj`, `${zone}/max_energy_range_uj`, 'dev/ipmi0']) {
    writeFileSync(join(place, path), '');
    chmodSync(join(place, path), 0o400);
  }
  // The user need not exist here; whom it is given to is written in the line itself.
  t.match(read('wattmark.tmpfiles.conf'), /^z \/sys\/class\/powercap\/intel-rapl:\*\/energy_uj 0440 root wattmark$/m);
  const config = read('wattmark.tmpfiles.conf').replaceAll('root wattmark', '- -');
  writeFileSync(join(place, 'etc/tmpfiles.d/wattmark.conf'), config);
  await run(program, ['--create', `--root=${place}`, 'wattmark.conf']);
  t.equal(modeOf(`${zone}/energy_uj`), 0o440);
  t.equal(modeOf(`${zone}/max_energy_range_uj`), 0o400);
  t.equal(modeOf('dev/ipmi0'), 0o400);
});

t.test('the commands of the manual put everything where the unit looks for it', async (t) => {
  const manual = readFileSync(join(root, 'docs/operator.md'), 'utf8');
  const [, commands = ''] = /^```sh\n(useradd [\s\S]*?)^```$/m.exec(manual) ?? [];
  const place = scratch(t);
  const folder = scratch(t);
  mkdirSync(join(place, 'usr/local/bin'), { recursive: true });
  writeFileSync(join(folder, 'wattmark-agent.mjs'), '#!/bin/sh\necho "$@"\n');
  writeFileSync(join(folder, 'agent.yaml'), '');
  for (const name of ['wattmark-agent.service', 'wattmark.tmpfiles.conf'])
    writeFileSync(join(folder, name), read(name));
  const lines = commands.split('\n').filter((line) => line.startsWith('install '));
  t.equal(lines.length, 3);
  for (const line of lines) {
    const here = line.replaceAll(/ \/(?=opt|etc|usr)/g, ` ${place}/`).replace(' -g wattmark', '');
    execFileSync('/bin/sh', ['-c', here], { cwd: folder });
  }
  const unit = readFileSync(join(place, 'etc/systemd/system/wattmark-agent.service'), 'utf8');
  const [, program = '', config = ''] = /^ExecStart=(\S+) run --config (\S+)$/m.exec(unit) ?? [];
  t.ok(existsSync(join(place, program)) && existsSync(join(place, config)), `${program} ${config}`);
  t.equal((await run(join(place, 'usr/local/bin/wattmark-agent'), ['--version'])).stdout, '--version\n');
  t.ok(existsSync(join(place, 'etc/tmpfiles.d/wattmark.conf')));
  t.match(unit, /^ExecStartPre=.*systemd-tmpfiles --create wattmark\.conf$/m);
});
