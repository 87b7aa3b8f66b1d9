// The page of a kit: hands a file and the archive to the verifier, and shows what it answers.
// Everything that a file says is written as text, never as markup.
(() => {
  const by = (id) => document.getElementById(id);
  const held = (id) => by(id).textContent;
  const decoded = (id) => Uint8Array.from(atob(held(id)), (letter) => letter.charCodeAt(0));
  let engine, answer, named = "";

  async function inflated(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  async function start() {
    const wasm = await inflated(decoded("wasm"));
    const python = await startEngine({ wasm, library: decoded("library"), sources: decoded("sources") });
    const verifier = python.pyimport("badgeservice.kit.browser");
    return (archive, bytes, milliseconds) => verifier.judge(archive, python.toPy(bytes), milliseconds);
  }

  // Returns what `badgeservice.kit.browser.judge` answers about `bytes`, at an instant in milliseconds.
  async function judge(archive, bytes, milliseconds) {
    engine ??= start();
    return JSON.parse((await engine)(archive, bytes, milliseconds));
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
      [answer, named] = [await judge(held("archive"), bytes, Date.now()), name];
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
  const { badge } = by("archive").dataset;
  if (badge) verify(new TextEncoder().encode(badge), "");
  by("chosen").disabled = badge !== "";
  globalThis.verifier = { judge };
})();
