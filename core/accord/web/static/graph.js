// The link graph of a lead. Data: {nodes: [{data: {id, kind, label, records, hub}}], edges: [{data: {id,
// source, target, records}}]}; see GraphElements in accord.caseload.presentation. Labels are drawn on a
// canvas, never parsed.
"use strict";

const box = document.getElementById("graph");
const said = document.querySelector("[data-graph-said]");
const tools = document.querySelector("[data-graph-tools]");

// Cytoscape adds a <style> element with this id unless one is there; the policy forbids it, and
// accord.css says the same of .graph.
const sheet = document.createElement("template");
sheet.id = "__________cytoscape_stylesheet";
document.head.append(sheet);

const SHAPES = {
  phone: "round-rectangle", email: "round-rectangle", handle: "round-rectangle", url: "round-rectangle",
  wallet: "round-hexagon", image: "round-diamond", template: "round-tag",
};

// The style sheet names colours with functions that Cytoscape does not read: paint one pixel to learn them.
const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
  .getContext("2d", { willReadFrequently: true });

function colour(name) {
  const probe = document.createElement("i");
  probe.className = `graph-colour graph-colour-${name}`;
  box.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = value;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

function size(node) {
  return 10 + Math.min(18, 4 * Math.sqrt(node.data("records")));
}

// Two columns: groups of records on the left, what joins them on the right. Each node stands near the
// middle of its neighbours (four sweeps of the barycentre method), which keeps crossings few.
const ROW = box && box.clientWidth < 560 ? 44 : 28;

function labelWidth() {
  return Math.max(90, Math.min(190, (box.clientWidth - 150) / 2));
}

function positions(elements) {
  const ids = (wanted) => elements.nodes.filter(({ data }) => (data.kind === "records") === wanted)
    .sort((a, b) => b.data.records - a.data.records).map(({ data }) => data.id);
  const columns = [ids(true), ids(false)];
  const near = new Map(elements.nodes.map(({ data }) => [data.id, []]));
  for (const { data } of elements.edges) {
    near.get(data.source).push(data.target);
    near.get(data.target).push(data.source);
  }
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const [fixed, moved] = sweep % 2 ? [1, 0] : [0, 1];
    const rank = new Map(columns[fixed].map((id, index) => [id, (index + 0.5) / columns[fixed].length]));
    const middle = (id) => near.get(id).reduce((sum, other) => sum + (rank.get(other) ?? 0.5), 0) / (near.get(id).length || 1);
    columns[moved].sort((a, b) => middle(a) - middle(b));
  }
  const rows = Math.max(columns[0].length, columns[1].length);
  const wide = Math.max(70, Math.min(340, box.clientWidth - 2 * labelWidth() - 80));
  const places = new Map();
  columns.forEach((column, side) => column.forEach((id, index) => {
    places.set(id, { x: side * wide, y: (index + 0.5) * (rows * ROW / column.length) });
  }));
  return { places, height: rows * ROW };
}

function style() {
  const ink = colour("ink"), paper = colour("paper"), line = colour("line"), edge = colour("edge");
  const records = colour("records"), selector = colour("selector"), quiet = colour("quiet");
  return [
    { selector: "node", style: {
      label: "data(label)", color: ink, "font-family": getComputedStyle(document.body).fontFamily,
      "font-size": 12, "line-height": 1.25, "text-wrap": "wrap", "text-max-width": labelWidth(), "text-overflow-wrap": "anywhere", "text-valign": "center",
      "text-halign": "right", "text-justification": "left", "text-margin-x": 8,
      "text-outline-color": paper, "text-outline-width": 2, "min-zoomed-font-size": 7,
      width: 20, height: 20, "border-width": 2, "border-color": selector, "background-color": paper,
      shape: (node) => SHAPES[node.data("kind")] || "ellipse" } },
    { selector: "node[kind = 'records']", style: {
      shape: "ellipse", "background-color": records, "border-color": records,
      "text-halign": "left", "text-justification": "right", "text-margin-x": -8, width: size, height: size } },
    { selector: "node[?hub]", style: { "border-style": "dashed", "border-color": quiet, color: quiet } },
    { selector: "edge", style: {
      width: (each) => 1 + Math.min(5, Math.sqrt(each.data("records"))),
      "line-color": edge, "curve-style": "straight" } },
    { selector: ".far", style: { opacity: 0.2 } },
    { selector: "node:selected", style: { "border-color": line, "border-width": 4 } },
  ];
}

function draw(elements) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const { places, height } = positions(elements);
  box.style.height = `${Math.max(200, Math.min(900, height + 40))}px`;
  const graph = cytoscape({
    container: box, elements, style: style(), minZoom: 0.2, maxZoom: 3,
    userZoomingEnabled: false, boxSelectionEnabled: false,
    layout: { name: "preset", positions: (node) => places.get(node.id()), padding: 16 },
  });
  const dwell = { duration: calm ? 0 : 150 };
  const zoom = (factor) => graph.animate({
    zoom: { level: graph.zoom() * factor, renderedPosition: { x: graph.width() / 2, y: graph.height() / 2 } },
  }, dwell);
  const actions = { in: () => zoom(1.3), out: () => zoom(1 / 1.3), fit: () => graph.animate({ fit: { padding: 16 } }, dwell) };
  tools.hidden = false;
  tools.addEventListener("click", (event) => {
    const button = event.target.closest("[data-graph]");
    if (button) actions[button.dataset.graph]();
  });
  graph.on("select", "node", (event) => {
    const near = event.target.closedNeighborhood();
    graph.elements().addClass("far");
    near.removeClass("far");
    const others = near.nodes().length - 1;
    said.textContent = `${event.target.data("label").replaceAll("\n", " ")}: linked to ${others} ${others === 1 ? "other" : "others"}`;
  });
  graph.on("unselect", "node", () => {
    graph.elements().removeClass("far");
    said.textContent = "";
  });
  const restyle = () => graph.style(style());
  document.addEventListener("accord:theme", restyle);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
}

async function load() {
  const answer = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const elements = await answer.json();
  if (elements.nodes.length === 0) {
    box.hidden = true;
    said.textContent = "Nothing to draw: no selector joins its records.";
  } else {
    draw(elements);
  }
}

if (box) {
  load().catch((error) => {
    box.hidden = true;
    said.textContent = `The graph could not be drawn (${error.message}). The table says the same.`;
  });
}
