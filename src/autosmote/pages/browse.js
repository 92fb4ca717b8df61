"use strict";
// The first part computes what autosmote.analysis computes, for a selection; it knows nothing of the page.
// The second part is the page. Values of a text column are places in data.values[column].

// --- Numbers -------------------------------------------------------------------------------------------------

/** Round as the analysis does, so that equal means tie. */
function rounded(value) {
  return Math.round(value * 1e12) / 1e12;
}

/**
 * Scores by seed, one row per configuration and one Map per selected sampler, empty without a score.
 * selection: {metric, score, reference, and Sets dataset, imbalance_ratio, classifier, sampler}.
 */
function scoresBySeed(data, selection) {
  const rows = data.rows;
  const samplers = data.values.sampler.map((_, place) => place).filter((place) => selection.sampler.has(place));
  const configurations = new Map();
  for (const row of selectedRows(data, selection)) {
    const key = [rows.dataset[row], rows.imbalance_ratio[row], rows.classifier[row]].join();
    if (!configurations.has(key)) {
      configurations.set(key, new Map(samplers.map((sampler) => [sampler, new Map()])));
    }
    const score = rows[selection.score][row];
    if (score !== null) configurations.get(key).get(rows.sampler[row]).set(rows.seed[row], score);
  }
  const cells = [...configurations.values()].map((ofSampler) => [...ofSampler.values()]);
  return {samplers, cells};
}

/** Mean difference of two methods over the seeds that both have; null where they share none. */
function meanDifference(ours, theirs) {
  const common = [...ours.keys()].filter((seed) => theirs.has(seed));
  return common.length ? rounded(mean(common.map((seed) => ours.get(seed) - theirs.get(seed)))) : null;
}

/** The rows of the score table in a selection. A score that a view lacks is left out, as in the analysis. */
function selectedRows(data, selection) {
  const rows = data.rows;
  const found = [];
  for (let row = 0; row < rows.sampler.length; row++) {
    const lacking = rows[selection.score][row] === null && rows.test_score[row] !== null;
    if (
      rows.metric[row] === selection.metric && !lacking &&
      ["dataset", "imbalance_ratio", "classifier", "sampler"].every((name) => selection[name].has(rows[name][row]))
    ) {
      found.push(row);
    }
  }
  return found;
}

/** Ranks of one configuration: 1 is best, ties share their average, methods without a score share the last. */
function ranksOf(scores) {
  const values = scores.map((score) => (score === null ? -Infinity : score));
  return values.map((value) => {
    const better = values.filter((other) => other > value).length;
    const equal = values.filter((other) => other === value).length;
    return better + (equal + 1) / 2;
  });
}

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}

/** Friedman's chi-square, corrected for ties; null where it cannot be made. */
function friedman(ranks) {
  const blocks = ranks.length;
  const methods = blocks ? ranks[0].length : 0;
  if (methods < 3 || blocks < 2) return null;
  let ties = 0;
  for (const row of ranks) {
    for (const rank of new Set(row)) {
      const equal = row.filter((other) => other === rank).length;
      ties += equal * (equal * equal - 1);
    }
  }
  const correction = 1 - ties / (methods * (methods * methods - 1) * blocks);
  if (correction <= 0) return null;
  const sums = ranks[0].map((_, place) => ranks.reduce((sum, row) => sum + row[place], 0));
  const squares = sums.reduce((sum, value) => sum + value * value, 0);
  return ((12 / (methods * blocks * (methods + 1))) * squares - 3 * blocks * (methods + 1)) / correction;
}

/** Average ranks, comparisons with the reference, and what differs significantly, in a selection. */
function analyse(data, selection) {
  const {samplers, cells} = scoresBySeed(data, selection);
  const means = cells.map((row) => row.map((bySeed) => (bySeed.size ? rounded(mean([...bySeed.values()])) : null)));
  const ranks = means.map(ranksOf);
  const at = samplers.indexOf(selection.reference);
  const methods = samplers.map((sampler, place) => {
    const differences = at < 0
      ? []
      : cells.map((row) => meanDifference(row[at], row[place])).filter((found) => found !== null);
    return {
      sampler,
      rank: mean(ranks.map((row) => row[place])),
      score: mean(means.map((row) => row[place]).filter((score) => score !== null)),
      missing: means.filter((row) => row[place] === null).length,
      wins: differences.filter((difference) => difference > 0).length,
      ties: differences.filter((difference) => difference === 0).length,
      losses: differences.filter((difference) => difference < 0).length,
      difference: mean(differences),
    };
  });
  return {
    configurations: means.length,
    methods,
    statistic: friedman(ranks),
    critical: data.friedman[samplers.length],
    criticalDifference: data.nemenyi[samplers.length] / Math.sqrt(means.length),
  };
}

