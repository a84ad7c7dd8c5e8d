"use strict";
// The worklist: filters, sorts, groups, pages, opens and exports the messages in the page's data. The choice made is
// kept in the address after "#", so that it can be bookmarked, and a chart's label is a plain link to one. Whatever
// comes from a claim is written as text, never as markup.

const PAGE = 50;
const PRINTED = 1000;
const SEVERITIES = ["reject", "warn", "inform"];
const FILTERS = ["severity", "disposition", "check", "code", "payer_id", "billing_npi", "setting"];
const CHOICES = ["search", ...FILTERS, "group", "sort", "page"];
const SHOWN = ["severity", "check", "claim_id", "line_number", "code", "service_date", "charge", "payer_id", "billing_npi", "text"];
const SEARCHED = ["claim_id", "line_control", "check", "code", "modifiers", "text", "remedy", "observed", "payer_id", "billing_npi"];
const ADJUSTMENTS = {
  CO: "contractual obligation",
  OA: "other adjustment",
  PI: "payer initiated reduction",
  PR: "patient responsibility",
};
const STATUSES = {
  A1: "receipt acknowledged",
  A2: "accepted into adjudication",
  A3: "returned as unprocessable",
  A4: "not found",
  A6: "rejected for missing information",
  A7: "rejected for invalid information",
  A8: "rejected for conflicting fields",
};

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const whole = new Intl.NumberFormat("en-US");
const collator = new Intl.Collator("en", { numeric: true });

const DATA = JSON.parse(document.getElementById("data").textContent);
const { columns: COLUMNS, texts: TEXTS, rows: ROWS, left_out: LEFT_OUT } = DATA; // LEFT_OUT counts by severity
const messages = ROWS.map((row, order) => {
  const message = Object.fromEntries(COLUMNS.map((name, at) => [name, TEXTS[row[at]]]));
  message.order = order;
  message.amount = message.charge === "" ? -Infinity : Number(message.charge);
  message.searched = SEARCHED.map((name) => message[name]).join("\n").toLowerCase();
  return message;
});

const form = document.getElementById("filters");
const table = document.querySelector("#tool table");
const opened = new Set();
let choice = {};
let shown = [];

// -- what is shown ---------------------------------------------------------------------------------

function filtered() {
  const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = FILTERS.filter((name) => choice[name]);
  return messages.filter(
    (message) =>
      filters.every((name) => message[name] === choice[name]) && words.every((word) => message.searched.includes(word)),
  );
}

/** Messages that the page does not hold, and that may be among those asked for. */
function leftOut() {
  return SEVERITIES.reduce((sum, name) => sum + (choice.severity && choice.severity !== name ? 0 : LEFT_OUT[name]), 0);
}

const COMPARED = {
  severity: (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity),
  charge: (one, other) => (one.amount === other.amount ? 0 : one.amount - other.amount),
};

/** As asked; else, and where that leaves two alike, what is worst and costs most comes first. */
function sorted(list) {
  const descending = choice.sort.startsWith("-");
  const column = choice.sort.replace("-", "");
  const asked = !SHOWN.includes(column)
    ? () => 0
    : COMPARED[column] || ((one, other) => collator.compare(one[column], other[column]));
  const worst = (one, other) => COMPARED.severity(one, other) || COMPARED.charge(other, one) || one.order - other.order;
  return list.sort((one, other) => (descending ? -asked(one, other) : asked(one, other)) || worst(one, other));
}

/** One key for the messages of one claim: a claim's number may come again in another file. */
function claimOf(message) {
  const { claim_id, locus_file, locus_interchange, locus_transaction } = message;
  return JSON.stringify([claim_id, locus_file, locus_interchange, locus_transaction]);
}

const GROUPED = { claim: claimOf, check: (message) => message.check };

/** The list with the messages of a group together, the groups in the order of their first message. */
function grouped(list) {
  const keyOf = GROUPED[choice.group];
  if (!keyOf) return [["", list]];
  const groups = new Map();
  for (const message of list) {
    const key = keyOf(message);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(message);
  }
  return [...groups];
}

