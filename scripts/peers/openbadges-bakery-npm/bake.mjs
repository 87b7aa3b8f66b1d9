// Bake into a drawing with openbadges-bakery: bake.mjs IMAGE TEXT_FILE OUTPUT.
// It cannot bake into a PNG under today's node: a library below it takes `Uint8Array` apart.
import {readFileSync, writeFileSync} from 'node:fs';
import bakery from 'openbadges-bakery';

const [image, textFile, output] = process.argv.slice(2);
const text = readFileSync(textFile, 'utf8');
const badge = text.startsWith('{') ?
  {assertion: JSON.parse(text), url: JSON.parse(text).id} : {signature: text};

bakery.bake({image: readFileSync(image), ...badge}, (error, baked) => {
  if(error) {
    throw error;
  }
  writeFileSync(output, baked);
});