// --- The page ------------------------------------------------------------------------------------------------

const GREY = "#999999";
const FONT = {family: "system-ui, sans-serif", size: 12, color: "#222"};
const CONFIG = {displayModeBar: false, responsive: true};

/** What a script element holds: text, compressed, in base64. */
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function element(name, text = "", attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  return Object.assign(made, attributes);
}

function options(select, labels, chosen = 0) {
  const made = Object.entries(labels).map(([value, label]) => element("option", label, {value}));
  select.replaceChildren(...made);
  select.value = String(chosen);
}

/** Boxes to tick, one per value of a column. */
function boxes(data, name, places, ticked, changed) {
  return places.map((place) => {
    const label = element("label");
    const box = element("input", "", {type: "checkbox", checked: ticked(place), value: place});
    box.addEventListener("change", changed);
    label.append(box, ` ${data.labels[name][place]}`);
    return label;
  });
}

function filters(data, changed) {
  options(document.getElementById("metric"), data.labels.metric);
  options(document.getElementById("score"), data.scores, "test_score");
  options(document.getElementById("reference"), data.labels.sampler, data.reference);
  for (const id of ["metric", "score", "reference"]) document.getElementById(id).addEventListener("change", changed);
  for (const name of ["dataset", "imbalance_ratio", "classifier"]) {
    const places = data.values[name].map((_, place) => place);
    document.getElementById(name).append(...boxes(data, name, places, () => true, changed));
  }
  for (const category of new Set(data.categories)) {
    const places = data.values.sampler.map((_, place) => place).filter((place) => data.categories[place] === category);
    const labels = boxes(data, "sampler", places, (place) => data.chosen[place], changed);
    const group = element("p", category, {className: "group"});
    for (const [title, tick] of [["all", true], ["none", false]]) {
      const button = element("button", title, {type: "button"});
      button.addEventListener("click", () => {
        for (const label of labels) label.querySelector("input").checked = tick;
        changed();
      });
      group.append(button);
    }
    document.getElementById("sampler").append(group, ...labels);
  }
}

function selected() {
  const ticked = (id) =>
    new Set([...document.querySelectorAll(`#${id} input:checked`)].map((box) => Number(box.value)));
  return {
    metric: Number(document.getElementById("metric").value),
    score: document.getElementById("score").value,
    reference: Number(document.getElementById("reference").value),
    dataset: ticked("dataset"),
    imbalance_ratio: ticked("imbalance_ratio"),
    classifier: ticked("classifier"),
    sampler: ticked("sampler"),
  };
}

function shown(value, digits) {
  return value === null ? "–" : value.toFixed(digits).replace("-", "−");
}

function fill(table, titles, left, rows) {
  const line = (tag, cells) => {
    const made = element("tr");
    made.append(...cells.map((cell, place) => element(tag, cell, {className: place < left ? "left" : ""})));
    return made;
  };
  const head = element("thead");
  const body = element("tbody");
  head.append(line("th", titles));
  body.append(...rows.map((row) => line("td", row)));
  table.replaceChildren(head, body);
  return body;
}

