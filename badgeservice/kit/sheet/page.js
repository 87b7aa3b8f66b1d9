// The page of a kit: hands a file and the archive to the verifier, and shows what it answers.
// On a frozen site, the files of the site are the archive, fetched one after the other as they are wanted.
// Everything that a file says is written as text, never as markup.
(() => {
  const by = (id) => document.getElementById(id);
  const held = (id) => by(id).textContent;
  const decoded = (id) => Uint8Array.from(atob(held(id)), (letter) => letter.charCodeAt(0));
  const { badge, place } = by("archive").dataset;
  const MOST_ROUNDS = 30;
  let engine, answer, named = "";

  async function inflated(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function start() {
    const wasm = await inflated(decoded("wasm"));
    const python = await startEngine({ wasm, library: decoded("library"), sources: decoded("sources") });
    const verifier = python.pyimport("badgeservice.kit.browser");
    return (name, given, bytes, milliseconds) => JSON.parse(verifier[name](...given, python.toPy(bytes), milliseconds));
  }

  // Returns what `badgeservice.kit.browser.judge` answers about `bytes`, at an instant in milliseconds.
  async function judge(archive, bytes, milliseconds) {
    engine ??= start();
    return (await engine)("judge", [archive], bytes, milliseconds);
  }

  // Returns the file of the site at `path`, with its body in base64.
  async function fetched(path) {
    const address = new URL(`.${path}`, new URL("/", location.href));
    const response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "omit", cache: "no-cache" });
    const letters = Array.from(new Uint8Array(await response.arrayBuffer()), (byte) => String.fromCharCode(byte));
    return { status: response.status, type: response.headers.get("Content-Type") ?? "", body: btoa(letters.join("")) };
  }

  // Returns the same of a frozen site: what is wanted is fetched, until nothing is.
  async function judgeAtSite(site, bytes, milliseconds) {
    engine ??= start();
    const answers = {};
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const said = (await engine)("judge_at_site", [site, JSON.stringify(answers)], bytes, milliseconds);
      if (!said.wanted) return said;
      await Promise.all(said.wanted.map(async (path) => { answers[path] = await fetched(path); }));
    }
    throw new Error("too many files are wanted");
  }

  const made = (name, text, className = "") => Object.assign(document.createElement(name), { textContent: text, className });
  const fill = (id, nodes) => by(id).replaceChildren(...nodes);

  function show() {
    if (!answer) return;
    const words = answer.shown[document.documentElement.lang];
    by("verdict").className = `verdict ${answer.report.verdict}`;
    fill("sentence", [made("strong", `${words.sentence}.`)]);
    fill("notes", words.notes.map((note) => made("p", note)));
    by("file").textContent = named;
    fill("facts", words.facts.flatMap(([label, value]) => [made("dt", label), made("dd", value)]));
    fill("findings", words.findings.map((finding) => {
      const item = made("li", finding.text, finding.outcome);
      item.append(made("small", [finding.at, finding.code, finding.detail].filter(Boolean).join(" · ")));
      return item;
    }));
    fill("endorsements", words.endorsements.map((sentence) => made("li", sentence)));
    for (const own of document.querySelectorAll(".own")) own.hidden = named !== "" || answer.report.verdict === "red";
    by("failed").hidden = true;
    by("sentence").hidden = by("result").hidden = false;
  }

  async function verify(bytes, name) {
    by("verdict").setAttribute("aria-busy", "true");
    by("chosen").disabled = true;
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
    try {
      const ask = place === "site" ? judgeAtSite : judge;
      [answer, named] = [await ask(held("archive"), bytes, Date.now()), name];
      show();
    } catch (problem) {
      answer = undefined;
      by("verdict").className = "verdict grey";
      by("sentence").hidden = by("result").hidden = true;
      fill("notes", []);
      by("failed").hidden = false;
      console.error(problem);
    }
    by("chosen").disabled = false;
    by("verdict").setAttribute("aria-busy", "false");
  }

  const taken = async (files) => {
    if (files.length) await verify(new Uint8Array(await files[0].arrayBuffer()), files[0].name);
  };

  function speak(language) {
    document.documentElement.lang = language;
    show();
  }

  by("language").addEventListener("click", () => speak(document.documentElement.lang === "fr" ? "en" : "fr"));
  by("chosen").addEventListener("change", (event) => taken(event.target.files));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    taken(event.dataTransfer.files);
  });
  speak(navigator.languages.some((language) => /^fr\b/i.test(language)) ? "fr" : "en");

  // On a site: a code leads to its page; a link, or what stands behind `#badge=`, is verified here.
  async function look(typed) {
    const code = typed.trim().toUpperCase().replace(/[-\s]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
    if (/^[0-9A-HJKMNP-TV-Z]{8}$/.test(code)) return location.assign(`/c/${code}/`);
    const { address } = JSON.parse(held("archive"));
    const link = typed.trim().replace(/[?#].*$/, "").replace(/\/(index|en)\.html$|\/$/, "");
    const own = link.replace(/^[1-9A-HJ-NP-Za-km-z]{16,22}$/, `${address}/b/$&`).replace(location.origin, address);
    await verify(new TextEncoder().encode(own), own);
  }

  if (place === "site") {
    by("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      look(by("link").value);
    });
    const named = () => new URLSearchParams(location.hash.slice(1)).get("badge");
    const open = () => { if (named()) look(named()); };
    addEventListener("hashchange", open);
    open();
  }
  if (badge) verify(new TextEncoder().encode(badge), "");
  by("chosen").disabled = badge !== "";
  globalThis.verifier = { judge, judgeAtSite };
})();
