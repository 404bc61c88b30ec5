import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../../support/rig.ts';
import { accepts, Program } from './program.ts';

/** A broker of its own for one test. */
export class Mosquitto extends Program {
  readonly url: string;

  constructor(t: { teardown(fn: () => unknown): void }, program: string, port: number, persistence: boolean) {
    const directory = scratch(t);
    const config = join(directory, 'mosquitto.conf');
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true'];
    if (persistence) {
      mkdirSync(join(directory, 'kept'), { mode: 0o777 });
      lines.push('persistence true', `persistence_location ${directory}/kept/`);
      lines.push('autosave_interval 1', 'autosave_on_changes true');
      if (process.getuid?.() === 0) lines.push('user root');
    }
    writeFileSync(config, `${lines.join('\n')}\n`);
    super([program, '-c', config], { log: join(directory, 'mosquitto.log'), ready: () => accepts(port) });
    this.url = `mqtt://127.0.0.1:${port}`;
    t.teardown(() => this.kill());
  }
}
