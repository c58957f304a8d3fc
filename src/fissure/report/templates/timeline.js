"use strict";
// Everything on this page is readable without this script, but for the names of members in each
// period: they are added as text, never as markup, when that period is looked at.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (tag, text) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const groups = {};

  const tell = (period, blocs) => {
    const box = period.querySelector(".who");
    if (!box || box.childElementCount) return;
    blocs.forEach(([name, who, found]) => {
      const list = element("ul");
      who.forEach((n, i) => {
        const item = element("li");
        item.append(element("bdi", data.names[n]), " ", element("small", `${found[i]}%`));
        list.append(item);
      });
      box.append(element("h4", `Bloc ${name}`), list);
    });
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Members of the blocs");
    box.append(element("small", "Per cent: share of the repeated half-records in which the member was found in this bloc."));
  };

  document.querySelectorAll("[data-periods]").forEach((box) => {
    const id = box.dataset.periods;
    const periods = [...box.querySelectorAll(".period")];
    const select = box.querySelector("select");
    const every = box.querySelector("[data-every]");
    const status = box.querySelector("[role=status]");
    const flow = document.querySelector(`[data-flow="${id}"]`);
    const group = { box, view: null, at: periods.length - 1 };
    groups[id] = group;
    periods.forEach((period, k) => {
      select.add(new Option(period.querySelector("summary").textContent, k));
      period.addEventListener("toggle", () => { if (period.open) tell(period, data[id].members[k]); });
    });
    group.show = (k) => {
      group.at = Math.max(0, Math.min(periods.length - 1, k));
      periods.forEach((period, i) => { period.hidden = i !== group.at; period.open = i === group.at; });
      select.selectedIndex = group.at;
      every.hidden = false;
      status.textContent = "";
      box.querySelector("[data-step='-1']").disabled = group.at === 0;
      box.querySelector("[data-step='1']").disabled = group.at === periods.length - 1;
      if (group.view) group.view.signal("chosen", group.at).runAsync();
      if (flow) flow.querySelectorAll("g[data-k]").forEach((g) => { g.classList.toggle("chosen", Number(g.dataset.k) === group.at); });
    };
    group.visit = () => {
      box.open = true;
      box.scrollIntoView({ block: "nearest" });
      periods[group.at].querySelector("summary").focus();
    };
    select.addEventListener("change", () => group.show(select.selectedIndex));
    box.querySelectorAll("[data-step]").forEach((button) => {
      button.addEventListener("click", () => group.show(group.at + Number(button.dataset.step)));
    });
    every.addEventListener("click", () => {
      periods.forEach((period) => { period.hidden = false; period.open = false; });
      every.hidden = true;
      status.textContent = `${periods.length} periods shown`;
    });
    if (flow) {
      flow.addEventListener("click", (event) => {
        const bar = event.target.closest("g[data-k]");
        if (bar) { group.show(Number(bar.dataset.k)); group.visit(); }
      });
    }
    box.classList.add("single");
    box.open = true;
    group.show(group.at);
  });

  document.querySelectorAll("[data-keys]").forEach((box) => {
    const group = groups[box.dataset.keys];
    const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    box.tabIndex = 0;
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); group.visit(); }
      if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      group.show(group.at + steps[event.key]);
    });
  });

  document.addEventListener("drawn", ({ target, detail: view }) => {
    const isOverview = target.dataset.group === "overview";
    if (!isOverview && target.dataset.chart !== "time") return;
    const group = groups[isOverview ? target.dataset.chart : target.dataset.group];
    if (!isOverview) {
      group.view = view;
      view.signal("chosen", group.at).runAsync();
    }
    view.addEventListener("click", (event, item) => {
      const k = item && item.datum ? item.datum.k : undefined;
      if (k === undefined) return;
      group.show(k);
      if (isOverview) group.visit();
    });
  });

  const follow = () => {
    const at = /^#(g\d+)-p(\d+)$/.exec(location.hash);
    if (at && groups[at[1]]) { groups[at[1]].show(Number(at[2])); groups[at[1]].visit(); }
  };
  window.addEventListener("hashchange", follow);
  follow();
  document.querySelectorAll(".scripted").forEach((part) => { part.hidden = false; });
})();
