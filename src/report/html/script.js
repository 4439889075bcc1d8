// Filter and sort for the table of sites, and open folds on paper. The page is whole without it.
"use strict";
(() => {
  const table = document.getElementById("sites");
  if (table) inventory(table);
  onPaper();

  function inventory(table) {
    const body = table.tBodies[0];
    const form = document.getElementById("filter");
    const status = document.getElementById("filter-status");
    const text = document.getElementById("filter-text");
    const choices = [[3, "class"], [4, "severity"], [5, "fix"]]
      .map(([column, name]) => [column, document.getElementById("filter-" + name)]);
    const cell = (row, column) => row.cells[column].textContent;
    const rows = Array.from(body.rows);
    // Read when it is first needed, as that takes a while for thousands of rows.
    let texts = null;
    const number = (count) => count.toLocaleString("en");

    function filter() {
      const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
      texts ??= rows.map((row) => row.textContent.toLowerCase());
      let shown = 0;
      rows.forEach((row, at) => {
        const fits = words.every((word) => texts[at].includes(word)) &&
          choices.every(([column, choice]) => !choice.value || cell(row, column) === choice.value);
        row.hidden = !fits;
        if (fits) shown += 1;
      });
      status.textContent = shown === rows.length
        ? `All ${number(shown)} sites are shown.`
        : `${number(shown)} of ${number(rows.length)} sites are shown.`;
    }

    let waiting = 0;
    form.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;

    // Columns whose values have an order of their own say it; all others sort by text, numbers in it by value.
    const collator = new Intl.Collator("en", { numeric: true });
    const headers = Array.from(table.tHead.rows[0].cells);
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      const order = header.dataset.order && header.dataset.order.split("|");
      const key = (row) => order ? order.indexOf(cell(row, column)) : cell(row, column);
      button.addEventListener("click", () => {
        const down = header.getAttribute("aria-sort") === "ascending";
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", down ? "descending" : "ascending");
        const compare = order ? (a, b) => a - b : collator.compare;
        const sorted = rows.map((row) => [key(row), row]).sort(([a], [b]) => down ? compare(b, a) : compare(a, b));
        body.append(...sorted.map(([, row]) => row));
        status.textContent = `Sorted by ${button.textContent.toLowerCase()}, ${down ? "descending" : "ascending"}.`;
      });
    });
  }

  function onPaper() {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = Array.from(document.querySelectorAll("details:not([open])"));
      opened.forEach((fold) => { fold.open = true; });
    });
    addEventListener("afterprint", () => opened.forEach((fold) => { fold.open = false; }));
  }
})();
