// What lets the verifier's own Python run in a page, without a server: `startEngine` in the page.
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256, p384 } from "@noble/curves/nist.js";
import { hexToBytes } from "@noble/curves/utils.js";
import { loadPyodide } from "pyodide";
import createPyodideModule from "pyodide/pyodide.asm.mjs";
import { give } from "./given.mjs";

const NIST = { "P-256": p256, "P-384": p384 };

// Python's `import curves`. Everything is hex; whatever is odd is not a point, or not a signature.
const curves = {
  point(curve, encoded) {
    try {
      return NIST[curve].Point.fromHex(encoded).toHex(false);
    } catch {
      return "";
    }
  },
  verify(curve, signature, message, key) {
    const parts = [signature, message, key].map(hexToBytes);
    try {
      return curve === "Ed25519"
        ? ed25519.verify(...parts, { zip215: false })
        : NIST[curve].verify(...parts, { format: "der", lowS: false });
    } catch {
      return false;
    }
  },
};

// `wasm` and `library` are the interpreter and its standard library, `sources` a zip of Python.
globalThis.startEngine = async ({ wasm, library, sources }) => {
  give({ "pyodide.asm.wasm": [wasm, "application/wasm"], "python_stdlib.zip": [library, "application/zip"] });
  const python = await loadPyodide({
    createPyodideModule,
    indexURL: "https://engine.invalid/",
    lockFileContents: JSON.stringify({ info: LOCK_INFO, packages: {} }),
    stdout: () => {},
  });
  python.registerJsModule("curves", curves);
  python.unpackArchive(sources, "zip", { extractDir: "/verifier" });
  python.runPython("import sys; sys.path.insert(0, '/verifier')");
  return python;
};
