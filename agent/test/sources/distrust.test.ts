import t from 'tap';
import { distrustIn } from '../../src/sources/support/distrust.ts';

t.test('what is wrong with a certificate, as Node names it, and what to do', async (t) => {
  for (const [code, remedy] of [
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /of a is not to be trusted \(DEPTH.*: name the authority that signed it with ca/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /name the authority/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /name the authority/],
    ['CERT_HAS_EXPIRED', /it has expired, or the clock of this host is wrong/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name than the one configured/],
  ] as const) {
    t.match(distrustIn(code, 'a'), remedy);
  }
  for (const code of ['', 'ECONNREFUSED', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])
    t.equal(distrustIn(code, 'a'), null);
});
