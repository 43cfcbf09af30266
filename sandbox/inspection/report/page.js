"use strict";
// Brings the grids and the interactions of a report to life. What models wrote becomes text of the page and nothing
// else: only text nodes and attributes of fixed names are made. The letters of an interaction are those of
// records.py; what a revision changed is found by diff.js.

const PAGE = 50;
const JUDGED = ["alignment of the draft", "engagement of the draft", "alignment of the revision", "engagement of the revision"];

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const control = (section, name) => section.querySelector(`[name="${name}"]`);
const three = (number) => String(number).padStart(3, "0");

function make(tag, className, ...parts) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...parts);
  return element;
}

// Texts of models: ordinary right-to-left writing reads from its own side, line breaks stay.
function said(...parts) {
  const element = make("p", "said", ...parts);
  element.dir = "auto";
  return element;
}

// The grid

const signed = (value) => (value > 0 ? "+" : "") + (Number.isInteger(value) ? value : value.toFixed(1));
const figure = (value, change) => (value === null ? "·" : change ? signed(value) : String(Number(value.toFixed(1))));
const heat = (value, change) => (value === null ? "none" : change ? Math.round(value) + 6 : Math.round(2 * (value - 1)));

function place(map, row, column) {
  if (map.block === 1) {
    const agent = row * map.side + column;
    const label = map.labels[agent];
    return `agent ${agent}, row ${row}, column ${column}${label ? `, ${label}` : ""}`;
  }
  const span = (start) => `${start * map.block} to ${Math.min(map.side, (start + 1) * map.block) - 1}`;
  return `agents in rows ${span(row)}, columns ${span(column)}`;
}

function buildCells(table, map) {
  return map.cells[0].map((row, atRow) => {
    const line = table.insertRow();
    return row.map((_, atColumn) => Object.assign(line.insertCell(), { where: place(map, atRow, atColumn) }));
  });
}

function showCell(cell, value, change) {
  const what = value === null ? "no rating" : change ? `changed by ${figure(value, true)} ${change}` : `alignment ${+value.toFixed(2)}`;
  cell.textContent = figure(value, change);
  cell.className = `heat-${heat(value, change)}`;
  cell.title = `${cell.where}: ${what}`;
  cell.setAttribute("aria-label", cell.title);
}

// The round a slider stands at, which is said beside it; its place among the rounds.
function showRound(slider, map) {
  const at = Number(slider.value);
  slider.closest("label").nextElementSibling.textContent = map.rounds[at];
  slider.setAttribute("aria-valuetext", `round ${map.rounds[at]}`);
  return at;
}

function startGrid(section, map) {
  const [round, base, change] = ["round", "base", "change"].map((name) => control(section, name));
  const cells = buildCells(section.querySelector("table"), map);
  round.max = base.max = map.rounds.length - 1;
  [round.value, base.value] = [map.shown, 0];
  const show = () => {
    const [now, then] = [round, base].map((slider) => showRound(slider, map));
    const span = change.checked ? `from round ${map.rounds[then]} to ${map.rounds[now]}` : "";
    const value = (row, column) => less(map.cells[now][row][column], span ? map.cells[then][row][column] : 0);
    base.disabled = !span;
    cells.forEach((line, row) => line.forEach((cell, column) => showCell(cell, value(row, column), span)));
  };
  const each = map.block === 1 ? "an agent" : `the mean of ${map.block} x ${map.block} agents`;
  const rounds = map.rounds.length < map.all ? ` ${map.rounds.length} of ${map.all} rounds, evenly spaced.` : "";
  section.querySelector(".legend").textContent =
    `A cell is ${each}, row by row from the top left: alignment of its revision from 1 (orange) to 7 (blue), or its change from -6 (orange) to +6 (blue).${rounds}`;
  for (const each of [round, base, change]) each.addEventListener("input", show);
  show();
  section.hidden = false;
}

// One interaction

const rating = (judgement) => judgement?.r ?? null;
const less = (one, other) => (one === null || other === null ? null : one - other);
const rated = (judgement) => (rating(judgement) !== null ? `${judgement.r} of 7` : judgement?.x ? `missing (${judgement.x})` : "not obtained");
const beside = (item) => [item.l, item.g].filter(Boolean).join(", ");
const by = (item) => `agent ${item.a}${beside(item) ? ` (${beside(item)})` : ""}`;
const letter = (place) => (place < 26 ? String.fromCharCode(65 + place) : String(place));

