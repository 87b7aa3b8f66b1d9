// How long @digitalcredentials/vc takes to verify one credential with an embedded proof: it is the
// path of its arguments. Each line of standard input is a number of verifications; each line of
// standard output the milliseconds of CPU for one of them, all threads together.
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import * as vc from '@digitalcredentials/vc';
import {DataIntegrityProof} from '@digitalcredentials/data-integrity';
import {cryptosuite} from '@digitalcredentials/eddsa-rdfc-2022-cryptosuite';
import {securityLoader} from '@digitalcredentials/security-document-loader';

const credential = readFileSync(process.argv[2], 'utf8');
const documentLoader = securityLoader().build();
const suite = new DataIntegrityProof({cryptosuite});

for await (const line of createInterface({input: process.stdin})) {
  const rounds = Number(line);
  const before = process.cpuUsage();
  for(let round = 0; round < rounds; round++) {
    const result = await vc.verifyCredential({
      credential: JSON.parse(credential), suite, documentLoader
    });
    if(!result.verified) {
      throw result.error;
    }
  }
  const {user, system} = process.cpuUsage(before);
  process.stdout.write(`${(user + system) / 1000 / rounds}\n`);
}
