// Making elements. Text from the record is only ever set as text: nothing in it is markup, an address or a style.

/** An element with properties, attributes (`aria-…`, `data-…`, `role`, `for`, `scope`, `colspan`) and children. */
export function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined) continue;
    if (key === "on") Object.entries(value).forEach(([event, listener]) => made.addEventListener(event, listener));
    else if (key in made && !key.startsWith("aria")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

export function replace(place, ...children) {
  place.replaceChildren(...children.flat().filter((child) => child !== null));
}

/** A table that becomes a list of cards where the page is narrow: each cell knows its column. */
export function table(caption, columns, rows, properties) {
  const cell = (value, at) => element("td", { "data-label": columns[at].label, className: columns[at].number ? "number" : "" }, value);
  return element("table", properties ?? {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, columns.map(({ label, number }) =>
      element("th", { scope: "col", className: number ? "number" : "" }, label)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, row.map(cell)))));
}

/** Names with what they are. */
export function facts(rows, properties) {
  return element("dl", { className: "facts", ...properties },
    rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

/** Digits and letters that somebody compares one by one. */
export function exact(text) {
  return element("code", { className: "exact" }, text);
}

export function section(id, title, ...children) {
  return element("section", { id, "aria-labelledby": `${id}-title`, tabIndex: -1 },
    element("h2", { id: `${id}-title` }, title), ...children);
}
