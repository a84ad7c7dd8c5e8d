"use strict";
// The worklist: filters, sorts, groups, pages, opens and exports the messages, claims and lines in the page's data, and
// shows the pages of checks. The choice made is kept in the address after "#", so that it can be bookmarked, and a
// figure's label is a plain link to one. Whatever comes from a claim is written as text, never as markup.

const PRINTED = 1000;
const narrow = matchMedia("(max-width: 820px)");
const SEVERITIES = ["reject", "warn", "inform"];
const DISPOSITIONS = ["rejected", "not_judged", "accepted_with_warnings", "accepted"];
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

// -- the data --------------------------------------------------------------------------------------

// A column has texts, and for each row the number of its text, or one number for all rows. Columns that many rows have
// alike are a table of their own, and for each row there is the number of its row there. The rows are in their order:
// what is most severe first, then what costs most, then as in the input.
const DATA = JSON.parse(document.getElementById("data").textContent);
const LISTS = new Map(); // texts that are lists, split once

function listOf(text) {
  if (!LISTS.has(text)) LISTS.set(text, text.split("|").filter(Boolean));
  return LISTS.get(text);
}

const pick = (at, order) => (typeof at === "number" ? at : at[order]);

/** The rows of a table of the data: objects that look up their texts when they are asked. */
function rowsOf(name) {
  const { columns, shared, size, numbers, about, places } = DATA[name];
  const { charge } = columns;
  const amounts = charge.texts.map((text) => (text === "" ? -Infinity : Number(text)));
  class Row {
    constructor(order) {
      this.order = order;
    }
    get amount() {
      return amounts[pick(charge.at, this.order)];
    }
    /** The number of its claim in the input: a claim's own number may come again. */
    get number() {
      return numbers[this.order];
    }
    /** Which lines of its claim a message is about. */
    get about() {
      return about[this.order];
    }
  }
  const define = (column, get) => Object.defineProperty(Row.prototype, column, { get });
  for (const [column, { at, texts }] of Object.entries(columns)) {
    define(column, function () { return texts[pick(at, this.order)]; });
  }
  for (const { at: row, columns: alike } of shared) {
    for (const [column, { at, texts }] of Object.entries(alike)) {
      define(column, function () { return texts[pick(at, pick(row, this.order))]; });
    }
  }
  if (places) {
    for (const kind of ["segment", "row"]) {
      define(`locus_${kind}`, function () { return this.placed_by === kind && places[this.order] ? String(places[this.order]) : ""; });
    }
  }
  return Array.from({ length: size }, (_, order) => new Row(order));
}

const messages = rowsOf("messages");
let bound;

/** The lines of a claim stand one after the other, in the order of the claims; what they do not say, their claim does. */
function bindLines() {
  const claims = rowsOf("claims");
  const lines = rowsOf("lines");
  let from = 0;
  for (const claim of claims) {
    claim.from = from;
    from += Number(claim.lines);
    for (let at = claim.from; at < from; at += 1) lines[at].claim = claim;
  }
  if (!claims.length) return { claims, lines };
  Object.defineProperty(Object.getPrototypeOf(claims[0]), "own", { get() { return lines.slice(this.from, this.from + Number(this.lines)); } });
  if (!lines.length) return { claims, lines };
  const ofClaim = ["number", "claim_id", "payer_id", "billing_npi", "setting", "locus_file", "locus_interchange", "locus_transaction", "placed_by"];
  for (const name of ofClaim) Object.defineProperty(Object.getPrototypeOf(lines[0]), name, { get() { return this.claim[name]; } });
  return { claims, lines };
}

/** The claims and lines: made when they are first shown, so that the page opens quickly. */
function rowsOfClaims() {
  bound ??= bindLines();
  return bound;
}

let byClaim;
/** The messages of a claim that are on this page. */
function messagesOf(claim) {
  if (!byClaim) {
    byClaim = new Map();
    for (const message of messages) {
      if (!byClaim.has(message.number)) byClaim.set(message.number, []);
      byClaim.get(message.number).push(message);
    }
  }
  return byClaim.get(claim.number) || [];
}

function messagesOfLine(line) {
  const at = line.order - line.claim.from;
  return messagesOf(line.claim).filter((message) => message.about.includes(at));
}

// -- views -----------------------------------------------------------------------------------------