function drawRanks(data, selection) {
  const found = analyse(data, selection);
  const methods = found.methods.toSorted((one, other) => one.rank - other.rank);
  const names = methods.map((method) => data.labels.sampler[method.sampler]);
  const reference = data.labels.sampler[selection.reference];
  const differ = found.statistic !== null && found.statistic > found.critical;
  const verdict = document.getElementById("verdict");
  const empty = found.configurations === 0 || methods.length === 0;
  document.getElementById("ranks").hidden = document.getElementById("comparison").hidden = empty;
  drawRows(data, selection);
  if (empty) {
    verdict.textContent = "There are no scores in this selection.";
    return;
  }
  const plural = found.configurations === 1 ? "" : "s";
  const count = `${methods.length} methods in ${found.configurations} configuration${plural}; 1 is best. `;
  const test = found.statistic === null
    ? "There are too few of them for Friedman's test."
    : `Friedman's χ² is ${found.statistic.toFixed(1)}, ${differ ? "above" : "not above"} ` +
      `${found.critical.toFixed(1)} (α = ${data.alpha}): ` +
      (differ
        ? `methods differ, and significantly so where their average ranks are more than ` +
          `${found.criticalDifference.toFixed(2)} apart (Nemenyi; the band begins at the first).`
        : "no difference between the methods is found.");
  verdict.textContent = count + test;
  const best = methods[0].rank;
  const band = {
    type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below", line: {width: 0},
    x0: best, x1: best + found.criticalDifference, fillcolor: "#0072B2", opacity: 0.12,
  };
  Plotly.react(
    "ranks",
    [{
      type: "scatter", mode: "markers", x: methods.map((method) => method.rank), y: names,
      marker: {
        size: 8,
        color: methods.map((method) => data.colours[method.sampler === selection.reference ? 1 : 0]),
      },
      hovertemplate: "%{y}: %{x:.2f}<extra></extra>",
    }],
    {
      font: FONT, height: 90 + 19 * names.length, margin: {l: 10, r: 10, t: 10, b: 45}, shapes: differ ? [band] : [],
      xaxis: {title: {text: "Average rank"}, range: [0.5, names.length + 0.5],
              gridcolor: "#E5E5E5", zeroline: false},
      yaxis: {autorange: "reversed", type: "category", automargin: true, gridcolor: "#E5E5E5"},
    },
    CONFIG
  );
  const body = fill(
    document.getElementById("comparison"),
    ["Method", "Rank", "Won/tied/lost", "Difference", "Score", "Missing"],
    1,
    methods.map((method, place) => {
      const other = method.sampler !== selection.reference && method.difference !== null;
      return [
        names[place], shown(method.rank, 2),
        other ? `${method.wins}/${method.ties}/${method.losses}` : "",
        other ? shown(method.difference, 3) : "",
        shown(method.score, 3), method.missing ? String(method.missing) : "",
      ];
    })
  );
  document.getElementById("comparison_note").textContent =
    `Won, tied, lost: configurations in which ${reference} is better, equal, worse. Difference: its score less the ` +
    "other's. Score: mean over configurations. Missing: configurations without a score, which ranks last.";
  methods.forEach((method, place) => {
    body.children[place].classList.toggle("reference", method.sampler === selection.reference);
  });
}

/** The rows of the score table themselves, when somebody looks. */
function drawRows(data, selection) {
  const most = 500;
  const details = document.getElementById("rows");
  const found = selectedRows(data, selection);
  const more = found.length > most ? `, the first ${most} of ` : ": ";
  details.querySelector("summary").textContent = `Rows of the score table${more}${found.length.toLocaleString("en")}`;
  if (!details.open) return;
  const columns = ["dataset", "imbalance_ratio", "classifier", "sampler", "seed"];
  fill(
    details.querySelector("table"),
    ["Data set", "Ratio", "Classifier", "Method", "Seed", "Validation", data.scores[selection.score], "Status"],
    4,
    found.slice(0, most).map((row) => [
      ...columns.map((name) => data.labels[name][data.rows[name][row]]),
      shown(data.rows.validation_score[row], 4), shown(data.rows[selection.score][row], 4),
      data.labels.status[data.rows.status[row]],
    ])
  );
}

const CELL = ["dataset", "imbalance_ratio", "classifier", "metric", "seed"];

/** Selects for the cells that have searches; a cell without any is not offered. */
function cellSelects(data, changed) {
  const searches = [...data.curves, ...data.samples];
  const titles = ["Data set", "Ratio", "Classifier", "Metric", "Seed"];
  CELL.forEach((name, place) => {
    const found = [...new Set(searches.map((search) => search[name]))].sort((one, other) => one - other);
    const select = element("select", "", {id: `cell_${name}`});
    select.append(...found.map((value) => element("option", data.labels[name][value], {value})));
    select.value = (data.samples[0] ?? searches[0])[name];
    select.addEventListener("change", changed);
    document.getElementById("cell").append(`${titles[place]} `, select);
  });
  if (data.samples.length) {
    const found = [...new Set(data.samples.map((search) => search.sampler))];
    const select = element("select", "", {id: "cell_sampler"});
    select.append(...found.map((value) => element("option", data.labels.sampler[value], {value})));
    select.addEventListener("change", changed);
    document.getElementById("cell").append("Samples of ", select);
  }
}

