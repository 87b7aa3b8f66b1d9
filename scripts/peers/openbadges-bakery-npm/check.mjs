// openbadges-bakery of Mozilla, the first of its kind: what does it take out of an image?
// It verifies nothing. Accepted means that it finds the badge of Open Badges 2.0 that is in the image.
import {run} from '../offline.mjs';
import bakery from 'openbadges-bakery';

await run((sample, bytes) => new Promise((resolve, reject) => {
  bakery.extract(bytes, (error, found) => {
    if(error) {
      reject(error);
      return;
    }
    resolve(String(found) === sample.carried ? undefined : `took out ${String(found).slice(0, 60)}`);
  });
}));
