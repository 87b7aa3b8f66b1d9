// jose's jwtVerify, with the key that `kid` names in the JWK set of the issuer that `iss` names.
// jose is told which algorithms are allowed; everything else is its own.
import {run} from '../offline.mjs';
import {createRemoteJWKSet, decodeJwt, jwtVerify} from 'jose';

const keySets = new Map();

await run(async (sample, bytes) => {
  const token = bytes.toString('utf8').trim();
  const {iss} = decodeJwt(token);
  await jwtVerify(token, keySet(iss), {algorithms: ['ES256', 'RS256', 'EdDSA'], issuer: iss});
});

// Our JWK set stands beside the DID document: did:web:HOST:PATH -> https://HOST/PATH/jwks.json.
function keySet(issuer) {
  if(!keySets.has(issuer)) {
    const place = issuer.replace(/^did:web:/, '').split(':').map(decodeURIComponent).join('/');
    keySets.set(issuer, createRemoteJWKSet(new URL(`https://${place}/jwks.json`)));
  }
  return keySets.get(issuer);
}
