// Loaded before a node peer (node --import): the world is the task's documents, and nothing else.
//
// `fetch` answers from the files that the task names, 404 for the rest, and any socket that would
// leave the process is an error. No function of the peer is touched.
import {readFileSync} from 'node:fs';
import net from 'node:net';

export const task = JSON.parse(readFileSync(process.env.PEER_TASK, 'utf8'));

net.Socket.prototype.connect = function connect() {
  throw new Error('a peer tried to use the network');
};

globalThis.fetch = async function fetch(resource) {
  const address = String(resource instanceof Request ? resource.url : resource).split('#')[0];
  const found = task.documents[address];
  if(!found) {
    return new Response('{}', {status: 404, headers: {'content-type': 'application/json'}});
  }
  return new Response(readFileSync(found.path), {
    status: found.status, headers: {'content-type': found.type}
  });
};

// Run `judge` on every sample of the task and print one verdict a line. `judge` returns why the
// sample is refused, or nothing when it is accepted.
export async function run(judge) {
  for(const sample of task.samples) {
    let reason;
    try {
      reason = await judge(sample, readFileSync(sample.path));
    } catch(error) {
      reason = `${error.name}: ${error.message}`;
    }
    process.stdout.write(JSON.stringify({
      sample: sample.name, format: sample.format,
      accepted: reason === undefined, reason: reason ?? ''
    }) + '\n');
  }
}
