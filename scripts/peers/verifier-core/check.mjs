// @digitalcredentials/verifier-core as its README describes it: verifyCredential with the
// registries that one trusts. Accepted: no error, and every step of the log is valid.
import {run, task} from '../offline.mjs';
import {verifyCredential} from '@digitalcredentials/verifier-core';

const knownDIDRegistries = [{name: 'Ours', type: 'dcc-legacy', url: task.registry}];

await run(async (sample, bytes) => {
  const result = await verifyCredential({
    credential: JSON.parse(bytes), knownDIDRegistries
  });
  if(result.errors) {
    return result.errors.map(error => `${error.name}: ${error.message}`).join('; ');
  }
  const failed = result.log.filter(step => step.valid !== true);
  if(failed.length > 0) {
    return failed.map(step => `${step.id}: ${step.error?.message ?? 'not valid'}`).join('; ');
  }
  const schemas = result.additionalInformation.find(entry => entry.id === 'schema_check').results;
  const broken = [].concat(schemas).filter(entry => entry.result?.valid !== true);
  return broken.length > 0 ? `schema_check: ${JSON.stringify(broken[0])}` : undefined;
});
