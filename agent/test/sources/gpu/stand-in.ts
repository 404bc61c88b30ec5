import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { scratch } from '../../support/scratch.ts';

/** What nvidia-smi says of one card, as its document type has it. */
export interface FakeCard {
  readonly bus: string;
  readonly uuid: string;
  readonly serial?: string;
  readonly power?: string;
  readonly utilisation?: string;
  readonly temperature?: string;
}

export function nvidiaLog(...cards: readonly FakeCard[]): string {
  const entries = cards.map(
    ({ bus, uuid, serial = 'N/A', power = 'N/A', utilisation = 'N/A', temperature = 'N/A' }) => `
  <gpu id="${bus}">
    <product_name>Test Card</product_name>
    <serial>${serial}</serial>
    <uuid>${uuid}</uuid>
    <vbios_version>1.2.3</vbios_version>
    <pci><pci_bus_id>${bus}</pci_bus_id></pci>
    <utilization><gpu_util>${utilisation}</gpu_util></utilization>
    <temperature><gpu_temp>${temperature}</gpu_temp></temperature>
    <gpu_power_readings>
      <average_power_draw>${power}</average_power_draw><instant_power_draw>1.00 W</instant_power_draw>
    </gpu_power_readings>
    <module_power_readings><average_power_draw>999.00 W</average_power_draw></module_power_readings>
  </gpu>`,
  );
  const head = '<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">';
  return `${head}\n<nvidia_smi_log>${entries.join('')}\n</nvidia_smi_log>\n`;
}

/**
 * A program that stands in for nvidia-smi or rocm-smi and says what the test wants. There is no such card and no such
 * tool where the tests run: what is known of their output comes from captures and document types.
 */
export interface StandIn {
  readonly program: string;
  /** What it writes from now on, and how it ends. */
  say(stdout: string, stderr?: string, exitCode?: number): void;
  /** Shell commands that it runs before it says anything. */
  first(commands: string): void;
  /** Whether it says nothing, until it does again. */
  hang(hangs: boolean): void;
}

export function createStandIn(t: Test): StandIn {
  const directory = scratch(t);
  const program = join(directory, 'tool');
  const at = (name: string) => join(directory, name);
  writeFileSync(
    program,
    `#!/bin/sh\ncd "${directory}"\n. ./first\nwhile [ -e hang ]; do sleep 0.02; done\ncat out\ncat err >&2\nexit $(cat code)\n`,
    {
      mode: 0o755,
    },
  );
  const standIn: StandIn = {
    program,
    say(stdout, stderr = '', exitCode = 0) {
      writeFileSync(at('out'), stdout);
      writeFileSync(at('err'), stderr);
      writeFileSync(at('code'), String(exitCode));
    },
    first: (commands) => writeFileSync(at('first'), `${commands}\n`),
    hang: (hangs) => (hangs ? writeFileSync(at('hang'), '') : rmSync(at('hang'), { force: true })),
  };
  standIn.first('');
  return standIn;
}
