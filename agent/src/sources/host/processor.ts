import { type Files, readOptional } from './files.ts';

export interface Processor {
  readonly name: string;
  /** Threads that the kernel schedules on. */
  readonly logicalProcessors: number;
  /** True in a virtual machine, which sees a share of its host's processor. */
  readonly virtual: boolean;
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

/** Processor time since the machine started, in the kernel's ticks. */
export interface ProcessorTime {
  readonly busy: number;
  readonly total: number;
}

/** The processor as /proc/cpuinfo describes it, or null where it does not. */
export async function readProcessor(files: Files): Promise<Processor | null> {
  const text = await readOptional(files, '/proc/cpuinfo');
  if (text === null) return null;
  const field = (name: string) => new RegExp(`^${name}\\s*: *(.*)$`, 'm').exec(text)?.[1]?.trim();
  const logicalProcessors = text.match(/^processor\s*:/gm)?.length ?? 0;
  if (logicalProcessors === 0) return null;
  return {
    name: field('model name') ?? field('Model') ?? 'unnamed processor',
    logicalProcessors,
    virtual: / hypervisor( |$)/m.test(field('flags') ?? '') || (await isVirtualBoard(files)),
    vendor: field('vendor_id') ?? '',
    family: Number(field('cpu family')),
    model: Number(field('model')),
    stepping: Number(field('stepping')),
  };
}

/** ARM has no such flag; there the firmware, or the device tree, says so. */
async function isVirtualBoard(files: Files): Promise<boolean> {
  if ((await files.list('/proc/device-tree/hypervisor')).length > 0) return true;
  const names = ['sys_vendor', 'product_name'].map((name) => readOptional(files, `/sys/class/dmi/id/${name}`));
  return (await Promise.all(names)).some((text) => /KVM|QEMU|VMware|VirtualBox|Virtual Machine/i.test(text ?? ''));
}

/**
 * The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). Guest time is
 * already in user; stolen time went to another machine.
 * @throws Error where the file is missing or says anything else.
 */
export async function readProcessorTime(files: Files): Promise<ProcessorTime> {
  const line = /^cpu +(.*)$/m.exec(await files.readText('/proc/stat'))?.[1];
  const [user, nice, system, idle, iowait, irq, softirq] = (line ?? '').split(' ').map(Number);
  const busy = (user ?? Number.NaN) + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0);
  const total = busy + (idle ?? Number.NaN) + (iowait ?? 0);
  if (!Number.isFinite(total)) throw new Error('/proc/stat: the kernel does not say how busy its processors are');
  return { busy, total };
}

/** The processor as the library systeminformation finds it, for systems without /proc/cpuinfo. */
export async function inquireProcessor(): Promise<Processor | null> {
  const { cpu } = await import('systeminformation');
  const found = await cpu();
  if (found.cores === 0) return null;
  return {
    name: `${found.manufacturer} ${found.brand}`.trim(),
    logicalProcessors: found.cores,
    virtual: false,
    vendor: found.vendor,
    family: Number(found.family),
    model: Number(found.model),
    stepping: Number(found.stepping),
  };
}
