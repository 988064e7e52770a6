"use strict";

const LOOK = 1; // seconds between two looks at a picture that is being drawn
const THUMB = 96; // pixels
const BADGES = { accepted: "Accepted", best_effort: "Best effort" };
const at = (id) => document.getElementById(id);

/** Everything that the page knows. `drawing` is what the server says of the version that is looked at, `drafts` are
 *  changes of the current one, `part` is whether the tool that opened the page was asked for less than a whole one. */
const state = {
  drawing: null, head: null, branches: {}, branch: null, versions: [], unfinished: null, selected: null,
  drafts: new Map(), busy: false, part: false,
};
const thumbs = new Map(); // data URLs by picture
let stopped = false; // whoever waits for the picture need not
let turn = null; // whose wish is carried out

const host = new Host({
  "ui/notifications/tool-input": ({ arguments: given }) => begun(given ?? {}),
  "ui/notifications/tool-result": (result) => guarded(() => answered(result, !state.part)),
  "ui/notifications/tool-cancelled": () => finished("The drawing was stopped."),
  "ui/notifications/host-context-changed": dressed,
});
const boxes = new Boxes(at("boxes"), {
  selected: select,
  changed: (id, box) => draft(id, { box }),
  reset: discard,
  wanted: () => panel.focus(),
});
const panel = new Panel({
  selected: (id) => { select(id); boxes.focus(id); },
  changed: draft,
  redraw: () => alone(redraw),
  discard: () => discard(state.selected),
});

/** Runs what a button asks for; what goes wrong is told below the picture. */
async function guarded(work) {
  try {
    await work();
  } catch (error) {
    finished(error.message, true);
  }
}

/** As `guarded`, one at a time: what is pressed while another button's wish is carried out, or twice, is not a wish. */
async function alone(work) {
  if (turn) return;
  const mine = (turn = {});
  await guarded(work);
  if (turn === mine) turn = null;
}

/** The tool that opened this page is at work. */
function begun(given) {
  state.part = Boolean(given.region || given.max_side);
  if (given.session) return;
  at("title").textContent = given.prompt ?? given.plan?.prompt ?? "Picture";
  working({ doing: "drawing" });
}

/** An answer of any tool that draws or shows. `whole`: its image is all of the picture. */
async function answered(result, whole = true) {
  const found = result.structuredContent ?? {};
  if (result.isError) throw new Error(wordsOf(result));
  if (found.question) return finished(found.question.text);
  if (found.pending) return watched(found);
  if (!found.drawing) return finished("");
  await shown(found.drawing, whole ? imageOf(result) : undefined);
  finished(found.proof ? changedWords(found.proof) : "");
}

/** Looks at a picture in the making until it is there. */
async function watched({ session, pending }) {
  let preview = null;
  stopped = false;
  while (pending && !stopped) {
    working(pending, session);
    if (pending.preview) {
      preview = await host.picture(pending.preview).catch(() => preview); // finished meanwhile
      if (stopped) return; // to wait now would take up again what was stopped
      if (preview) image(preview);
    }
    const result = await host.call("wait", { session, patience: LOOK }).catch((error) => {
      if (!stopped) throw error; // a stop ends the wait with an error for assistants; `stop` tells the person
    });
    if (stopped) return;
    if (!result.structuredContent?.pending) return answered(result);
    ({ pending } = result.structuredContent);
  }
}

async function shown(drawing, url) {
  const another = state.drawing?.session !== drawing.session;
  state.drawing = drawing;
  if (another) state.drafts.clear();
  if (!drawing.plan.regions.some((region) => region.id === state.selected)) state.selected = null;
  image(url ?? (await host.picture(drawing.picture)));
  at("picture").alt = drawing.plan.global_prompt;
  at("title").textContent = drawing.plan.prompt;
  at("badge").textContent = BADGES[drawing.status];
  at("badge").className = `badge ${drawing.status}`;
  at("badge").hidden = false;
  if (another) await offered(drawing.family);
  await past();
  render();
}

/** The styles of the picture's family. */
async function offered(family) {
  const { structuredContent: found } = await host.call("list_experts", {});
  const looks = found.families.find((line) => line.id === family)?.looks ?? [];
  const experts = found.experts.filter((line) => line.family === family).map((line) => [line.id, line.title]);
  panel.styles(looks, experts);
}

