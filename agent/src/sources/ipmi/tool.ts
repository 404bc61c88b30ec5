import { SourceError } from '../../source.ts';
import { hostAndPort } from '../support/place.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';

export const privileges = ['user', 'operator', 'administrator'] as const;

export interface BmcAddress {
  /** Undefined: this machine's own BMC, through the kernel's driver. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly privilege: (typeof privileges)[number];
  /** Undefined: the first of `usualSuites` that the BMC takes. */
  readonly cipherSuite?: number | undefined;
}

/** What ipmitool said, which is not yet an answer: an exit code other than 0 may still be one. */
export type Tool = (args: readonly string[], signal: AbortSignal, timeoutMs: number) => Promise<ProgramResult>;

/** IPMI v2.0 table 22-20: with SHA-256, and with SHA-1 for older BMCs. Without one, ipmitool asks, and may wait 10 s. */
const usualSuites = [17, 3];

/** Seconds for one packet's answer, and tries: slow BMCs need more than one second, a missing one is known after four. */
const PATIENCE = ['-N', '2', '-R', '1'];

export function placeOf({ host, port = 623 }: BmcAddress): string {
  return host === undefined ? 'the BMC of this machine' : `the BMC at ${hostAndPort({ host, port })}`;
}

/** Runs ipmitool against one BMC. What it throws is a SourceError that says what to do about it. */
export function createTool(bmc: BmcAddress): Tool {
  const suites = bmc.cipherSuite === undefined ? usualSuites : [bmc.cipherSuite];
  let suite = 0;
  return async (args, signal, timeoutMs) => {
    const run = () =>
      runProgram('ipmitool', [...addressArgs(bmc, suites[suite] ?? 3), '-v', ...args], {
        timeoutMs,
        signal,
        env: { IPMI_PASSWORD: bmc.password ?? '', IPMITOOL_PASSWORD: bmc.password ?? '' },
      });
    let result = await run();
    if (isSuiteRefused(result) && suite < suites.length - 1) {
      suite += 1;
      result = await run();
    }
    if (result.exitCode !== 0) throwIfUnreachable(result, bmc, suites[suite] ?? 3);
    return result;
  };
}

/** The secret is in the environment, not here: every user of the host can see a program's arguments. */
function addressArgs({ host, port = 623, username, privilege }: BmcAddress, suite: number): string[] {
  if (host === undefined) return ['-I', 'open'];
  const user = username === undefined ? [] : ['-U', username];
  const session = ['-E', '-L', privilege.toUpperCase(), '-C', String(suite)];
  return ['-I', 'lanplus', '-H', host, '-p', String(port), ...user, ...session, ...PATIENCE];
}

function isSuiteRefused({ exitCode, stderr }: ProgramResult): boolean {
  return exitCode !== 0 && suiteRefusal.test(stderr);
}

const suiteRefusal =
  /invalid (authentication|integrity|confidentiality) algorithm|matching cipher suite|Unsupported cipher suite/i;

/** What ipmitool writes when there is no session, with what the operator can do about it. */
const refusals: readonly [pattern: RegExp, remedy: (bmc: BmcAddress, suite: number) => string][] = [
  [/RAKP 2 HMAC is invalid/i, () => 'refuses the password'],
  [/unauthorized name|unauthorized role/i, ({ username = '' }) => `has no user "${username}" that may log in over LAN`],
  [
    /Set Session Privilege Level|insufficient privilege|privilege level/i,
    ({ privilege }) => `does not let the user open a session with privilege: ${privilege}`,
  ],
  [suiteRefusal, (_, suite) => `does not take cipher suite ${suite}: leave out cipherSuite, or name one that it takes`],
  [/Address lookup for/, ({ host }) => `cannot be found: ${host} is no known name`],
  [
    /Could not open device.*Permission denied/,
    () => 'may not be opened: run the agent as root, or let it read /dev/ipmi0',
  ],
  [/Could not open device/, () => 'has no device: are the kernel modules ipmi_si and ipmi_devintf loaded?'],
  [/Unable to establish/, () => 'does not answer: is the address right, and IPMI over LAN switched on?'],
];

function throwIfUnreachable({ stderr }: ProgramResult, bmc: BmcAddress, suite: number): void {
  if (!/Unable to establish|Could not open/.test(stderr)) return;
  const refusal = refusals.find(([pattern]) => pattern.test(stderr));
  throw new SourceError('absent', `${placeOf(bmc)} ${refusal?.[1](bmc, suite) ?? 'does not answer'}`);
}
