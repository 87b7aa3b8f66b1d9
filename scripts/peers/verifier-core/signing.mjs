// How long @digitalcredentials/vc takes to sign a credential. Its arguments are the path of a JSON
// file (`credentials`, `seed` in hex, `method`, `created`) and nothing else. Each line of standard
// input is a number of signatures; each line of standard output the milliseconds of CPU for one of
// them, all threads together. At the end of input it prints the proof value of every credential.
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import * as vc from '@digitalcredentials/vc';
import * as Ed25519Multikey from '@digitalcredentials/ed25519-multikey';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {securityLoader} from '@digitalcredentials/security-document-loader';

const {credentials, seed, method, created} = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const documentLoader = securityLoader().build();
const key = await Ed25519Multikey.generate({
  seed: Uint8Array.from(Buffer.from(seed, 'hex')), id: method, controller: method.split('#')[0]
});
const issue = number => vc.issue({
  credential: structuredClone(credentials[number % credentials.length]),
  suite: new DataIntegrityProof({signer: key.signer(), date: created, cryptosuite}),
  documentLoader
});

let number = 0;
for await (const line of createInterface({input: process.stdin})) {
  const rounds = Number(line);
  const before = process.cpuUsage();
  for(let round = 0; round < rounds; round++) {
    await issue(number++);
  }
  const {user, system} = process.cpuUsage(before);
  process.stdout.write(`${(user + system) / 1000 / rounds}\n`);
}
const values = [];
for(let each = 0; each < credentials.length; each++) {
  values.push((await issue(each)).proof.proofValue);
}
process.stdout.write(`${JSON.stringify(values)}\n`);
