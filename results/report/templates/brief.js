(function () {
  "use strict";
  var root = document.documentElement;
  var button = document.getElementById("theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var PRINT_WIDTH = 930;  // pixels of a plot before the print style makes it smaller (.plot in brief.css)
  var holder = document.getElementById("bundle");
  var bundle = holder ? JSON.parse(holder.textContent) : { shared: {}, figures: {} };

  var KEPT = "cge-brief-theme";

  // A page opened from a file may have no storage: then the theme is the system's.
  function remembered() {
    try { return window.localStorage.getItem(KEPT); } catch (error) { return null; }
  }

  function remember(name) {
    try { window.localStorage.setItem(KEPT, name); } catch (error) { return; }
  }

  function dark() {
    var set = root.getAttribute("data-theme");
    return set === "dark" || (set === "auto" && system.matches);
  }

  function told() {
    button.setAttribute("aria-pressed", String(dark()));
    button.textContent = dark() ? "Light page" : "Dark page";
  }

  // Shared parts are put back by reference: they are stored once in the page and once in memory.
  function whole(trace) {
    var out = {};
    Object.keys(trace).forEach(function (key) {
      var value = trace[key];
      out[key] = value && value.$shared ? bundle.shared[value.$shared] : value;
    });
    return out;
  }

  function plots() {
    return Array.prototype.slice.call(document.querySelectorAll(".plot"));
  }

  function patch(plot, isDark, more) {
    var own = bundle.figures[plot.dataset.figure];
    return Object.assign({}, isDark ? own.dark : own.light, more || {});
  }

  function draw(plot) {
    var own = bundle.figures[plot.dataset.figure];
    var config = { responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false,
                   doubleClick: false, typesetMath: false, showTips: false };
    var layout = Object.assign({ autosize: true }, JSON.parse(JSON.stringify(own.layout)));  // Plotly changes it
    return window.Plotly.newPlot(plot, own.data.map(whole), layout, config)
      .then(function () { return window.Plotly.relayout(plot, patch(plot, dark(), maps(own, plot.clientWidth))); })
      .then(function () { return paint(plot, mode()); })
      .then(function () { plot.dataset.drawn = "yes"; });
  }

  function repaint() {
    told();
    return Promise.all(plots().map(function (plot) {
      return Promise.all([window.Plotly.relayout(plot, patch(plot, dark())), paint(plot, mode())]);
    }));
  }

  function mode() { return dark() ? "dark" : "light"; }

  // Patterns are pictures in a PDF, megabytes of them: on paper they are tints.
  var TINTS = { "/": 0.3, "x": 0.62, ".": 0.12, "-": 0.45, "|": 0.78 };

  function tint(colour, share) {
    var parts = [1, 3, 5].map(function (k) { return parseInt(colour.slice(k, k + 2), 16); });
    return "rgba(" + parts.concat(share).join(",") + ")";
  }

  // Attributes of a trace that differ between light, dark and paper; its meta holds what its own figure says.
  function look(trace, name) {
    var own = Object.assign({}, trace.meta && (trace.meta[name] || trace.meta.light));
    var shape = trace.marker && trace.marker.pattern && trace.marker.pattern.shape;
    if (shape) {
      own["marker.pattern.shape"] = name === "paper" ? "" : shape;
      own["marker.color"] = name === "paper" ? tint(trace.marker.color, TINTS[shape]) : trace.marker.color;
    }
    return own;
  }

  function paint(plot, name) {
    var groups = {};
    bundle.figures[plot.dataset.figure].data.forEach(function (trace, n) {
      var own = look(trace, name), keys = Object.keys(own).sort(), id = keys.join();
      if (!keys.length) { return; }
      groups[id] = groups[id] || { traces: [], style: {} };
      groups[id].traces.push(n);
      keys.forEach(function (key) { (groups[id].style[key] = groups[id].style[key] || []).push(own[key]); });
    });
    return Promise.all(Object.keys(groups).map(function (id) {
      return window.Plotly.restyle(plot, groups[id].style, groups[id].traces);
    }));
  }

  // Maps fill the width: one beside another where two have room, each as high as it is wide.
  function maps(own, width) {
    var meta = own.layout.meta;
    if (!meta || !meta.maps || !width) { return {}; }
    var across = width < 600 ? 1 : width >= 900 && meta.maps === 3 ? 3 : Math.min(meta.maps, 2), down = Math.ceil(meta.maps / across), gap = 0.02;
    var share = (1 - gap * (across - 1)) / across, one = meta.title + width * share * meta.shape;
    var out = { height: meta.key + one * down };
    for (var k = 0; k < meta.maps; k += 1) {
      var left = (k % across) * (share + gap), line = Math.floor(k / across), name = k ? String(k + 1) : "";
      var top = 1 - (line + meta.title / one) / down;
      out["xaxis" + name + ".domain"] = [left, Math.min(1, left + share)];
      out["yaxis" + name + ".domain"] = [Math.max(0, 1 - (line + 1) / down), top];
      out["annotations[" + k + "].x"] = left;
      out["annotations[" + k + "].y"] = top;
    }
    return out;
  }

  var waiting = null;
  window.addEventListener("resize", function () {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(function () {
      if (printing) { return; }
      plots().forEach(function (plot) {
        var size = maps(bundle.figures[plot.dataset.figure], plot.clientWidth);
        if (size.height) { window.Plotly.relayout(plot, size); }
      });
    }, 150);
  });

  button.addEventListener("click", function () {
    root.setAttribute("data-theme", dark() ? "light" : "dark");
    remember(root.getAttribute("data-theme"));
    repaint();
  });
  system.addEventListener("change", repaint);

  // Rows of bars move together on paper, as far as their labels allow; figures of several panels keep their height.
  function paperHeight(own) {
    var layout = own.layout;
    var panels = Object.keys(layout).some(function (key) {
      var range = key.indexOf("yaxis") === 0 && layout[key].domain;
      return range && (range[0] > 0.01 || range[1] < 0.99);
    });
    if (!layout.height || panels) { return layout.height || null; }
    var labels = own.data.reduce(function (all, trace) {
      return all.concat(Array.isArray(trace.y) ? trace.y : []);
    }, []);
    labels = layout.yaxis && layout.yaxis.ticktext ? unwrapped(layout.yaxis.ticktext) : labels;
    var lines = Math.max.apply(null, labels.map(function (text) { return String(text).split("<br>").length; }));
    var rows = Math.max.apply(null, own.data.map(function (trace) {
      return trace.orientation === "h" && trace.y && trace.y.length || 0;
    }));
    var bars = own.data.filter(function (trace) { return trace.orientation === "h" && trace.x && trace.x[0] !== null; });
    var groups = new Set(bars.map(function (trace) { return trace.offsetgroup || trace.name; })).size;
    var edges = 24 + (layout.margin && layout.margin.t || 0) + (layout.margin && layout.margin.b || 0);
    var least = edges + rows * Math.max(6 + 16 * lines, 5 * groups + 6);
    return rows ? Math.min(Math.max(layout.height, edges + rows * (6 + 16 * lines)), least) : layout.height;
  }

  // On paper a name that has room stands in one line.
  function unwrapped(labels) {
    return labels.map(function (text) {
      var line = String(text).replace(/<br>/g, " ");
      return line.length <= 50 ? line : text;
    });
  }

  // What stands over the plot, in shares of its height, keeps its distance in pixels from it.
  function above(layout, high) {
    var margin = (layout.margin || {});
    var edges = (margin.t || 0) + (margin.b || 0);
    var out = {};
    if (!high || !layout.height || high <= edges) { return out; }
    var stretch = (layout.height - edges) / (high - edges);
    if (layout.legend && layout.legend.y > 1) { out["legend.y"] = 1 + (layout.legend.y - 1) * stretch; }
    (layout.annotations || []).forEach(function (mark, n) {
      if (mark.yref === "paper" && mark.y > 1) { out["annotations[" + n + "].y"] = 1 + (mark.y - 1) * stretch; }
    });
    return out;
  }

  // On paper: light, one width, nothing unfolded, tints; afterwards all as it was.
  var opened = [];
  var printing = false;
  window.addEventListener("beforeprint", function () {
    printing = true;
    opened = Array.prototype.slice.call(document.querySelectorAll("details[open]"));
    opened.forEach(function (part) { part.open = false; });
    plots().forEach(function (plot) {
      var own = bundle.figures[plot.dataset.figure];
      var high = paperHeight(own), axis = own.layout.yaxis;
      var labels = axis && axis.ticktext ? { "yaxis.ticktext": unwrapped(axis.ticktext) } : {};
      // In two steps: the second finds the legend in the lines that it takes at the new width.
      window.Plotly.relayout(plot, Object.assign({ autosize: false, width: PRINT_WIDTH, height: high }, labels,
        maps(own, PRINT_WIDTH)));
      window.Plotly.relayout(plot, patch(plot, false, above(own.layout, high)));
      paint(plot, "paper");
    });
  });
  window.addEventListener("afterprint", function () {
    printing = false;
    opened.forEach(function (part) { part.open = true; });
    plots().forEach(function (plot) {
      var own = bundle.figures[plot.dataset.figure], layout = own.layout;
      var size = { autosize: true, width: null, height: layout.height || null };
      if (layout.yaxis && layout.yaxis.ticktext) { size["yaxis.ticktext"] = layout.yaxis.ticktext; }
      Object.assign(size, above(layout, layout.height), maps(own, plot.clientWidth));
      window.Plotly.relayout(plot, patch(plot, dark(), size));
      paint(plot, mode());
    });
  });

  // Options of commands stay whole at the end of a line: each word is a box of its own.
  document.querySelectorAll("code").forEach(function (code) {
    if (code.closest("pre") || code.children.length || code.textContent.indexOf(" ") < 0) { return; }
    var words = code.textContent.split(" ");
    code.textContent = "";
    words.forEach(function (word, n) {
      var box = document.createElement("span");
      box.className = "word";
      box.textContent = word;
      if (n) { code.append(" "); }
      code.append(box);
    });
  });

  if (remembered() === "dark" || remembered() === "light") { root.setAttribute("data-theme", remembered()); }
  told();
  Promise.all(plots().map(draw)).then(function () { root.setAttribute("data-ready", "yes"); });
})();