function disagreement(item) {
  const known = item.f.map(rating).filter((each) => each !== null);
  return known.length > 1 ? Math.max(...known) - Math.min(...known) : null;
}

function digest(item) {
  const [draft, lively, revision, livelier] = item.s.map(rating);
  return {
    item,
    id: `r${three(item.r)}-a${three(item.a)}`,
    round: item.r,
    agent: item.a,
    gain: less(revision, draft),
    engagementGain: less(livelier, lively),
    alignment: revision,
    engagement: livelier,
    disagreement: disagreement(item),
    missing: [...item.f, ...(item.b ?? []), ...item.s].filter((each) => each?.x).length,
    similarity: item.k ? item.k[2] : null,
  };
}

function* texts(item) {
  yield* [item.q, item.d, item.v, ...(item.o ?? []), ...recalled(item.k, item)];
  for (const each of [...item.f, ...(item.b ?? []), ...item.s]) yield* [each?.t, each?.w, ...recalled(each?.k, item)];
}

const recalled = (recall, item) => (recall ? [recall[0] || item.q, recall[1]] : []);
const remembered = (recall) => `${recall[3] < 0 ? "from before the first round" : `from round ${recall[3]}`}, similarity ${recall[2]}`;

function part(title, ...content) {
  return make("section", "part", make("h4", "", title), ...content);
}

function judgementPart(title, judgement) {
  const whole = part(`${title}: ${rated(judgement)}`, said(judgement?.t ?? "(not obtained)"));
  if (judgement?.w !== undefined) whole.append(make("p", "note", "The reply as it came:"), said(judgement.w));
  return whole;
}

function feedbackPart(feedback, item) {
  const speaks = feedback.m ? `, through ${feedback.m}` : "";
  const whole = judgementPart(`Feedback of ${by(feedback)}${speaks}`, feedback);
  if (feedback.k) {
    const recall = make("div", "recall", make("p", "note", `It remembered ${remembered(feedback.k)}:`));
    recall.append(...recalled(feedback.k, item).map((text) => said(text)));
    whole.append(recall);
  }
  return whole;
}

// The options of its question: which is the key, and what draft and revision chose.
function options(item) {
  const [draft, revision] = item.h ?? [];
  const marks = (place) => [["key", item.y], ["draft", draft], ["revision", revision]].filter(([, at]) => at === place).map(([name]) => name);
  const line = (option, place) => `${letter(place)}  ${option}${marks(place).length ? `  (${marks(place).join(", ")})` : ""}`;
  return said(item.o.map(line).join("\n"));
}

function* story(item) {
  const cut = (text) => (item.c?.includes(text) ? ", cut off" : "");
  yield make("p", "note", `Agent ${item.a}${beside(item) ? `, ${beside(item)}` : ""}, round ${item.r}, speaks through `, make("bdi", "", item.m), ".");
  if (item.x) yield make("p", "warning", `Failed at ${item.x[0]}${item.x[1] === null ? "" : ` by agent ${item.x[1]}`}: ${item.x[2]}`);
  if (item.p !== undefined) yield make("p", "warning", `A persuader: it was to convince others of ${letter(item.p)}, which is wrong.`);
  yield part("Question", said(item.q));
  if (item.o) yield part("Options", options(item));
  else if (item.y !== undefined) yield part("Key", said(item.y));
  if (item.k) yield part(`Remembered ${remembered(item.k)}`, ...recalled(item.k, item).map((text) => said(text)));
  else yield part("Remembered", make("p", "note", "nothing similar"));
  yield part(`Draft${cut("draft")}`, said(item.d ?? "(not obtained)"));
  for (const feedback of item.f) yield feedbackPart(feedback, item);
  if (item.e !== undefined) yield part("Reflection", said(item.e));
  yield part(`Revision${cut("revision")}`, said(item.v ?? "(not obtained)"));
  if (item.d !== undefined && item.v !== undefined) yield part("What the revision changed", changed(item.d, item.v));
  for (const feedback of item.b ?? []) yield judgementPart(`${by(feedback)} on the revision`, feedback);
  for (const [at, title] of JUDGED.entries()) yield judgementPart(`Observer on the ${title}`, item.s[at]);
}

