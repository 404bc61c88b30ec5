import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { requireProgram } from '../../../../shared/test/program.ts';
import { scratch } from '../../support/scratch.ts';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly fingerprint256: string;
}

/** Resolves when the certificate is no longer valid. */
export async function expiry({ cert }: Certificate): Promise<void> {
  const end = Date.parse(new X509Certificate(cert).validTo) + 1_000;
  while (Date.now() < end) await sleep(end - Date.now() + 1);
}

/** What BMCs show, all for 127.0.0.1. */
export interface Certificates {
  /** PEM file of the authority that signed `signed`. */
  readonly caFile: string;
  readonly ca: string;
  readonly signed: Certificate;
  readonly selfSigned: Certificate;
  /** Valid until the second in which it was made. */
  readonly expired: Certificate;
  /** Of the same authority, for a name that the BMC does not have. */
  readonly misnamed: Certificate;
}

/** Null where the test was skipped. */
export function createCertificates(t: Test): Certificates | null {
  const openssl = requireProgram(t, 'openssl');
  if (openssl === null) return null;
  const directory = scratch(t);
  const run = (...args: string[]) => execFileSync(openssl, args, { cwd: directory, stdio: 'pipe' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const read = (name: string): Certificate => {
    const cert = readFileSync(join(directory, `${name}.crt`), 'utf8');
    const key = readFileSync(join(directory, `${name}.key`), 'utf8');
    return { key, cert, fingerprint256: new X509Certificate(cert).fingerprint256 };
  };
  run('req', '-x509', ...curve, '-days', '2', '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.crt');
  const create = (name: string, altName: string, ...signing: string[]): Certificate => {
    writeFileSync(join(directory, `${name}.ext`), `subjectAltName=${altName}\n`);
    run('req', ...curve, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    run('x509', '-req', '-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`, ...signing);
    return read(name);
  };
  const byCa = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'];
  return {
    caFile: join(directory, 'ca.crt'),
    ca: read('ca').cert,
    signed: create('signed', 'IP:127.0.0.1', ...byCa, '-days', '2'),
    selfSigned: create('self', 'IP:127.0.0.1', '-signkey', 'self.key', '-days', '2'),
    expired: create('expired', 'IP:127.0.0.1', ...byCa, '-days', '0'),
    misnamed: create('misnamed', 'DNS:bmc.example', ...byCa, '-days', '2'),
  };
}
