"use strict";
// Everything on this page is readable without this script; it draws charts, filters tables and
// reads single cells out of the pictures of agreement. It adds text only, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);

  // ast: expressions are interpreted, so that the page needs no right to evaluate code.
  const options = { ast: true, actions: false, renderer: "svg" };
  const drawn = [...document.querySelectorAll("[data-chart]")].map((box) => {
    const told = box.innerHTML;
    const spec = data[box.dataset.group].charts[box.dataset.chart];
    return vegaEmbed(box, spec, options).then(
      ({ view }) => {
        box.dataset.state = "drawn";
        box.dispatchEvent(new CustomEvent("drawn", { bubbles: true, detail: view }));
      },
      (error) => { box.dataset.state = "failed"; box.innerHTML = told; console.error(error); },
    );
  });
  Promise.all(drawn).then(() => { document.documentElement.dataset.charts = "done"; });

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  document.querySelectorAll("[data-filters]").forEach((input) => {
    const id = input.dataset.filters;
    const table = document.getElementById(id);
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => plain(row.textContent));
    const status = document.getElementById(id + "-s");
    const button = document.querySelector(`[data-all="${id}"]`);
    let most = Number(table.dataset.first) || Infinity;
    const show = () => {
      const words = plain(input.value).split(/\s+/).filter(Boolean);
      let found = 0;
      let shown = 0;
      rows.forEach((row, k) => {
        const fits = words.every((word) => texts[k].includes(word));
        found += fits;
        row.hidden = !fits || shown >= most;
        shown += !row.hidden;
      });
      const part = words.length ? `${found} found among ${rows.length}` : `${rows.length}`;
      status.textContent = shown === found ? part : `${shown} shown of ${part}`;
      button.hidden = shown === found;
    };
    input.addEventListener("input", show);
    button.addEventListener("click", () => { most = Infinity; show(); input.focus(); });
    input.closest(".search").hidden = false;
    show();
  });

  // The picture's palette gives each percentage a colour of its own.
  const stops = [...getComputedStyle(document.querySelector(".ramp i") || document.body)
    .backgroundImage.matchAll(/rgb\((\d+), (\d+), (\d+)\)/g)].map((m) => m.slice(1).map(Number));
  const nearest = (r, g, b) => {
    if (r + g + b === 765) return null;
    let best = 0;
    let least = Infinity;
    for (let p = 0; p <= 100; p++) {
      const at = (p / 100) * (stops.length - 1);
      const k = Math.min(Math.floor(at), stops.length - 2);
      const off = [r, g, b].reduce((sum, value, c) => {
        const here = stops[k][c] + (stops[k + 1][c] - stops[k][c]) * (at - k);
        return sum + (value - here) ** 2;
      }, 0);
      if (off < least) { least = off; best = p; }
    }
    return best;
  };

  document.querySelectorAll(".heat").forEach((heat) => {
    const names = data[heat.dataset.group].names;
    const image = heat.querySelector("img");
    const output = heat.querySelector("output");
    const selects = [...heat.querySelectorAll("select")];
    let pixels = null;
    const say = (i, j) => {
      if (i === j) { output.textContent = names[i]; return; }
      const at = 4 * (i * names.length + j);
      const share = nearest(pixels[at], pixels[at + 1], pixels[at + 2]);
      const much = share === null ? "no common item" : `chose alike on ${share}% of common items`;
      output.textContent = `${names[i]} and ${names[j]}: ${much}`;
    };
    const ready = () => {
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = names.length;
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      pixels = context.getImageData(0, 0, names.length, names.length).data;
      selects.forEach((select, k) => {
        names.forEach((name, i) => select.add(new Option(name, i)));
        select.selectedIndex = k ? names.length - 1 : 0;
        select.addEventListener("change", () => say(selects[0].selectedIndex, selects[1].selectedIndex));
      });
      heat.querySelector(".pair").hidden = false;
      say(0, names.length - 1);
    };
    image.decode().then(ready, (error) => console.error(error));
    image.addEventListener("pointermove", (event) => {
      if (!pixels) return;
      const cell = (offset, size) =>
        Math.min(names.length - 1, Math.max(0, Math.floor((offset / size) * names.length)));
      const j = cell(event.offsetX, image.clientWidth);
      const i = cell(event.offsetY, image.clientHeight);
      selects[0].selectedIndex = i;
      selects[1].selectedIndex = j;
      say(i, j);
    });
  });
})();
