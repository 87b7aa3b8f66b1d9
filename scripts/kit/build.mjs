// Builds badgeservice/kit/vendor from what package-lock.json pins. Run by scripts/kit/build.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const modules = new URL("node_modules/", import.meta.url).pathname;
const vendor = process.argv[2];
const lock = JSON.parse(readFileSync(`${modules}pyodide/pyodide-lock.json`, "utf8"));

await build({
  entryPoints: [new URL("engine.mjs", import.meta.url).pathname],
  inject: [new URL("given.mjs", import.meta.url).pathname],
  define: { LOCK_INFO: JSON.stringify(lock.info), "import.meta.url": '""' },
  bundle: true,
  format: "iife",
  minify: true,
  charset: "ascii",
  legalComments: "inline",
  // Other programs than browsers would load these.
  external: ["node:*", "ws"],
  outfile: `${vendor}/engine.js`,
});
writeFileSync(`${vendor}/pyodide.asm.wasm.gz`, gzipSync(readFileSync(`${modules}pyodide/pyodide.asm.wasm`), { level: 9 }));
copyFileSync(`${modules}pyodide/python_stdlib.zip`, `${vendor}/python_stdlib.zip`);
copyFileSync(`${modules}@noble/curves/LICENSE`, `${vendor}/noble-curves.LICENSE`);
for (const file of [`${vendor}/engine.js`, `${modules}pyodide/pyodide.asm.wasm`, `${vendor}/python_stdlib.zip`]) {
  console.log(createHash("sha256").update(readFileSync(file)).digest("hex"), file.split("/").pop());
}