const codeOf = (row) => [row.code, ...listOf(row.modifiers)].filter(Boolean).join("-");
/** Why a message only informs, where it would say more: it is waived, or its check is on trial. */
const exceptionOf = (row) => (row.waived_severity ? "waived" : row.shadow ? "on_trial" : "");
const inWords = (text) => text.replaceAll("_", " ");
const PLACES = ["locus_file", "locus_interchange", "locus_transaction", "locus_segment", "locus_row"];
const byPayer = { payer: (row) => row.payer_id || "no payer", provider: (row) => row.billing_npi || "no provider" };

/** What each view shows: its columns with their headings, the column that opens a row, its filters (name: a row's
 *  values), what is searched, and what it can be grouped by. */
const VIEWS = {
  messages: {
    noun: "message", rows: messages, left: DATA.messages.left_out, rank: "severity", opener: "check",
    columns: { severity: "Severity", check: "Check", claim_id: "Claim", line_number: "Line", code: "Code",
      service_date: "Date", charge: "Charge", payer_id: "Payer", billing_npi: "Provider", text: "Finding" },
    filters: { severity: 0, disposition: 0, check: 0, code: 0, payer_id: 0, billing_npi: 0, setting: 0,
      exception: (row) => [exceptionOf(row)].filter(Boolean) },
    searched: ["claim_id", "line_control", "check", "code", "modifiers", "text", "remedy", "observed", "payer_id", "billing_npi",
      "waived_reason", "waived_who", "waived_ticket", "waived_approved_by"],
    groups: { claim: (row) => row.number, check: (row) => row.check, ...byPayer },
    exported: DATA.messages.names, file: "worklist", format: "csv", details: messageDetails,
  },
  claims: {
    noun: "claim", get rows() { return rowsOfClaims().claims; }, left: DATA.claims.left_out, rank: "disposition", opener: "claim_id",
    columns: { disposition: "Disposition", claim_id: "Claim", charge: "Charge", payer_id: "Payer",
      billing_npi: "Provider", service_date: "Date", lines: "Lines", messages: "Messages", checks: "Checks" },
    filters: { disposition: 0, check: (row) => listOf(row.checks), code: (row) => [...new Set(row.own.map((line) => line.code))],
      payer_id: 0, billing_npi: 0, setting: 0 },
    searched: ["claim_id", "checks", "payer_id", "billing_npi"],
    groups: byPayer,
    exported: ["claim_id", "disposition", "charge", "payer_id", "billing_npi", "setting", "service_date", "lines", "messages", "checks", ...PLACES],
    file: "claims", format: "claims", details: claimDetails,
  },
  lines: {
    noun: "line", get rows() { return rowsOfClaims().lines; }, left: DATA.lines.left_out, rank: "disposition", opener: "claim_id",
    columns: { disposition: "Disposition", claim_id: "Claim", line_number: "Line", code: "Code", units: "Units",
      service_date: "Date", charge: "Charge", payer_id: "Payer", billing_npi: "Provider", checks: "Checks" },
    filters: { disposition: 0, check: (row) => listOf(row.checks), code: 0, payer_id: 0, billing_npi: 0, setting: 0 },
    searched: ["claim_id", "line_control", "code", "modifiers", "checks", "payer_id", "billing_npi"],
    groups: { claim: (row) => row.number, code: (row) => row.code || "no code", ...byPayer },
    exported: ["claim_id", "line_number", "disposition", "code", "modifiers", "units", "service_date", "charge", "payer_id", "billing_npi", "setting", "messages", "checks", ...PLACES],
    file: "lines", format: "lines", details: lineDetails,
  },
};
const FILTERS = Object.keys(VIEWS.messages.filters);
const CHOICES = ["view", "search", ...FILTERS, "group", "sort", "page"];
const RANKS = { severity: SEVERITIES, disposition: DISPOSITIONS };
const NUMBERS = ["lines", "messages", "units", "charge", "line_number"];

const form = document.getElementById("filters");
const table = document.querySelector("#tool table");
const dialog = document.getElementById("page");
const opened = new Set();
let choice = {};
let view = VIEWS.messages;
let offered = null;
let shown = [];

function valuesOf(row, name) {
  const own = view.filters[name];
  return own ? own(row) : row[name] ? [row[name]] : [];
}

function filtered() {
  const words = choice.search.toLowerCase().split(/\s+/).filter(Boolean);
  const filters = Object.keys(view.filters).filter((name) => choice[name]);
  if (!words.length && !filters.length) return [...view.rows];
  return view.rows.filter(
    (row) =>
      filters.every((name) => valuesOf(row, name).includes(choice[name])) &&
      (!words.length || words.every((word) => searchedOf(row).includes(word))),
  );
}

