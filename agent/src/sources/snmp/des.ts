import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import snmp, { type AuthProtocols } from 'net-snmp';

/** Bytes of a DES key, of its blocks, and of the pre-initialisation vector behind the key (RFC 3414, 8.1.1.1). */
const BLOCK_LENGTH = 8;

/** OpenSSL 3 has single DES no more, but triple DES with the same key three times is the same cipher. */
const CIPHER = 'des-ede3-cbc';

interface EngineId {
  readonly engineID: Buffer;
}

/** A part of the library that its type declarations leave out. */
interface KeyMaker {
  passwordToKey(auth: AuthProtocols, password: string, engineId: Buffer): Buffer;
}

/** Gives the library a DES that works with the OpenSSL of today's Node: its own names a cipher that is gone. */
export function repairDes(): void {
  const { algorithms } = snmp.Encryption as unknown as { algorithms: Record<number, object> };
  Object.assign(algorithms[snmp.PrivProtocols.des] ?? {}, { encryptPdu, decryptPdu });
}

function encryptPdu(pdu: Buffer, _protocol: number, password: string, auth: AuthProtocols, engine: EngineId) {
  const { key, preIv } = keyOf(password, auth, engine);
  const salt = randomBytes(BLOCK_LENGTH);
  const cipher = createCipheriv(CIPHER, key, exclusiveOr(preIv, salt)).setAutoPadding(false);
  const padded = Buffer.alloc(Math.ceil(pdu.length / BLOCK_LENGTH) * BLOCK_LENGTH);
  pdu.copy(padded);
  return { encryptedPdu: Buffer.concat([cipher.update(padded), cipher.final()]), msgPrivacyParameters: salt };
}

function decryptPdu(
  pdu: Buffer,
  _protocol: number,
  salt: Buffer,
  password: string,
  auth: AuthProtocols,
  engine: EngineId,
): Buffer {
  const { key, preIv } = keyOf(password, auth, engine);
  const cipher = createDecipheriv(CIPHER, key, exclusiveOr(preIv, salt)).setAutoPadding(false);
  return Buffer.concat([cipher.update(pdu), cipher.final()]);
}

function keyOf(password: string, auth: AuthProtocols, { engineID }: EngineId): { key: Buffer; preIv: Buffer } {
  const localized = (snmp.Authentication as unknown as KeyMaker).passwordToKey(auth, password, engineID);
  const key = localized.subarray(0, BLOCK_LENGTH);
  return { key: Buffer.concat([key, key, key]), preIv: localized.subarray(BLOCK_LENGTH, 2 * BLOCK_LENGTH) };
}

function exclusiveOr(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)));
}
