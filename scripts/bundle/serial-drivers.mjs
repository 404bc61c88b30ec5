/**
 * The serial drivers by processor, compressed with gzip and written in base64. Building the bundle fills them in.
 * @type {Readonly<Record<string, string>>}
 */
export const drivers = {};