function searchedOf(row) {
  row.searched ??= view.searched.map((name) => row[name]).join("\n").toLowerCase();
  return row.searched;
}

/** Rows that the page does not hold, and that may be among those asked for. */
function leftOut() {
  const asked = choice[view.rank];
  return Object.entries(view.left).reduce((sum, [name, count]) => sum + (asked && asked !== name ? 0 : count), 0);
}

const COMPARED = {
  severity: (one, other) => SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity),
  disposition: (one, other) => DISPOSITIONS.indexOf(one.disposition) - DISPOSITIONS.indexOf(other.disposition),
  charge: (one, other) => (one.amount === other.amount ? 0 : one.amount - other.amount),
};

/** Compares a column of any rows: its different texts are put in order once. */
function byRank(column) {
  view.ranks ??= {};
  if (!view.ranks[column]) {
    const texts = [...new Set(view.rows.map((row) => row[column]))].sort(collator.compare);
    const rank = new Map(texts.map((text, at) => [text, at]));
    view.ranks[column] = view.rows.map((row) => rank.get(row[column]));
  }
  const ranks = view.ranks[column];
  return (one, other) => ranks[one.order] - ranks[other.order];
}

/** As asked; else, and where that leaves two alike, in the data's order: what is worst and costs most comes first. */
function sorted(list) {
  const descending = choice.sort.startsWith("-");
  const column = choice.sort.replace("-", "");
  if (!view.columns[column]) return list;
  const asked = COMPARED[column] || byRank(column);
  return list.sort((one, other) => (descending ? asked(other, one) : asked(one, other)) || one.order - other.order);
}