/** The versions, with a small picture of each. */
async function past() {
  const { session } = state.drawing;
  const { structuredContent: found } = await host.call("history", { action: "list", session });
  state.versions = found.versions;
  state.branches = found.branches;
  state.branch = found.branch;
  state.unfinished = found.unfinished;
  const head = found.versions.find((line) => line.shown)?.version ?? null;
  if (head !== state.head) state.drafts.clear();
  state.head = head;
  strip();
  for (const { version, picture } of state.versions) {
    if (!thumbs.has(picture)) {
      thumbs.set(picture, imageOf(await host.call("get_picture", { session, version, max_side: THUMB })));
      strip();
    }
  }
}

function image(url) {
  at("picture").src = url;
  at("picture").hidden = false;
  at("empty").hidden = true;
}

function strip() {
  const lines = state.versions.map((line) => {
    const button = document.createElement("button");
    button.type = "button";
    button.title = line.said;
    button.dataset.version = line.version;
    button.setAttribute("aria-label", `Version ${line.version}: ${line.said}`);
    if (line.version === state.drawing.version) button.setAttribute("aria-current", "true");
    button.disabled = state.busy;
    const picture = document.createElement("img");
    picture.alt = "";
    if (thumbs.get(line.picture)) picture.src = thumbs.get(line.picture);
    const number = document.createElement("span");
    number.textContent = line.version;
    button.append(picture, number);
    button.addEventListener("click", () => alone(() => visit(line.version)));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  const had = at("versions").contains(document.activeElement) && document.activeElement.dataset.version;
  at("versions").replaceChildren(...lines);
  if (had) at("versions").querySelector(`[data-version="${had}"]`)?.focus();
}

/** What is on the screen follows from `state`. */
function render() {
  const { drawing, selected, busy } = state;
  const failed = new Set(drawing ? drawing.verdict.findings.filter((f) => !f.passed).map((f) => f.region) : []);
  const regions = (drawing?.plan.regions ?? []).map((region) => ({ ...region, failed: failed.has(region.id) }));
  const older = drawing !== null && state.head !== null && drawing.version !== state.head;
  const drafts = older ? new Map() : state.drafts;
  const deep = [...regions].sort((a, b) => a.z - b.z || b.box.width * b.box.height - a.box.width * a.box.height);
  boxes.show(deep.map((r) => ({ ...r, box: drafts.get(r.id)?.box ?? r.box })), selected, busy || older);
  panel.list(regions, drafts, selected);
  const region = older ? null : regions.find((r) => r.id === selected) ?? null;
  const findings = (drawing?.verdict.findings ?? []).filter((f) => f.region === (region?.id ?? null));
  panel.show(region, drafts.get(selected) ?? {}, findings);
  panel.allow(wanted().length, drafts.has(selected), busy);
  at("choose").hidden = region !== null || older || !regions.length;
  at("open").hidden = state.unfinished === null || busy;
  at("openwords").textContent = `Not finished: ${state.unfinished}`;
  at("older").hidden = !older || busy;
  at("olderwords").textContent = older ? `Version ${drawing.version}; version ${state.head} is the current one.` : "";
  const line = state.versions.find((v) => v.version === state.head);
  at("undo").disabled = busy || older || !line?.parent;
  // Redo keeps to the line that is shown, and the head stands on it: there is more of it unless the head is its end.
  at("redo").disabled = busy || older || !line || state.branches[state.branch] === line.version;
  strip();
}

function select(id) {
  if (state.selected === id) return;
  state.selected = id;
  render();
}

/** Keeps what is different about a region; nothing different is no draft. */
function draft(id, fields) {
  const kept = Object.entries({ ...state.drafts.get(id), ...fields }).filter(([, value]) => value !== undefined);
  if (kept.length) state.drafts.set(id, Object.fromEntries(kept));
  else state.drafts.delete(id);
  render();
}

function discard(id) {
  state.drafts.delete(id);
  if (document.activeElement?.form) document.activeElement.blur(); // so that its field shows what it was
  render();
}

/** The regions that the button draws again: those that were changed, and the chosen one. */
function wanted() {
  return [...new Set([...state.drafts.keys(), ...(state.selected ? [state.selected] : [])])];
}

async function redraw() {
  if (!panel.valid()) return;
  const { session, version: before } = state.drawing;
  const regions = wanted().map((region) => {
    const { seed, ...rest } = state.drafts.get(region) ?? {};
    return { region, ...rest, ...(seed === undefined ? {} : { seed: Number(seed) }) };
  });
  working({ doing: `drawing the ${wanted().join(", ")} again` });
  await answered(await host.call("draw_region", { session, regions, patience: 0 }));
  const { version } = state.drawing;
  if (version === before) return; // stopped: nothing was drawn that could be told of
  host.tell(`In the page, the person drew ${regions.map((r) => r.region).join(", ")} again: version ${version} is shown.`);
}

async function step(action) {
  await answered(await host.call("history", { action, session: state.drawing.session }));
  host.tell(`In the page, the person chose ${action}: version ${state.drawing.version} is shown.`);
}

/** Drops the change that is not finished, if it still is not: an undo of a finished one would step back a version. */
async function drop() {
  working({ doing: "dropping the change" });
  if (await dropped()) return host.tell("In the page, the person dropped the change that was not finished.");
  await visit(state.head);
  said("The change was finished meanwhile.");
}

async function dropped() {
  const { session } = state.drawing;
  await past();
  if (state.unfinished === null) return false;
  await answered(await host.call("history", { action: "undo", session }));
  return true;
}

async function visit(version) {
  await answered(await host.call("get_picture", { session: state.drawing.session, version }));
}

/** Makes the version that is looked at the current one: the end of its line, or the start of a line of its own. */
async function goOn() {
  const { session, version } = state.drawing;
  const line = Object.keys(state.branches).find((name) => state.branches[name] === version);
  const fresh = (number) => (number ? `from-${version}-${number}` : `from-${version}`);
  let number = 0;
  while (fresh(number) in state.branches) number += 1;
  const where = line ? { name: line } : { name: fresh(number), version };
  await answered(await host.call("history", { action: "branch", session, ...where }));
  host.tell(`In the page, the person went back to version ${version}; changes go on from there.`);
}

/** Stops the drawing; a change that is not finished is dropped, a first picture can be taken up again. */
async function stop() {
  at("stop").disabled = true; // a second stop would undo once more: a version that is finished
  stopped = true;
  turn = null; // whoever waited for the drawing is done
  const { session } = at("stop").dataset;
  const result = await host.call("cancel", { session });
  if (result.structuredContent.drawing) return answered(result);
  if (!state.drawing) return finished("Stopped. Ask the assistant to go on with it.");
  if (!(await dropped())) return visit(state.head);
  said("Stopped: the picture is as it was.");
}

function working(pending, session) {
  state.busy = true;
  at("doing").textContent = pending.of ? `${pending.doing}, step ${pending.step} of ${pending.of}` : pending.doing;
  if (pending.of) at("bar").value = pending.step / pending.of;
  else at("bar").removeAttribute("value");
  at("stop").hidden = !session;
  at("stop").disabled = false;
  at("stop").dataset.session = session ?? "";
  at("progress").hidden = false;
  said("");
  render();
}

function finished(words, wrong = false) {
  state.busy = false;
  at("progress").hidden = true;
  said(words, wrong);
  render();
}

function said(words, wrong = false) {
  at("said").textContent = words;
  at("said").className = wrong ? "wrong" : "";
}

function changedWords({ regions, changed, outside_equal: same }) {
  const share = `${(changed * 100).toFixed(1)}% of the pixels differ`;
  return `${regions.join(", ") || "Nothing"} changed: ${share}${same ? "; every byte outside the boxes is equal" : ""}.`;
}

/** Takes the host's colours, fonts and theme over. */
function dressed({ theme, styles }) {
  const root = document.documentElement;
  if (theme) root.style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith("--") && value) root.style.setProperty(name, value);
  }
}

at("resume").addEventListener("click", () =>
  alone(async () => answered(await host.call("wait", { session: state.drawing.session, patience: 0 }))));
at("drop").addEventListener("click", () => alone(drop));
at("undo").addEventListener("click", () => alone(() => step("undo")));
at("redo").addEventListener("click", () => alone(() => step("redo")));
at("goon").addEventListener("click", () => alone(goOn));
at("newest").addEventListener("click", () => alone(() => visit(state.head)));
at("stop").addEventListener("click", () => guarded(stop));
at("outlines").addEventListener("click", () => {
  const on = at("outlines").getAttribute("aria-pressed") !== "true";
  at("outlines").setAttribute("aria-pressed", String(on));
  at("canvas").classList.toggle("bare", !on);
});
new ResizeObserver(() => {
  const { scrollWidth, offsetHeight } = document.documentElement;
  host.sized(scrollWidth, offsetHeight);
}).observe(document.documentElement);
guarded(async () => dressed((await host.connect()).hostContext ?? {}));