/** Charges on the rejected lines that some messages are about, each line once. */
function heldBack(list) {
  const claims = new Map();
  for (const message of list) {
    if (message.disposition !== "rejected" || message.charge === "") continue;
    const key = claimOf(message);
    if (!claims.has(key)) claims.set(key, { whole: null, lines: new Map() });
    const claim = claims.get(key);
    if (message.line_number) {
      claim.lines.set(`${message.line_number} ${message.locus_segment} ${message.locus_row}`, message.amount);
    } else if (message.severity === "reject") {
      claim.whole = message.amount; // what rejects a claim as a whole rejects all of its lines
    }
  }
  let total = 0;
  for (const { whole: all, lines } of claims.values()) {
    total += all ?? [...lines.values()].reduce((sum, amount) => sum + amount, 0);
  }
  return total;
}

// -- the page --------------------------------------------------------------------------------------

/** An element with attributes and children; a child that is a text stays a text. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function counted(number, noun) {
  return `${whole.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function lineOf(message) {
  if (!message.claim_id) return "the file";
  return `claim ${message.claim_id}${message.line_number && ` line ${message.line_number}`}`;
}

function cell(message, column) {
  if (column === "severity") return make("span", { class: `severity ${message.severity}` }, message.severity);
  if (column === "check") return opener(message);
  if (column === "text") return make("span", {}, message.text);
  if (column === "charge") return message.charge && money.format(message.amount);
  if (column === "code") return [message.code, ...message.modifiers.split("|")].filter(Boolean).join("-");
  return message[column];
}

function opener(message) {
  return make(
    "button",
    {
      type: "button",
      class: "open",
      "aria-expanded": opened.has(message.order),
      "aria-controls": `details-${message.order}`,
    },
    message.check,
    make("span", { class: "unseen" }, ` on ${lineOf(message)}: details`),
  );
}

const HEADINGS = Object.fromEntries(
  [...table.querySelectorAll("[data-sort]")].map((button) => [button.dataset.sort, button.textContent]),
);

function rowOf(message) {
  const cells = SHOWN.map((column) =>
    make("td", { role: "cell", class: column, "data-heading": HEADINGS[column] }, cell(message, column)),
  );
  const row = make("tr", { role: "row", class: "message", "data-order": message.order }, ...cells);
  return [row, detailsOf(message)];
}

/** The row under a message's own; it is filled when it is opened. */
function detailsOf(message) {
  const row = make("tr", { role: "row", class: "details", id: `details-${message.order}`, hidden: "" });
  const inside = make("td", { role: "cell", colspan: SHOWN.length });
  row.append(inside);
  if (opened.has(message.order)) open(row, message);
  return row;
}

function open(row, message) {
  row.hidden = false;
  if (!row.firstChild.hasChildNodes()) row.firstChild.append(details(message));
}

function details(message) {
  const list = make("dl", {});
  const say = (term, ...what) => {
    if (what.some(Boolean)) list.append(make("div", {}, make("dt", {}, term), make("dd", {}, ...what)));
  };
  say("Finding", message.text);
  say("Fix", message.remedy);
  say("Found", visible(message.observed));
  say("Allowed", message.allowed);
  say("Source", source(message));
  say("Releases", ...message.releases.split("|").flatMap((release) => [release, make("br", {})]).slice(0, -1));
  say("Expected denial codes", ...answers(message));
  say("Location", place(message));
  say("Line control number", message.line_control);
  say("Field", message.field);
  say("Place on the claim", onClaim(message));
  say("Line status", message.disposition.replaceAll("_", " "));
  say("Setting and profile", [message.setting, message.profile].filter(Boolean).join(", "));
  say("Details", make("code", {}, `claimcheck explain ${message.check}`));
  return list;
}

/** A value with its blanks to be seen, as the text format shows them. */
function visible(observed) {
  if (!observed) return observed;
  if (!observed.trim()) return "(blank)";
  const odd = observed !== observed.trim().split(/\s+/).join(" ") || (observed.includes(" ") && observed === observed.toUpperCase());
  return odd ? `"${observed.replace(/\s/g, "\u00a0")}"` : observed;
}

function source(message) {
  const { citation_title: title, citation_section: section, citation_url: url } = message;
  const named = [title, section].filter(Boolean).join("; ");
  return /^https?:\/\//.test(url) ? make("a", { href: url, rel: "noreferrer" }, named) : named;
}

