import type { ProgramResult } from '../support/program.ts';

/** Power, or why there is none; `isLasting` where asking again soon will give the same. */
export type DcmiAnswer = { readonly powerW: number } | { readonly reason: string; readonly isLasting: boolean };

/** Beyond what any machine behind one BMC draws; 65535 is how some say that they have none. */
const MOST_POWER_W = 50_000;

/** IPMI v2.0 table 5-2: busy, timeout, destination unavailable, unspecified. */
const passingCode = /\((c0|c3|d3|ff)\)/i;

export const dcmiArgs: readonly string[] = ['dcmi', 'power', 'reading'];

/** The instantaneous power in an answer to `ipmitool dcmi power reading` (DCMI 1.5, section 6.6.1). */
export function dcmiPowerIn({ stdout, stderr }: ProgramResult): DcmiAnswer {
  const failure = /DCMI request failed because: *(.+)/.exec(`${stdout}\n${stderr}`)?.[1]?.trim();
  if (failure !== undefined) {
    const remedy = /\(d4\)/i.test(failure) ? ': set privilege: operator' : '';
    return { reason: `DCMI power reading: ${failure}${remedy}`, isLasting: !passingCode.test(failure) };
  }
  const power = /Instantaneous power reading: *(\d+) Watts/.exec(stdout)?.[1];
  const state = /Power reading state is: *(\w+)/.exec(stdout)?.[1];
  if (power === undefined || state === undefined) {
    return { reason: 'DCMI power reading: ipmitool said nothing that can be understood', isLasting: false };
  }
  const problem = state === 'activated' ? problemOf(Number(power)) : `its power measurement is ${state}`;
  return problem === null
    ? { powerW: Number(power) }
    : { reason: `DCMI power reading: the BMC says ${power} W, but ${problem}`, isLasting: true };
}

/** Why a power cannot be a machine's, or null. */
export function problemOf(powerW: number): string | null {
  if (powerW === 0) return 'a BMC that answers draws power itself';
  if (powerW > MOST_POWER_W) return `no machine draws more than ${MOST_POWER_W} W`;
  return null;
}
