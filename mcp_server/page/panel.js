"use strict";

/** What the verifier's checks say, where they pass and where not. */
const CHECKS = {
  present: ["is there", "not recognised"],
  style: ["in its style", "style not recognised"],
  color: ["in its colour", "colour not recognised"],
  position: ["in its place", "not in its place"],
  leak: ["only in its box", "shows up elsewhere too"],
  gone: ["gone", "still to be seen"],
  scene: ["as the whole sentence says", "not as the whole sentence says"],
};

/** The list of regions and the form of the one that is chosen. What is changed is a draft until it is drawn. */
class Panel {
  #form = document.getElementById("form");
  #fields = Object.fromEntries(
    ["prompt", "style", "seed", "strength"].map((name) => [name, document.getElementById(name)]),
  );
  #heard;
  #region = null;

  /** `heard`: selected(id), changed(id, fields), redraw(), discard(). */
  constructor(heard) {
    this.#heard = heard;
    this.#form.addEventListener("input", () => this.#changed());
    // No form is submitted: the sandbox of a host does not allow that.
    document.getElementById("redraw").addEventListener("click", () => heard.redraw());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
      event.preventDefault();
      heard.redraw();
    });
    document.getElementById("discard").addEventListener("click", () => heard.discard());
  }

  /** `regions`: [{id, failed}]; `drafts`: what is changed, by region. */
  list(regions, drafts, selected) {
    const room = document.getElementById("regions");
    const had = room.contains(document.activeElement) && document.activeElement.dataset.region;
    room.replaceChildren(...regions.map((region) => this.#chip(region, drafts.has(region.id), region.id === selected)));
    if (had) room.querySelector(`[data-region="${CSS.escape(had)}"]`)?.focus();
  }

  /** The form of one region and what was found there; null empties it, and what was found is about the whole picture.
   *  A field that a person is typing in is left alone. */
  show(region, draft, findings) {
    document.getElementById(region ? "checks" : "whole").replaceChildren(...findings.map(checkOf));
    document.getElementById("whole").hidden = region !== null || !findings.length;
    this.#form.hidden = region === null;
    const another = region?.id !== this.#region?.id;
    this.#region = region;
    if (region === null) return;
    this.#set("prompt", draft.prompt ?? region.prompt, another);
    this.#set("style", draft.expert ?? styleOf(region), another);
    this.#set("seed", draft.seed ?? "", another);
    this.#set("strength", String(draft.strength ?? region.strength), another);
    document.getElementById("strengthvalue").textContent = (draft.strength ?? region.strength).toFixed(2);
  }

  /** What the style menu offers. */
  styles(looks, experts) {
    const like = new Option("Like the whole picture", "");
    const groups = [["Looks of the model", looks.map((look) => [look, look])], ["Experts", experts]];
    const shown = groups.filter(([, options]) => options.length).map(([title, options]) => {
      const group = document.createElement("optgroup");
      group.label = title;
      group.append(...options.map(([value, words]) => new Option(words, value)));
      return group;
    });
    this.#fields.style.replaceChildren(like, ...shown);
  }

  /** What the buttons say and allow. */
  allow(count, changed, busy) {
    const redraw = document.getElementById("redraw");
    redraw.textContent = count > 1 ? `Redraw ${count} regions` : `Redraw ${this.#region?.id ?? ""}`;
    redraw.disabled = busy;
    document.getElementById("discard").disabled = busy || !changed;
    for (const field of Object.values(this.#fields)) field.disabled = busy;
  }

  focus() {
    this.#fields.prompt.focus();
    this.#fields.prompt.select();
  }

  valid() {
    const broken = Object.values(this.#fields).find((field) => !field.checkValidity());
    if (broken?.closest("details")) broken.closest("details").open = true;
    broken?.reportValidity();
    return !broken;
  }

  #set(name, value, another) {
    const field = this.#fields[name];
    if (document.activeElement === field && !another) return;
    if (name === "style" && ![...field.options].some((option) => option.value === value)) {
      field.append(new Option(value, value));
    }
    field.value = value;
  }

  #changed() {
    const { prompt, style, seed, strength } = this.#fields;
    const [said, region] = [prompt.value.trim(), this.#region];
    const draft = {
      prompt: said === region.prompt ? undefined : said,
      expert: style.value === styleOf(region) ? undefined : style.value,
      seed: seed.value.trim() === "" ? undefined : seed.value.trim(),
      strength: strength.value === fitted(strength, region.strength) ? undefined : Number(strength.value),
    };
    this.#heard.changed(region.id, draft);
  }

  #chip(region, changed, selected) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.dataset.region = region.id;
    chip.textContent = region.id;
    chip.classList.toggle("failed", region.failed);
    chip.classList.toggle("changed", changed);
    chip.setAttribute("aria-pressed", String(selected));
    const notes = [region.failed && "a check failed", changed && "changed"].filter(Boolean);
    if (notes.length) chip.setAttribute("aria-label", `${region.id}: ${notes.join(", ")}`);
    chip.addEventListener("click", () => this.#heard.selected(region.id));
    return chip;
  }
}

/** How the menu names a region's style. */
function styleOf(region) {
  return region.expert ?? region.style ?? "";
}

/** What a field makes of a value: a slider has steps, and knows nothing between them. */
function fitted(field, value) {
  const other = field.cloneNode();
  other.value = String(value);
  return other.value;
}

function checkOf(finding) {
  const line = document.createElement("li");
  line.className = finding.passed ? "passed" : "failed";
  const mark = document.createElement("span");
  mark.textContent = finding.passed ? "✓" : "✗";
  mark.setAttribute("aria-hidden", "true");
  const words = document.createElement("span");
  const said = CHECKS[finding.check] ?? [finding.check, `${finding.check} not confirmed`];
  words.textContent = `${finding.was ? `${finding.was} ` : ""}${said[finding.passed ? 0 : 1]}`;
  if (!finding.passed && finding.evidence) words.textContent += `: ${finding.evidence}`;
  line.append(mark, words);
  return line;
}
