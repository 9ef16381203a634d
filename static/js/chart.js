// What a chart ([data-chart="its name"]) shows is copied or saved: as a picture in the colours of the page, or as CSV from
// the table in it or behind it. The picture is the chart's own markup in an SVG, drawn on a canvas.
const STYLES = `align-content align-items align-self background-color border-bottom border-collapse border-left border-radius
border-right border-spacing border-top bottom box-shadow box-sizing color column-gap display fill filter flex flex-direction
flex-wrap font-family font-size font-style font-variant-numeric font-weight grid-auto-columns grid-auto-flow grid-column
grid-row grid-template-columns height inset-inline justify-content justify-self left letter-spacing line-height list-style margin-bottom margin-left
margin-right margin-top max-height max-width min-height min-width opacity order padding-bottom padding-left padding-right padding-top
position right row-gap stroke stroke-dasharray stroke-width text-align text-anchor text-decoration text-transform top
transform vertical-align white-space width z-index`.split(/\s+/);
const SHARP = 2;

function dress(from, to, pseudo) {
  const seen = getComputedStyle(from, pseudo);
  for (const name of STYLES) to.style.setProperty(name, seen.getPropertyValue(name));
  return seen;
}

// A copy that carries its looks with it; what only the ear gets, and what is folded away, stays out.
function copyOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.cloneNode();
  if (node.nodeType !== Node.ELEMENT_NODE || node.matches(".visually-hidden, details, script, template")) return null;
  const copy = node.cloneNode(false);
  for (const name of ["id", "href", "class"]) copy.removeAttribute(name);
  const seen = dress(node, copy);
  if (seen.display === "none") return null;
  if (seen.position === "sticky") copy.style.position = "static"; // a head that sticks would lie on the first row
  if (seen.overflowX !== "visible") copy.style.overflow = "hidden";
  const within = node instanceof SVGElement ? [] : ["::before", "::after"];
  const around = within.map((pseudo) => {
    const { content } = getComputedStyle(node, pseudo);
    if (content === "none" || content === "normal") return null;
    const drawn = document.createElement("span");
    drawn.textContent = content.replace(/^"|"$/g, "");
    dress(node, drawn, pseudo);
    return drawn;
  });
  copy.append(...[around[0], ...[...node.childNodes].map(copyOf), around[1]].filter(Boolean));
  return copy;
}

async function picture(chart) {
  const shown = chart.querySelector("[data-chart-picture]");
  const wide = Math.ceil(Math.max(shown.scrollWidth, ...[...shown.querySelectorAll("*")].map((one) => one.scrollWidth || 0)));
  const high = Math.ceil(shown.scrollHeight);
  const pad = 16;
  const copy = copyOf(shown);
  copy.style.width = `${wide}px`;
  const xml = new XMLSerializer().serializeToString(copy);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}"><foreignObject width="100%" height="100%">${xml}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  // outside of the page nothing else says what it shows
  const { color, fontFamily } = getComputedStyle(chart);
  const name = { text: chart.dataset.chart, font: `600 14px ${fontFamily}`, high: 28 };
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  pen.font = name.font;
  canvas.width = (Math.max(wide, Math.ceil(pen.measureText(name.text).width)) + 2 * pad) * SHARP;
  canvas.height = (name.high + high + 2 * pad) * SHARP;
  pen.fillStyle = getComputedStyle(chart.closest(".panel") ?? document.body).backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.scale(SHARP, SHARP);
  pen.fillStyle = color;
  pen.font = name.font;
  pen.textBaseline = "top";
  pen.fillText(name.text, pad, pad);
  pen.drawImage(image, pad, pad + name.high);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("empty"))), "image/png"));
}

// --- figures ---
const words = (cell) => {
  const said = cell.cloneNode(true);
  for (const mute of said.querySelectorAll("[aria-hidden], .chart-mute")) mute.remove();
  const texts = document.createTreeWalker(said, NodeFilter.SHOW_TEXT);
  const parts = [];
  while (texts.nextNode()) parts.push(texts.currentNode.data); // what stands below something is another word
  return parts.join(" ").replace(/\s+/g, " ").replace(/ ([,.;:)])/g, "$1").trim();
};

function rows(chart) {
  const table = chart.querySelector("table");
  if (table) return [...table.rows].map((row) => [...row.cells].map((cell) => cell.dataset.value ?? words(cell)));
  return [...chart.querySelectorAll(".bars > li")].map((item) => [...item.querySelectorAll(".bar > span")].map(words));
}

// a spreadsheet shows it and does not compute it
function field(text) {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?[€$£¥]?[\d.,]+\s?%?$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csv = (chart) => `\ufeff${rows(chart).map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function say(text, tone) {
  document.body.dispatchEvent(new CustomEvent("toast", { detail: { text, tone } }));
}

const fileName = (chart) => chart.dataset.chart.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "chart";

const DO = {
  png: async (chart) => save(await picture(chart), `${fileName(chart)}.png`),
  csv: async (chart) => save(new Blob([csv(chart)], { type: "text/csv" }), `${fileName(chart)}.csv`),
  copy: async (chart) => {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": picture(chart) })]);
    say("The picture is copied.", "success");
  },
  table: async (chart) => hiddenTable(chart)?.classList.toggle("visually-hidden"),
};

const hiddenTable = (chart) => chart.querySelector("[data-chart-table]");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-chart-do]");
  const chart = button?.closest("[data-chart]");
  if (!chart) return;
  button.closest("details").open = false;
  try {
    await DO[button.dataset.chartDo](chart);
  } catch {
    say("This browser doesn’t let a page do that. Save it as a file instead.", "error");
  }
});

function show() {
  for (const tools of document.querySelectorAll(".chart-tools[hidden]")) {
    tools.hidden = false;
    tools.querySelector("[data-chart-do=table]").hidden = !hiddenTable(tools.closest("[data-chart]"));
  }
}
document.body.addEventListener("htmx:afterSettle", show);
show();
