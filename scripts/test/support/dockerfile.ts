/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly verb: string;
  /** As it is written, without flags. */
  readonly text: string;
  /** `--from=build` as `from: build`. */
  readonly flags: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly name: string;
  /** An earlier stage, or an image. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile, with its ARGs put in. */
export function parseDockerfile(text: string): Stage[] {
  const args: Record<string, string> = {};
  const stages: { name: string; from: string; instructions: Instruction[] }[] = [];
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  for (const line of lines.map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('#'))) {
    const instruction = instructionOf(line);
    const words = instruction.text.split(/\s+/);
    if (instruction.verb === 'ARG') {
      const [name = '', value = ''] = instruction.text.split('=');
      args[name] = value;
    } else if (instruction.verb === 'FROM') {
      const [image = '', , name = ''] = words;
      stages.push({ name, from: image.replace(/\$\{(\w+)\}/g, (_, arg) => args[arg] ?? ''), instructions: [] });
    } else {
      stages.at(-1)?.instructions.push(instruction);
    }
  }
  return stages;
}

function instructionOf(line: string): Instruction {
  const [, verb = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
  const flags: Record<string, string> = {};
  let text = rest;
  for (let flag = /^--([\w-]+)=(\S+)\s+/.exec(text); flag !== null; flag = /^--([\w-]+)=(\S+)\s+/.exec(text)) {
    flags[flag[1] as string] = flag[2] as string;
    text = text.slice(flag[0].length);
  }
  return { verb, text, flags };
}

/** What an image does: its own instructions after those of the stages that it is made from. */
export function instructionsOf(stages: readonly Stage[], name: string): Instruction[] {
  const stage = stages.find((candidate) => candidate.name === name);
  return stage === undefined ? [] : [...instructionsOf(stages, stage.from), ...stage.instructions];
}

/** The words of the last `ENTRYPOINT`, `CMD` or `HEALTHCHECK CMD`, which all are written as lists. */
export function commandOf(instructions: readonly Instruction[], verb: 'ENTRYPOINT' | 'CMD' | 'HEALTHCHECK'): string[] {
  const last = instructions.findLast((instruction) => instruction.verb === verb);
  return last === undefined ? [] : (JSON.parse(last.text.replace(/^CMD /, '')) as string[]);
}
