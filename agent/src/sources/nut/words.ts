/**
 * The words of a line of upsd. Words with spaces are quoted; a backslash takes the next character as it is
 * (RFC 9271, section 4.1; docs/net-protocol.txt of Network UPS Tools).
 */
export function wordsOf(line: string): string[] {
  const words = line.matchAll(/"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+)/g);
  return [...words].map(([, quoted, bare]) => (quoted ?? bare ?? '').replace(/\\(.)/g, '$1'));
}

/** One word, whatever it contains but line ends. `#` begins a comment in a line that is not quoted well. */
export function quote(word: string): string {
  return `"${word.replace(/["\\#]/g, '\\$&')}"`;
}