// The list of interactions

// The labels or models that there are, to be chosen from.
function offer(select, names) {
  const known = [...new Set(names.filter((name) => name !== undefined))].sort();
  select.append(...known.map((name) => Object.assign(make("option", "", name), { value: name })));
}

const atLeast = (one, other) => one >= other;
const atMost = (one, other) => one <= other;
const same = (one, other) => one === other;

function chosen(section, all) {
  const value = (name) => control(section, name).value.trim();
  const checked = (name) => control(section, name).checked;
  const wanted = value("search").toLowerCase();
  const number = (name, key, fits) => value(name) && ((each) => each[key] !== null && fits(each[key], Number(value(name))));
  const [label, model] = ["label", "model"].map((name) => control(section, name).value);
  const tests = [
    number("from", "round", atLeast),
    number("to", "round", atMost),
    number("agent", "agent", same),
    number("least-gain", "gain", atLeast),
    number("most-gain", "gain", atMost),
    number("least-disagreement", "disagreement", atLeast),
    label && ((each) => each.item.l === label),
    model && ((each) => each.item.m === model),
    checked("missing") && ((each) => each.missing > 0),
    checked("failed") && ((each) => each.item.x),
    wanted && ((each) => (each.text ??= [...texts(each.item)].join("\n").toLowerCase()).includes(wanted)),
  ].filter(Boolean);
  const found = all.filter((each) => tests.every((test) => test(each)));
  return sorted(found, value("sort"), checked("reverse"));
}

// By round and agent from the first, by anything else from the largest; what has no value comes last.
function sorted(found, key, reverse) {
  const sign = (key === "round" || key === "agent") === reverse ? -1 : 1;
  const last = (each) => each[key] === null;
  return found.sort((one, other) => last(one) - last(other) || sign * (one[key] - other[key]));
}

function entry({ item, id, gain, missing }) {
  const [draft, lively, revision, livelier] = item.s.map((each) => rating(each) ?? "-");
  const line = make("summary", "", make("b", "", id), ` ${item.l ?? ""} `);
  line.append(make("span", "scores", `alignment ${draft} → ${revision}${gain === null ? "" : ` (${signed(gain)})`}, engagement ${lively} → ${livelier}`));
  if (missing) line.append(make("span", "badge", `${missing} missing`));
  if (item.x) line.append(make("span", "badge failed", `failed: ${item.x[2]}`));
  const question = make("span", "asked", item.q.slice(0, 300));
  question.dir = "auto";
  line.append(question);
  const details = make("details", "", line);
  details.addEventListener("toggle", () => details.childElementCount > 1 || details.append(...story(item)));
  return make("li", "", details);
}

function startInteractions(section, items) {
  const all = items.map(digest);
  const [previous, next] = [control(section, "previous"), control(section, "next")];
  let [found, first] = [all, 0];
  const show = () => {
    const shown = found.slice(first, first + PAGE);
    const range = shown.length ? `${first + 1} to ${first + shown.length} of ` : "";
    section.querySelector(".found").textContent = `${range}${found.length} that fit, of ${all.length} in this file.`;
    section.querySelector(".stories").replaceChildren(...shown.map(entry));
    previous.disabled = first === 0;
    next.disabled = first + PAGE >= found.length;
  };
  const choose = () => { [found, first] = [chosen(section, all), 0]; show(); };
  const turn = (step) => { first += step; show(); section.querySelector(".found").scrollIntoView(); };
  offer(control(section, "label"), items.map((item) => item.l));
  offer(control(section, "model"), items.map((item) => item.m));
  const filters = section.querySelector("[role=search]");
  filters.addEventListener("input", choose);
  filters.addEventListener("change", (event) => event.target.matches("select") && choose());
  previous.addEventListener("click", () => turn(-PAGE));
  next.addEventListener("click", () => turn(PAGE));
  section.hidden = false;
  choose();
}

for (const run of document.querySelectorAll("[data-run]")) {
  const grid = run.querySelector(".grid");
  if (grid) startGrid(grid, read(`map-${run.dataset.run}`));
  startInteractions(run.querySelector(".interactions"), read(`data-${run.dataset.run}`));
}
document.documentElement.dataset.ready = "yes";
