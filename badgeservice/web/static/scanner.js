// The verifier's form, for whoever has a camera or a printed report. Without this file the form
// works as well. Pictures stay in the page: only the text of the code is sent, as if typed.

const MILLISECONDS_BETWEEN_LOOKS = 150;
const LONGEST_SIDE = 960; // pixels that are looked at: a code that fills the view is sharp in them
const HINT_AFTER_LOOKS = 80;

const place = document.querySelector("[data-scanner]");
const field = document.getElementById("badge");
const file = document.getElementById("file");
const start = place.querySelector("[data-start]");
const stop = place.querySelector("[data-stop]");
const view = place.querySelector("[data-view]");
const video = place.querySelector("video");
const status = place.querySelector("[role=status]");

// What to say when the browser gives no camera, by the name of its refusal (W3C Media Capture, 10.2).
const REFUSALS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "taken",
  AbortError: "taken",
};

let stream = null;

function say(word) {
  status.textContent = word ? place.dataset[word] : "";
}

function end() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  view.hidden = true;
  start.hidden = false;
}

async function begin() {
  say("starting");
  try {
    const [{ decodeQR }, given] = await Promise.all([
      import("./vendor/qr/decode.js"),
      navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 } },
      }),
    ]);
    stream = given;
    video.srcObject = given;
    start.hidden = true;
    view.hidden = false;
    stop.focus();
    await video.play();
    say("looking");
    look(given, decodeQR, 0);
  } catch (problem) {
    end();
    say(REFUSALS[problem.name] ?? "unsupported");
    field.focus();
  }
}

function look(looked, decode, looks) {
  if (looked !== stream) {
    return; // stopped meanwhile
  }
  const text = read(decode);
  if (text) {
    end();
    say("found");
    file.value = "";
    field.value = text;
    field.form.requestSubmit();
    return;
  }
  if (looks === HINT_AFTER_LOOKS) {
    say("hint");
  }
  setTimeout(look, MILLISECONDS_BETWEEN_LOOKS, looked, decode, looks + 1);
}

function read(decode) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  if (!canvas.width || !canvas.height) {
    return ""; // no picture yet
  }
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  try {
    return decode(context.getImageData(0, 0, canvas.width, canvas.height)).trim();
  } catch {
    return ""; // no code in this picture
  }
}

// A printed report carries its link behind `#`, which no server sees. It is only put into the field:
// whoever scanned it reads it, and decides.
function takeLink() {
  const found = /^#badge=(.+)$/.exec(location.hash);
  if (!found) {
    return;
  }
  history.replaceState(null, "", location.pathname + location.search);
  try {
    field.value = decodeURIComponent(found[1]);
    say("link");
  } catch {
    // not something that we printed
  }
}

if (navigator.mediaDevices?.getUserMedia) {
  start.hidden = false;
  start.addEventListener("click", begin);
  stop.addEventListener("click", () => {
    end();
    say("");
    start.focus();
  });
  addEventListener("pagehide", end);
}
takeLink();
addEventListener("hashchange", takeLink);
