import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Test } from 'tap';

/** Files below a root, by path; null takes one away. */
export type Tree = Readonly<Record<string, string | number | null>>;

/** A directory in which tests write what a kernel would show in /proc and /sys. */
export interface HostTree {
  readonly root: string;
  write(tree: Tree): Promise<void>;
  /** Takes a directory away. */
  remove(path: string): Promise<void>;
  /** What a class directory consists of. */
  link(from: string, to: string): Promise<void>;
}

export async function createTree(t: Test, tree: Tree): Promise<HostTree> {
  const root = await mkdtemp(join(tmpdir(), 'host-'));
  t.teardown(() => rm(root, { recursive: true }));
  const host: HostTree = {
    root,
    async write(files) {
      for (const [path, content] of Object.entries(files)) {
        const file = join(root, path);
        await mkdir(dirname(file), { recursive: true });
        if (content === null) await rm(file);
        else await writeFile(file, `${content}\n`);
      }
    },
    remove: (path) => rm(join(root, path), { recursive: true }),
    async link(from, to) {
      await mkdir(dirname(join(root, from)), { recursive: true });
      await symlink(relative(dirname(join(root, from)), join(root, to)), join(root, from));
    },
  };
  await host.write(tree);
  return host;
}

const rapl = 'sys/devices/virtual/powercap/intel-rapl';

/** A server with an ACPI power meter and one processor package, as Linux shows them. */
export async function createServer(t: Test): Promise<HostTree> {
  const host = await createTree(t, {
    'sys/devices/platform/acpi/hwmon/hwmon0/name': 'power_meter',
    'sys/devices/platform/acpi/hwmon/hwmon0/power1_average': 217_000_000,
    'sys/devices/platform/acpi/hwmon/hwmon0/energy1_input': 97_200_000_000,
    'sys/devices/platform/acpi/hwmon/hwmon0/temp1_input': 41_000,
    [`${rapl}/intel-rapl:0/name`]: 'package-0',
    [`${rapl}/intel-rapl:0/energy_uj`]: 123_456_789_012,
    [`${rapl}/intel-rapl:0/max_energy_range_uj`]: 262_143_328_850,
    [`${rapl}/intel-rapl:0/intel-rapl:0:0/name`]: 'dram',
    [`${rapl}/intel-rapl:0/intel-rapl:0:0/energy_uj`]: 4_567_890_123,
    [`${rapl}/intel-rapl:0/intel-rapl:0:0/max_energy_range_uj`]: 65_712_999_613,
  });
  await host.link('sys/class/hwmon/hwmon0', 'sys/devices/platform/acpi/hwmon/hwmon0');
  await host.link('sys/class/powercap/intel-rapl:0', `${rapl}/intel-rapl:0`);
  await host.link('sys/class/powercap/intel-rapl:0:0', `${rapl}/intel-rapl:0/intel-rapl:0:0`);
  return host;
}

export const METER = 'sys/class/hwmon/hwmon0';
export const PACKAGE = 'sys/class/powercap/intel-rapl:0';
export const MEMORY = 'sys/class/powercap/intel-rapl:0:0';