/** The list with the rows of a group together, the groups in the order of their first row. */
function grouped(list) {
  const keyOf = view.groups[choice.group];
  if (!keyOf) return [["", list]];
  const groups = new Map();
  for (const row of list) {
    const key = keyOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return [...groups];
}

/** Charges on the rejected lines that some messages are about, each line once. */
function rejectedCharges(list) {
  const found = new Map();
  for (const message of list) {
    if (message.disposition !== "rejected" || message.charge === "") continue;
    if (!found.has(message.number)) found.set(message.number, { whole: null, lines: new Map() });
    const claim = found.get(message.number);
    if (message.line_number) {
      claim.lines.set(message.about[0], message.amount);
    } else if (message.severity === "reject" && !message.lines) {
      claim.whole = message.amount; // what rejects a claim as a whole rejects all of its lines
    }
  }
  let total = 0;
  for (const { whole: all, lines: own } of found.values()) {
    total += all ?? [...own.values()].reduce((sum, amount) => sum + amount, 0);
  }
  return total;
}

/** What a list comes to: rejected lines of messages, charges of claims and lines. */
function moneyOf(list) {
  if (view === VIEWS.messages) {
    const rejected = rejectedCharges(list);
    return rejected ? `${money.format(rejected)} on rejected lines` : "";
  }
  return `${money.format(list.reduce((sum, row) => sum + (row.charge === "" ? 0 : row.amount), 0))} charged`;
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

function subjectOf(row) {
  if (!row.claim_id) return "the file";
  return `claim ${row.claim_id}${row.line_number ? ` line ${row.line_number}` : ""}`;
}

function pill(kind) {
  return make("span", { class: `pill ${kind}` }, inWords(kind));
}

/** The severity of a message, and why it is not more. */
function severityOf(message) {
  const exception = exceptionOf(message);
  return exception ? [pill(message.severity), " ", pill(exception)] : [pill(message.severity)];
}

function waiverOf(message) {
  if (!message.waived_severity) return "";
  const approval = [message.waived_approved_by && `by ${message.waived_approved_by}`, message.waived_approved_on && `on ${message.waived_approved_on}`].filter(Boolean);
  return [
    `${message.waived_reason} (${message.waived_who}, until ${message.waived_until}; it would ${message.waived_severity})`,
    message.waived_ticket && `ticket ${message.waived_ticket}`,
    approval.length && `approved ${approval.join(" ")}`,
  ].filter(Boolean).join("; ");
}

/** A check's id, which shows its page. */
function checkLink(check, short) {
  const href = `#check-${check}`;
  if (!document.getElementById(href.slice(1))) return short ? "" : check;
  if (short) return make("a", { href, class: "about-check", "aria-label": `What ${check} looks for`, title: `What ${check} looks for` }, "?");
  return make("a", { href, class: "check-link" }, check);
}

function checkLinks(checks) {
  return listOf(checks).flatMap((check) => [checkLink(check), " "]);
}

function cell(row, column) {
  if (column === view.opener) {
    const open = opener(row, row[column] || "the file");
    return column === "check" ? [open, checkLink(row.check, true)] : [open];
  }
  if (column === "severity") return severityOf(row);
  if (column === "disposition") return [pill(row[column])];
  if (column === "text") return [make("span", {}, row.text), row.remedy && make("span", { class: "on-paper" }, ` Fix: ${row.remedy}`)];
  if (column === "charge") return [row.charge && money.format(row.amount)];
  if (column === "code") return [codeOf(row)];
  if (column === "checks") return checkLinks(row.checks);
  return [row[column]];
}

function opener(row, text) {
  const name = `${view.noun}-${row.order}`;
  const about = row === text ? "" : ` ${view.noun === "message" ? `on ${subjectOf(row)}` : row.line_number ? `line ${row.line_number}` : ""}: details`;
  return make(
    "button",
    { type: "button", class: "open", "aria-expanded": opened.has(name), "aria-controls": `details-${name}` },
    text,
    make("span", { class: "unseen" }, about),
  );
}

function rowOf(row) {
  const cells = Object.entries(view.columns).map(([column, heading]) =>
    make("td", { role: "cell", class: column, "data-heading": heading }, ...cell(row, column)),
  );
  const name = `${view.noun}-${row.order}`;
  const element = make("tr", { role: "row", class: `row ${view.noun}`, "data-order": row.order }, ...cells);
  const details = make("tr", { role: "row", class: "details", id: `details-${name}`, hidden: "" });
  details.append(make("td", { role: "cell", colspan: cells.length }));
  if (opened.has(name)) open(details, row); // it is filled when it is opened
  return [element, details];
}

function open(details, row) {
  details.hidden = false;
  if (!details.firstChild.hasChildNodes()) details.firstChild.append(view.details(row));
}

function listOfTerms() {
  const list = make("dl", {});
  const say = (term, ...what) => {
    if (what.some(Boolean)) list.append(make("div", {}, make("dt", {}, term), make("dd", {}, ...what)));
  };
  return [list, say];
}

function messageDetails(message) {
  const [list, say] = listOfTerms();
  say("Finding", message.text);
  say("Fix", message.remedy);
  say("Found", visible(message.observed));
  say("Allowed", message.allowed);
  say("Source", source(message));
  say("Rules in force", listOf(message.releases).join("; "));
  say("Expected denial codes", ...answers(message));
  say("Line status", inWords(message.disposition));
  say("Waived", waiverOf(message));
  say("On trial", message.shadow && `the check is on trial; without that it would ${message.shadow}`);
  say("On the claim", onClaim(message));
  say("Lines", listOf(message.lines).join(", "));
  say("Place", place(message));
  say("Line control number", message.line_control);
  say("Setting and profile", [message.setting, message.profile].filter(Boolean).join(", "));
  const page = checkLink(message.check);
  say("Check", page, page === message.check ? "" : ": what it looks for, and examples");
  return list;
}

/** Messages, each with its fix, and how many others the page does not hold. */
function briefly(list, all) {
  const parts = list.map((message) =>
    make(
      "li",
      {},
      make("p", {}, ...severityOf(message), " ", checkLink(message.check), make("span", { class: "aside" }, ` ${[message.line_number && `line ${message.line_number}`, message.lines && `lines ${listOf(message.lines).join(", ")}`].filter(Boolean).join("")}`)),
      make("p", {}, message.text, " ", message.remedy && make("span", { class: "fix" }, make("b", {}, "Fix: "), message.remedy)),
      message.waived_severity && make("p", { class: "aside" }, `Waived: ${waiverOf(message)}`),
    ),
  );
  const found = make("ul", { class: "brief" }, ...parts);
  if (all > list.length) {
    found.append(make("li", { class: "aside" }, `${counted(all - list.length, "message")} not on this page: write --format jsonl for all.`));
  }
  return found;
}

const PART = { disposition: "Disposition", line_number: "Line", code: "Code", units: "Units", service_date: "Date", charge: "Charge", checks: "Checks" };

function claimDetails(claim) {
  const head = make("tr", {}, ...Object.entries(PART).map(([column, heading]) => make("th", { scope: "col", class: column }, heading)));
  const rows = claim.own.map((line) =>
    make("tr", {}, ...Object.keys(PART).map((column) => make("td", { class: column }, ...cell({ __proto__: line, order: line.order }, column)))),
  );
  const parts = make("div", { class: "scrolled", tabindex: "0", role: "region", "aria-label": `Lines of claim ${claim.claim_id}` }, make("table", { class: "parts" }, make("thead", {}, head), make("tbody", {}, ...rows)));
  const [list, say] = listOfTerms();
  say("Place", place(claim));
  say("Setting", claim.setting);
  return make("div", { class: "of-claim" }, parts, briefly(messagesOf(claim), Number(claim.messages)), list);
}

function lineDetails(line) {
  const [list, say] = listOfTerms();
  say("Place", place(line));
  say("Line control number", line.line_control);
  say("Claim", `${line.claim_id}, ${inWords(line.claim.disposition)}, ${counted(Number(line.claim.lines), "line")}`);
  const found = messagesOfLine(line);
  return make("div", { class: "of-claim" }, found.length || Number(line.messages) ? briefly(found, Number(line.messages)) : make("p", {}, "No messages about this line."), list);
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
  const found = [];
  if (reason) found.push(`CARC ${group}-${reason}${ADJUSTMENTS[group] ? `, ${ADJUSTMENTS[group]}` : ""}`);
  if (rarc) found.push(`RARC ${rarc}`);
  if (category) found.push(`claim status ${category}:${status}${STATUSES[category] ? `, ${STATUSES[category]}` : ""}`);
  return found.flatMap((line) => [line, make("br", {})]).slice(0, -1);
}

function place(row) {
  const parts = [
    ["row", row.locus_row],
    ["segment", row.locus_segment],
    ["transaction", row.locus_transaction],
    ["interchange", row.locus_interchange],
  ];
  const named = parts.filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
  return [row.locus_file, ...named].filter(Boolean).join(", ");
}

/** Where the field stands in the 837 and on the paper form. */
function onClaim(message) {
  const { element, box } = message;
  return [element, box && (box.startsWith("FL") ? `UB-04 ${box}` : `CMS-1500 item ${box}`)].filter(Boolean).join("; ");
}

function headingOf(key, list, continued) {
  const name = choice.group === "claim" ? subjectOf({ claim_id: list[0].claim_id }) : key;
  const parts = [counted(list.length, view.noun) + (leftOut() ? " shown" : ""), moneyOf(list), continued ? "continued" : ""];
  const heading = make("th", { role: "rowheader", scope: "rowgroup", colspan: Object.keys(view.columns).length }, name);
  heading.append(make("span", {}, parts.filter(Boolean).join(", ")));
  return make("tr", { role: "row", class: "group" }, heading);
}

/** The rows from one to another, under their groups' headings. */
function bodies(from, to) {
  const parts = [];
  let at = 0;
  for (const [key, list] of shown) {
    const slice = list.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (slice.length) {
      const body = make("tbody", { role: "rowgroup" });
      if (key) body.append(headingOf(key, list, at < from));
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

/** How many rows are shown, what they come to, and how many others the page does not hold. */
function summary(list) {
  const others = leftOut();
  const lacking = others ? `${counted(others, view.noun)} ${others === 1 ? "is" : "are"} not shown` : "";
  if (!list.length) {
    if (others) return `Not on this page: ${lacking}.`;
    return view.rows.length ? `No ${view.noun}s match these filters.` : `No ${view.noun}s.`;
  }
  const of = list.length < view.rows.length ? ` of ${whole.format(view.rows.length)}` : "";
  const about = moneyOf(list);
  return `${counted(list.length, view.noun)}${of}${about ? `; ${about}` : ""}${others ? `; ${lacking}` : ""}`;
}

/** The header of a view: buttons that sort. */
function drawHead() {
  const names = Object.entries(view.columns).map(([column, heading]) =>
    make(
      "th",
      { role: "columnheader", scope: "col", class: column, "data-heading": heading },
      make("button", { type: "button", "data-sort": column }, heading, make("span", { class: "arrow", "aria-hidden": "true" })),
    ),
  );
  table.tHead.replaceChildren(make("tr", { role: "row" }, ...names));
  table.className = `worklist of-${view.noun}s`;
}

function markSorting() {
  for (const button of table.querySelectorAll("[data-sort]")) {
    const descending = choice.sort === `-${button.dataset.sort}`;
    const sorting = descending || choice.sort === button.dataset.sort;
    button.closest("th").setAttribute("aria-sort", descending ? "descending" : sorting ? "ascending" : "none");
  }
}

function show() {
  const size = narrow.matches ? 20 : 50;
  const list = sorted(filtered());
  shown = grouped(list);
  const pages = Math.max(1, Math.ceil(list.length / size));
  const page = Math.min(Math.max(1, Math.trunc(Number(choice.page)) || 1), pages);
  const from = (page - 1) * size;
  choice.page = page === 1 ? "" : String(page);
  draw(from, from + size);
  document.getElementById("count").textContent = summary(list);
  document.getElementById("pages").hidden = pages === 1;
  document.getElementById("at").textContent = `Page ${whole.format(page)} of ${whole.format(pages)}`;
  document.getElementById("back").disabled = page === 1;
  document.getElementById("on").disabled = page === pages;
  document.getElementById("export").disabled = !list.length;
  markSorting();
}

// -- the choice, the form and the address ----------------------------------------------------------

function choose(changes) {
  choice = { ...choice, page: "", ...changes };
  if (changes.view !== undefined) setView();
  show();
  keepInAddress();
}

function keepInAddress() {
  const kept = new URLSearchParams(CHOICES.filter((name) => choice[name]).map((name) => [name, choice[name]]));
  history.replaceState(null, "", `#${kept}`);
}

/** Take the choice from the address; one that names a place on the page is none. */
function fromAddress() {
  const given = new URLSearchParams(isChoice() ? location.hash.slice(1) : "");
  choice = Object.fromEntries(CHOICES.map((name) => [name, given.get(name) || ""]));
  setView();
  show();
}

/** Show the view chosen: its header, and the filters and groups that it has; what it has not is not chosen. */
function setView() {
  view = VIEWS[choice.view] || VIEWS.messages;
  if (view === VIEWS.messages) choice.view = "";
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", VIEWS[button.dataset.view] === view);
  }
  if (offered !== view) {
    offered = view;
    drawHead();
    for (const name of FILTERS) offer(name);
    const groups = Object.keys(view.groups).map((value) => make("option", { value }, value));
    form.elements.group.replaceChildren(make("option", { value: "" }, "None"), ...groups);
  }
  for (const name of FILTERS) if (!(name in view.filters)) choice[name] = "";
  if (!view.groups[choice.group]) choice.group = "";
  if (!view.columns[choice.sort.replace("-", "")]) choice.sort = "";
  for (const field of form.elements) if (field.name) setField(field);
}

function setField(field) {
  field.value = choice[field.name];
  if (field.value === choice[field.name]) return;
  // Nothing on the page is about it.
  field.append(make("option", { value: choice[field.name] }, `${inWords(choice[field.name])} (0${leftOut() ? " on this page" : ""})`));
  field.value = choice[field.name];
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
  const field = form.elements[name];
  field.closest("label").hidden = !(name in view.filters);
  if (!(name in view.filters)) return;
  const left = name === view.rank ? view.left : {}; // of these alone it is known what the page does not hold
  const counts = new Map(Object.keys(left).filter((value) => left[value]).map((value) => [value, 0]));
  for (const row of view.rows) for (const value of valuesOf(row, name)) counts.set(value, (counts.get(value) || 0) + 1);
  if (name === "exception" && !counts.size && !choice[name]) field.closest("label").hidden = true; // most batches have none
  const ranks = RANKS[name];
  const values = [...counts.keys()].sort(ranks ? (one, other) => ranks.indexOf(one) - ranks.indexOf(other) : collator.compare);
  const options = values.map((value) => {
    const of = left[value] ? ` of ${whole.format(counts.get(value) + left[value])}` : "";
    return make("option", { value }, `${inWords(value)} (${whole.format(counts.get(value))}${of})`);
  });
  field.replaceChildren(make("option", { value: "" }, "All"), ...options);
}

function turn(pages) {
  choose({ page: String((Number(choice.page) || 1) + pages) });
  toWorklist();
}

// -- the pages of checks ---------------------------------------------------------------------------

/** Show the page of a check, which is in the document for who has no scripts. */
function showPage(id) {
  const page = document.getElementById(id);
  if (!page || !id.startsWith("check-")) return false;
  const copy = page.cloneNode(true);
  copy.id = "page-text";
  dialog.querySelector("article").replaceWith(copy);
  dialog.setAttribute("aria-label", id.slice("check-".length));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  return true;
}

// -- export and print ------------------------------------------------------------------------------

/** CSV with the columns of the view's data, those of messages as `--format csv` writes them: a text that a spreadsheet
 *  would take for a formula gets an apostrophe. What the page does not hold is said in a last row, of a text alone. */
function asCsv(list, others) {
  const field = (text) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const { exported: columns } = view;
  const rows = [columns, ...list.map((row) => columns.map((name) => row[name]))];
  if (others) {
    const text = `Not in this file: ${counted(others, view.noun)} that the report does not hold. Write --format ${view.format} for all.`;
    rows.push(columns.map((name) => (name === (columns.includes("text") ? "text" : "claim_id") ? text : "")));
  }
  return rows.map((row) => `${row.map(field).join(",")}\n`).join("");
}

function exportCsv() {
  const others = leftOut();
  const blob = new Blob([asCsv(shown.flatMap(([, list]) => list), others)], { type: "text/csv;charset=utf-8" });
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: others ? `${view.file}-in-part.csv` : `${view.file}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** On paper every chart is open, on a narrow screen they are closed at first. */
let wereOpen = [];
function beforePrint() {
  wereOpen = [...document.querySelectorAll("details.chart-panel")].map((each) => each.open);
  for (const each of document.querySelectorAll("details.chart-panel")) each.open = true;
  draw(0, PRINTED);
  if (shown.flatMap(([, list]) => list).length > PRINTED) {
    document.getElementById("count").append(`; the first ${whole.format(PRINTED)} are printed`);
  }
}

function afterPrint() {
  [...document.querySelectorAll("details.chart-panel")].forEach((each, at) => { each.open = wereOpen[at] ?? true; });
  show();
}

// -- start -----------------------------------------------------------------------------------------

if (narrow.matches) for (const each of document.querySelectorAll("details.chart-panel")) each.open = false;
for (const button of document.querySelectorAll("[data-view]")) {
  const all = VIEWS[button.dataset.view];
  button.querySelector(".size").textContent = whole.format(DATA[button.dataset.view].size + Object.values(all.left).reduce((sum, count) => sum + count, 0));
}
fromAddress();
document.getElementById("tool").hidden = false;
document.getElementById("checks").hidden = true;
if (!isChoice()) showPage(decodeURIComponent(location.hash.slice(1)));

form.addEventListener("input", (event) => choose({ [event.target.name]: event.target.value }));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => choose(Object.fromEntries(CHOICES.map((name) => [name, name === "view" ? choice.view : ""]))));
document.getElementById("export").addEventListener("click", exportCsv);
document.getElementById("back").addEventListener("click", () => turn(-1));
document.getElementById("on").addEventListener("click", () => turn(1));
document.getElementById("views").addEventListener("click", (event) => {
  const button = event.target.closest("[data-view]");
  if (button) choose({ view: button.dataset.view });
});

table.addEventListener("click", (event) => {
  const heading = event.target.closest("[data-sort]");
  if (heading) {
    const column = heading.dataset.sort;
    choose({ sort: choice.sort === column ? `-${column}` : choice.sort === `-${column}` ? "" : column });
    return;
  }
  const element = event.target.closest("tr.row");
  if (!element || event.target.closest("a") || String(getSelection())) return; // selecting text does not open the row
  const row = view.rows[Number(element.dataset.order)];
  const name = `${view.noun}-${row.order}`;
  const now = !opened.has(name);
  if (now) opened.add(name);
  else opened.delete(name);
  element.querySelector(".open").setAttribute("aria-expanded", now);
  if (now) open(element.nextSibling, row);
  else element.nextSibling.hidden = true;
});

addEventListener("hashchange", () => {
  if (!isChoice()) {
    showPage(decodeURIComponent(location.hash.slice(1)));
    return;
  }
  fromAddress();
  toWorklist();
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  if (showPage(decodeURIComponent(link.hash.slice(1)))) event.preventDefault();
  else if (link.hash.includes("=") && link.hash === location.hash) toWorklist(); // no change, so that no hashchange comes
});
document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close(); // beside it
});
narrow.addEventListener("change", show);
addEventListener("beforeprint", beforePrint);
addEventListener("afterprint", afterPrint);
