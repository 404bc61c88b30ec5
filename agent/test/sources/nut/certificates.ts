import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes an authority (`ca.pem`), and a certificate for `localhost` and 127.0.0.1, as Debian's upsd wants them, which is
 * built with NSS.
 * @returns lines of upsd.conf
 */
export function makeCertificate(directory: string, openssl: string, certutil: string, pk12util: string): string {
  const database = join(directory, 'nss');
  mkdirSync(database);
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: directory, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  run(openssl, 'req', '-x509', ...key, '-days', '2', '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', ...key, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2', '-subj', '/CN=localhost'];
  run(
    openssl,
    ...request,
    '-addext',
    names,
    '-addext',
    'basicConstraints=CA:FALSE',
    '-keyout',
    'key.pem',
    '-out',
    'cert.pem',
  );
  const pair = ['-inkey', 'key.pem', '-in', 'cert.pem', '-name', 'upsd', '-passout', 'pass:secret1'];
  run(openssl, 'pkcs12', '-export', ...pair, '-out', 'cert.p12');
  run(certutil, '-N', '-d', database, '--empty-password');
  run(certutil, '-A', '-d', database, '-n', 'ca', '-t', 'CT,,', '-i', 'ca.pem');
  run(pk12util, '-i', 'cert.p12', '-d', database, '-W', 'secret1', '-K', '');
  return `CERTPATH ${database}\nCERTIDENT "upsd" ""\n`;
}