/** The denial codes that a payer is expected to answer with, each with its meaning. */
function answers(message) {
  const { carc_group: group, carc_code: reason, rarc, claim_status_category: category, claim_status_code: status } = message;
  const lines = [];
  if (reason) lines.push(`CARC ${group}-${reason}${ADJUSTMENTS[group] ? `, ${ADJUSTMENTS[group]}` : ""}`);
  if (rarc) lines.push(`RARC ${rarc}`);
  if (category) lines.push(`claim status ${category}:${status}${STATUSES[category] ? `, ${STATUSES[category]}` : ""}`);
  return lines.flatMap((line) => [line, make("br", {})]).slice(0, -1);
}

function place(message) {
  const parts = [
    ["row", message.locus_row],
    ["segment", message.locus_segment],
    ["transaction", message.locus_transaction],
    ["interchange", message.locus_interchange],
  ];
  const named = parts.filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
  return [message.locus_file, ...named].filter(Boolean).join(", ");
}

/** Where the field stands in the 837 and on the paper form. */
function onClaim(message) {
  const { element, box } = message;
  return [element, box && (box.startsWith("FL") ? `UB-04 ${box}` : `CMS-1500 item ${box}`)].filter(Boolean).join("; ");
}

function headingOf(list, continued) {
  const [first] = list;
  const name = choice.group === "check" ? first.check : lineOf({ ...first, line_number: "" });
  const held = heldBack(list);
  const parts = [counted(list.length, "message") + (leftOut() ? " shown" : ""), held ? `${money.format(held)} held back` : "", continued ? "continued" : ""];
  const cell = make("th", { role: "rowheader", scope: "rowgroup", colspan: SHOWN.length }, name);
  cell.append(make("span", {}, parts.filter(Boolean).join(", ")));
  return make("tr", { role: "row", class: "group" }, cell);
}

/** The rows from one message to another, under their groups' headings. */
function bodies(from, to) {
  const parts = [];
  let at = 0;
  for (const [key, list] of shown) {
    const slice = list.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (slice.length) {
      const body = make("tbody", { role: "rowgroup" });
      if (key) body.append(headingOf(list, at < from));
      body.append(...slice.flatMap(rowOf));
      parts.push(body);
    }
    at += list.length;
  }
  return parts;
}

function draw(from, to) {
  for (const body of table.querySelectorAll("tbody")) body.remove();
  table.append(...bodies(from, to));
}

/** How many messages are shown, what they hold back, and how many others the page does not hold. */
function summary(list) {
  const others = leftOut();
  const lacking = others ? `${counted(others, "message")} ${others === 1 ? "is" : "are"} not shown` : "";
  if (!list.length) {
    if (others) return `Not on this page: ${lacking}.`;
    return messages.length ? "No messages match these filters." : "No messages.";
  }
  const held = heldBack(list);
  const of = list.length < messages.length ? ` of ${whole.format(messages.length)}` : "";
  const about = held ? `, about lines with ${money.format(held)} held back` : "";
  return `${counted(list.length, "message")}${of}${about}${others ? `; ${lacking}` : ""}`;
}

function show() {
  const list = sorted(filtered());
  shown = grouped(list);
  const pages = Math.max(1, Math.ceil(list.length / PAGE));
  const page = Math.min(Math.max(1, Math.trunc(Number(choice.page)) || 1), pages);
  const from = (page - 1) * PAGE;
  choice.page = page === 1 ? "" : String(page);
  draw(from, from + PAGE);
  document.getElementById("count").textContent = summary(list);
  document.getElementById("pages").hidden = pages === 1;
  document.getElementById("at").textContent = `Page ${page} of ${pages}`;
  document.getElementById("back").disabled = page === 1;
  document.getElementById("on").disabled = page === pages;
  document.getElementById("export").disabled = !list.length;
  for (const button of table.querySelectorAll("[data-sort]")) {
    const descending = choice.sort === `-${button.dataset.sort}`;
    const sorting = descending || choice.sort === button.dataset.sort;
    const heading = button.closest("th");
    if (sorting) heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    else heading.removeAttribute("aria-sort");
  }
}

// -- the choice, the form and the address ----------------------------------------------------------

function choose(changes) {
  choice = { ...choice, page: "", ...changes };
  show();
  const kept = new URLSearchParams(CHOICES.filter((name) => choice[name]).map((name) => [name, choice[name]]));
  history.replaceState(null, "", `#${kept}`);
}

