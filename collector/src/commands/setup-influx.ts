import { type ConfiguredInflux, loadInfluxServers } from '../config.ts';
import type { InfluxTarget } from '../influx/client.ts';
import { clientOf } from '../influx/connect.ts';
import { AdminV1 } from '../influx/setup/admin-v1.ts';
import { AdminV2 } from '../influx/setup/admin-v2.ts';
import { AdminV3 } from '../influx/setup/admin-v3.ts';
import { type DatabaseAdmin, SetupError, setupError } from '../influx/setup/database-admin.ts';
import { type SetupOptions, setUpDatabase } from '../influx/setup/setup.ts';

/** `wattmark-collector setup influx`: makes the databases that the configuration names, and changes those that differ. */

export interface SetupInfluxOptions extends SetupOptions {
  readonly config: string;
}

/** Where the command writes. */
interface Output {
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr: Pick<NodeJS.WriteStream, 'write'>;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * @returns the exit code
 * @throws ConfigError
 */
export async function runSetupInflux(options: SetupInfluxOptions, output: Output): Promise<number> {
  const servers = loadInfluxServers(options.config, output.env);
  if (servers.length === 0) {
    output.stdout.write(
      `${options.config} names no InfluxDB, neither as \`store\` nor as \`mirror\`: nothing to do.\n`,
    );
    return 0;
  }
  let failed = 0;
  // One that is away does not keep the others from being set up.
  for (const server of servers) if (!(await setUp(server, options, output))) failed++;
  return failed === 0 ? 0 : 1;
}

async function setUp(
  { name, target, databases }: ConfiguredInflux,
  options: SetupOptions,
  output: Output,
): Promise<boolean> {
  output.stdout.write(`${name}: InfluxDB ${target.version} at ${target.url}\n`);
  const admin = adminOf(target);
  try {
    for (const database of databases) output.stdout.write(`  ${await setUpDatabase(admin, database, options)}\n`);
    return true;
  } catch (error) {
    const told = setupError(error);
    if (!(told instanceof SetupError)) throw told;
    output.stderr.write(`  ${told.message}\n`);
    return false;
  }
}

function adminOf(target: InfluxTarget): DatabaseAdmin {
  switch (target.version) {
    case 1:
      return new AdminV1(target, clientOf(target));
    case 2:
      return new AdminV2(target);
    case 3:
      return new AdminV3(target);
  }
}