function ofCell(searches) {
  return searches.filter((search) =>
    CELL.every((name) => search[name] === Number(document.getElementById(`cell_${name}`).value))
  );
}

function drawCurves(data) {
  const searches = ofCell(data.curves);
  const metric = data.labels.metric[Number(document.getElementById("cell_metric").value)];
  const traces = searches.flatMap((search, place) =>
    ["validation", "test"].map((kind) => ({
      type: "scatter", mode: "lines", x: search.iteration, y: search[kind],
      name: data.labels.sampler[search.sampler], legendgroup: String(search.sampler), showlegend: kind === "validation",
      line: {
        shape: "hv", width: 1.5, dash: kind === "test" ? "dot" : "solid",
        color: data.colours[place % data.colours.length],
      },
    }))
  );
  Plotly.react(
    "curves", traces,
    {
      font: FONT, height: 380, margin: {l: 60, r: 10, t: 50, b: 45}, legend: {orientation: "h", y: 1.02, yanchor: "bottom"},
      xaxis: {title: {text: "Iteration"}, gridcolor: "#E5E5E5", zeroline: false},
      yaxis: {title: {text: metric}, gridcolor: "#E5E5E5", zeroline: false},
    },
    CONFIG
  );
  document.getElementById("curves_note").textContent = searches.length
    ? "Solid: validation score of the best samples so far. Dotted: what these score on the test rows, which the search " +
      "does not know."
    : "No learning curve of this cell is here.";
}

function drawSamples(data) {
  const chosen = document.getElementById("cell_sampler");
  const search = chosen && ofCell(data.samples).find((found) => found.sampler === Number(chosen.value));
  document.getElementById("samples").hidden = !search;
  const note = document.getElementById("samples_note");
  if (!search) {
    note.textContent = data.samples.length
      ? "Of this search no samples are here; they are kept for the first seed."
      : "The samples of the searches are not here; the workflow's target browse adds them.";
    return;
  }
  // The minority last, so that the few rows of it are seen.
  const kinds = [["majority", GREY, "circle", 4], ["synthetic", data.colours[1], "x-thin", 7],
                 ["minority", data.colours[0], "circle", 7]];
  const traces = kinds.map(([kind, color, symbol, size]) => ({
    type: "scatter", mode: "markers", name: `${search.counts[kind].toLocaleString("en")} ${kind}`,
    x: search[kind][0].map((value) => search.low[0] + value * search.step[0]),
    y: search[kind][1].map((value) => search.low[1] + value * search.step[1]),
    marker: {color, symbol, size, opacity: 0.8, line: {color, width: symbol === "x-thin" ? 1.2 : 0}}, hoverinfo: "skip",
  }));
  Plotly.react(
    "samples", traces,
    {
      font: FONT, height: 380, margin: {l: 60, r: 10, t: 50, b: 45}, legend: {orientation: "h", y: 1.02, yanchor: "bottom"},
      xaxis: {title: {text: "First principal component"}, gridcolor: "#E5E5E5", zeroline: false},
      yaxis: {title: {text: "Second principal component"}, gridcolor: "#E5E5E5", zeroline: false},
    },
    CONFIG
  );
  note.textContent =
    `Training rows and the best synthetic rows. The two components hold ${(100 * search.explained).toFixed(0)}% of ` +
    "the variance of the training rows.";
}

async function start() {
  const script = element("script", await unpacked("plotly"));
  document.head.append(script);
  const data = JSON.parse(await unpacked("data"));
  const changed = () => drawRanks(data, selected());
  filters(data, changed);
  document.getElementById("rows").addEventListener("toggle", changed);
  changed();
  if (data.curves.length || data.samples.length) {
    const search = () => {
      drawCurves(data);
      drawSamples(data);
    };
    cellSelects(data, search);
    search();
  } else {
    document.getElementById("searches").hidden = true;
  }
  window.browse = {data, analyse: (selection = selected()) => analyse(data, selection), selected};
}

start();