/** Take the choice from the address; one that names a place on the page is none. */
function fromAddress() {
  const given = new URLSearchParams(isChoice() ? location.hash.slice(1) : "");
  choice = Object.fromEntries(CHOICES.map((name) => [name, given.get(name) || ""]));
  for (const field of form.elements) {
    if (!field.name) continue;
    field.value = choice[field.name];
    if (field.value === choice[field.name]) continue;
    // No message of the page is about it.
    field.append(make("option", { value: choice[field.name] }, `${choice[field.name]} (0${leftOut() ? " on this page" : ""})`));
    field.value = choice[field.name];
  }
  show();
}

function isChoice() {
  return !location.hash || location.hash.includes("=");
}

function toWorklist() {
  const heading = document.getElementById("worklist");
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
}

function offer(name) {
  const left = name === "severity" ? LEFT_OUT : {}; // of severities alone it is known what the page does not hold
  const counts = new Map(Object.keys(left).filter((value) => left[value]).map((value) => [value, 0]));
  for (const message of messages) if (message[name]) counts.set(message[name], (counts.get(message[name]) || 0) + 1);
  const values = [...counts.keys()].sort(
    name === "severity" ? (one, other) => SEVERITIES.indexOf(one) - SEVERITIES.indexOf(other) : collator.compare,
  );
  const options = values.map((value) => {
    const of = left[value] ? ` of ${whole.format(counts.get(value) + left[value])}` : "";
    return make("option", { value }, `${value.replaceAll("_", " ")} (${whole.format(counts.get(value))}${of})`);
  });
  form.elements[name].replaceChildren(make("option", { value: "" }, "All"), ...options);
}

function turn(pages) {
  choose({ page: String((Number(choice.page) || 1) + pages) });
  toWorklist();
}

// -- export and print ------------------------------------------------------------------------------

/** CSV as `--format csv` writes it, with the columns about the claim behind: a text that a spreadsheet would take for
 *  a formula gets an apostrophe. What the page does not hold is said in a last row, of a text alone. */
function asCsv(list, others) {
  const field = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [COLUMNS, ...list.map((message) => COLUMNS.map((name) => message[name]))];
  if (others) {
    const text = `Not in this file: ${counted(others, "message")} that the report does not hold. Write --format csv for all.`;
    lines.push(COLUMNS.map((name) => (name === "text" ? text : "")));
  }
  return lines.map((line) => `${line.map(field).join(",")}\n`).join("");
}

function exportCsv() {
  const others = leftOut();
  const blob = new Blob([asCsv(shown.flatMap(([, list]) => list), others)], { type: "text/csv;charset=utf-8" });
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: others ? "worklist-in-part.csv" : "worklist.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// -- start -----------------------------------------------------------------------------------------

FILTERS.forEach(offer);
fromAddress();
document.getElementById("tool").hidden = false;

form.addEventListener("input", (event) => choose({ [event.target.name]: event.target.value }));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => choose(Object.fromEntries(CHOICES.map((name) => [name, ""]))));
document.getElementById("export").addEventListener("click", exportCsv);
document.getElementById("back").addEventListener("click", () => turn(-1));
document.getElementById("on").addEventListener("click", () => turn(1));

table.addEventListener("click", (event) => {
  const heading = event.target.closest("[data-sort]");
  if (heading) {
    const column = heading.dataset.sort;
    choose({ sort: choice.sort === column ? `-${column}` : choice.sort === `-${column}` ? "" : column });
    return;
  }
  const row = event.target.closest("tr.message");
  if (!row || String(getSelection())) return; // selecting text does not open the row
  const message = messages[Number(row.dataset.order)];
  const now = !opened.has(message.order);
  if (now) opened.add(message.order);
  else opened.delete(message.order);
  row.querySelector(".open").setAttribute("aria-expanded", now);
  if (now) open(row.nextSibling, message);
  else row.nextSibling.hidden = true;
});

addEventListener("hashchange", () => {
  if (!isChoice()) return;
  fromAddress();
  toWorklist();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("main a[href^='#']");
  if (link && link.hash === location.hash) toWorklist(); // no change, so that no hashchange comes
});
addEventListener("beforeprint", () => {
  draw(0, PRINTED);
  if (shown.flatMap(([, list]) => list).length > PRINTED) {
    document.getElementById("count").append(`; the first ${whole.format(PRINTED)} are printed`);
  }
});
addEventListener("afterprint", show);
