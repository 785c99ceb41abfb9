/* Draws a figure's chart when it comes into sight, in the colours of the page, and lets its drawing be shown instead. */
"use strict";
(() => {
  const here = document.currentScript.src;
  // Okabe and Ito, as the drawings have them; black is the colour of the text.
  const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "text", "#F0E442"];
  const DARK = { "#0072B2": "#3D9BDB", "#D55E00": "#F27A2A", "#009E73": "#2BBF93" };
  const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-left", "triangle-right",
    "M0,-1L.3,-.3L1,0L.3,.3L0,1L-.3,.3L-1,0L-.3,-.3Z", "M-1,-.4H1V.4H-1Z", "M-.4,-1H.4V1H-.4Z"];
  let loading;

  const vega = () => loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = resolve;
    script.onerror = reject;
    script.src = new URL("vega.js", here).href;
    document.head.append(script);
  });

  const channels = (colour) => (colour.match(/[\d.]+/g) || [0, 0, 0]).map(Number);

  // Pixels that an entry of the legend takes: of the longest one, where the specification states them.
  function entry(spec) {
    const names = [];
    JSON.stringify(spec, (key, value) => { if (key === "color") names.push(...(value.scale?.domain || [])); return value; });
    return Math.max(140, ...names.map((name) => 30 + 6 * name.length));
  }

  function look(place, spec) {
    const style = getComputedStyle(place), text = style.color;
    const soft = getComputedStyle(place.closest("figure").querySelector("figcaption") || place).color;
    const [red, green, blue] = channels(text);
    const dark = red + green + blue > 380;
    const colours = COLOURS.map((one) => one === "text" ? text : dark && DARK[one] || one);
    const words = { labelColor: soft, titleColor: text, titleFontWeight: 500, labelFontSize: 11, titleFontSize: 12 };
    const line = dark ? "#4a525c" : "#c9ced4";
    return {
      dark,
      config: {
        background: null, font: style.fontFamily, autosize: { type: "fit-x", contains: "padding" },
        view: { stroke: null },
        axis: { ...words, gridColor: line, domainColor: line, tickColor: line, titlePadding: 8, labelSeparation: 8 },
        legend: { ...words, orient: "bottom", direction: "horizontal", labelLimit: 260, titleLimit: 260,
          layout: { bottom: { direction: "vertical", anchor: "start" } }, symbolBaseFillColor: text, symbolBaseStrokeColor: text,
          columns: Math.max(1, Math.floor((place.clientWidth - 50) / entry(spec))) },
        title: { color: text, fontSize: 13, fontWeight: 600 },
        range: { category: colours, symbol: SHAPES },
      },
    };
  }

  async function draw(chart) {
    const place = chart.querySelector(".plot"), figure = chart.closest("figure");
    const spec = JSON.parse(chart.querySelector("script").textContent);
    chart.hidden = false;
    try {
      await vega();
      const { dark, config } = look(place, spec), before = chart.drawn;
      // What the reader chose stays when the colours change.
      const kept = before ? Object.fromEntries((spec.params || []).filter((one) => one.bind?.input)
        .map((one) => [one.name, before.view.signal(one.name)])) : {};
      for (const one of spec.params || []) if (one.name in kept) one.value = kept[one.name];
      before?.finalize();
      chart.drawn = await window.vegaEmbed(place, spec, {
        mode: "vega-lite", renderer: "svg", actions: false, config, tooltip: { theme: dark ? "dark" : "light" },
      });
    } catch (error) {
      chart.hidden = true;
      console.error(error);
      return;
    }
    if (figure.classList.contains("drawn")) return;
    figure.querySelector("img").loading = "eager"; // not seen on the screen, but printed
    figure.classList.add("drawn");
    chart.append(swap(figure));
  }

  function swap(figure) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "swap" });
    const label = () => { button.textContent = figure.classList.contains("drawing") ? "Show the chart" : "Show the drawing"; };
    button.addEventListener("click", () => {
      if (!figure.classList.toggle("drawing")) draw(button.parentElement);
      label();
    });
    label();
    return button;
  }

  document.addEventListener("DOMContentLoaded", () => {
    const charts = [...document.querySelectorAll(".chart")];
    if (!charts.length) return;
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        draw(target.querySelector(".chart"));
      }
    }, { rootMargin: "300px" });
    for (const chart of charts) seen.observe(chart.closest("figure"));
    let wait;
    const again = () => {
      clearTimeout(wait);
      wait = setTimeout(() => charts.filter((one) => one.drawn && one.clientWidth).forEach(draw), 60);
    };
    document.addEventListener("themechange", again);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  });
})();
