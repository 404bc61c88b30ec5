/**
 * What to say where TLS refuses a server's certificate, and what can be done about it; null where that is not why.
 * @param code of the error
 */
export function distrustIn(code: string, server: string): string | null {
  if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) return null;
  return `the certificate of ${server} is not to be trusted (${code}): ${remedyFor(code)}`;
}

function remedyFor(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'it has expired, or the clock of this host is wrong';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'it is for another name than the one configured';
  return 'name the authority that signed it with ca';
}
