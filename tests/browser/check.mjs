// Opens the pages that tests/browser.rs has written and checks what only a browser can tell. Each check has a page of its
// own; all share one Chromium. Usage: node check.mjs PACKAGES PAGES CHROMIUM
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, pages, program] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 740 };
// From WCAG 2.2, level AA.
const TEXT_CONTRAST = 4.5;

const browser = await chromium.launch({
  executablePath: program,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

// Opens a page; whatever it complains about or asks of the network is a fault.
async function open(name, options, check) {
  const context = await browser.newContext({ viewport: WIDE, ...options });
  const address = pathToFileURL(join(pages, `${name}.html`)).href;
  const faults = [];
  try {
    const page = await context.newPage();
    page.on("console", (message) => faults.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(`error: ${error}`));
    page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => { if (request.url() !== address) faults.push(`request: ${request.url()}`); });
    await page.addInitScript(() => {
      window.violations = [];
      addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
    });
    await page.goto(address);
    await check(page);
    const violations = await page.evaluate(() => window.violations ?? []);
    faults.push(...violations.map((directive) => `policy: ${directive}`));
  } finally {
    await context.close();
  }
  assert.deepEqual(faults, []);
}

const rows = (page) => page.locator("#sites tbody tr:visible").count();
const status = (page) => page.locator("#filter-status").textContent();

// Waits for what the page is to say; an announcement may come a moment after the input.
async function says(page, words) {
  await page.waitForFunction((words) => document.getElementById("filter-status").textContent === words, words, { timeout: 10_000 })
    .catch(async () => assert.equal(await status(page), words));
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => {
    document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
    return window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
  });
  const shown = violations.map((each) => `${each.id}: ${each.help}\n  ${each.nodes.slice(0, 3).map((node) => node.html + "\n  " + node.failureSummary).join("\n  ")}`);
  assert.equal(shown.length, 0, shown.join("\n"));
}

// The lowest contrast of the texts that match, by the first background that is not transparent.
function contrasts(selectors) {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parse = (color) => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  return selectors.map((selector) => {
    const found = Array.from(document.querySelectorAll(selector));
    const each = found.map((element) => {
      const style = getComputedStyle(element);
      const color = element instanceof SVGElement ? style.fill : style.color;
      const [a, b] = [light(parse(color)), light(ground(element))].sort((a, b) => b - a);
      return (a + 0.05) / (b + 0.05);
    });
    return [selector, found.length, Math.min(...each)];
  });
}

const TEXTS = [
  "h1", ".lead", ".eyebrow", ".made", "a", ".card .answer", ".legend li", "b.v", "td", "th", "caption", "small", "code",
  ".diff ins", ".diff del", ".diff .at", "label", ".checklist p", ".chart text", ".hint", ".open", ".retired", ".tag", ".status",
];

async function contrast(page) {
  for (const [selector, count, least] of await page.evaluate(contrasts, TEXTS)) {
    assert.ok(count > 0, `nothing in the page is ${selector}`);
    assert.ok(least >= TEXT_CONTRAST, `${selector} has a contrast of ${least.toFixed(2)}`);
  }
}

const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

// The page itself does not scroll sideways; tables and code scroll within themselves.
async function fits(page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const beyond = Array.from(document.body.querySelectorAll("*"))
      .filter((element) => element.getBoundingClientRect().right > width && !element.parentElement.closest(".scroll, pre, svg"));
    return beyond.slice(0, 5).map((element) => `${element.outerHTML.slice(0, 80)} ends at ${element.getBoundingClientRect().right}`);
  });
  assert.deepEqual(wide, [], `at ${page.viewportSize().width} pixels`);
}

const checks = {
  "loads, and asks nothing of the network": () => open("full", {}, async (page) => {
    assert.equal(await page.locator("h1").textContent(), "shop-assistant");
    assert.equal(await rows(page), 41);
  }),
  "an empty report loads": () => open("empty", {}, accessible),
  "the data is that of the JSON report": async () => {
    for (const name of ["full", "hostile"]) {
      await open(name, {}, async (page) => {
        const data = await page.evaluate(() => JSON.parse(document.getElementById("report").textContent));
        assert.deepEqual(data, JSON.parse(readFileSync(join(pages, `${name}.json`), "utf8")));
      });
    }
  },
  "the filter narrows, says so and is cleared": () => open("full", {}, async (page) => {
    await page.fill("#filter-text", "JOBS nightly");
    await says(page, "8 of 41 sites are shown.");
    assert.equal(await rows(page), 8);
    await page.selectOption("#filter-class", "client");
    await says(page, "0 of 41 sites are shown.");
    await page.click("#filter button");
    await says(page, "All 41 sites are shown.");
    await page.selectOption("#filter-severity", "error");
    await says(page, "2 of 41 sites are shown.");
    await page.selectOption("#filter-severity", "");
    await page.selectOption("#filter-fix", "fix to review");
    await says(page, "4 of 41 sites are shown.");
  }),
  "sorting sorts, says so and works by keyboard": () => open("full", {}, async (page) => {
    const column = (at) => page.locator(`#sites tbody tr > :nth-child(${at})`).allTextContents();
    const before = await column(1);
    await page.locator("#sites thead button", { hasText: "Severity" }).focus();
    await page.keyboard.press("Enter");
    await says(page, "Sorted by severity, ascending.");
    assert.deepEqual([...new Set(await column(5))], ["error", "warning", "note"]);
    await page.keyboard.press("Enter");
    await says(page, "Sorted by severity, descending.");
    assert.deepEqual([...new Set(await column(5))], ["note", "warning", "error"]);
    assert.equal(await page.locator("#sites th[aria-sort]").getAttribute("aria-sort"), "descending");
    await page.locator("#sites thead button", { hasText: "Place" }).click();
    const places = await column(1);
    const numbers = places.filter((place) => place.includes("nightly.py")).map((place) => Number(place.split(":")[1]));
    assert.ok(numbers.length > 2 && numbers.some((number) => number > 30));
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
    assert.deepEqual(places.toSorted(), before.toSorted());
  }),
  "without scripts all is there but filter and sort": () => open("full", { javaScriptEnabled: false }, async (page) => {
    assert.equal(await rows(page), 41);
    assert.equal(await page.locator("#filter").isVisible(), false);
    assert.equal(await page.locator("#sites button").count(), 0);
    assert.ok((await status(page)).startsWith("41 sites"));
    await page.locator("summary", { hasText: "how each call was found" }).first().click();
    assert.ok(await page.locator(".calls .chain").first().isVisible());
  }),
  "light and dark both have contrast": async () => {
    const grounds = [];
    for (const colorScheme of ["light", "dark"]) {
      await open("full", { colorScheme }, async (page) => {
        await contrast(page);
        grounds.push(await ground(page));
      });
    }
    assert.notEqual(grounds[0], grounds[1]);
  },
  "all has a name and a place, for those who do not see it": async () => {
    for (const colorScheme of ["light", "dark"]) await open("full", { colorScheme }, accessible);
    await open("full", {}, async (page) => {
      for (const chart of await page.getByRole("img").all()) {
        assert.ok(await chart.evaluate((svg) => svg.querySelector("desc").textContent.length > 10));
      }
      assert.equal(await page.getByRole("img", { name: /Sites by class|Sites by folder|Work by package/ }).count(), 3);
      for (const name of [/Parts of the API/, /All sites/, /Names of deployments/, /What each setting is called/]) {
        assert.equal(await page.getByRole("table", { name }).count(), 1, String(name));
      }
      assert.equal(await page.getByRole("searchbox", { name: "Text" }).count(), 1);
      assert.equal(await page.getByRole("combobox").count(), 3);
      const levels = await page.locator("h1,h2,h3,h4").evaluateAll((all) => all.map((heading) => Number(heading.tagName[1])));
      levels.reduce((before, level) => { assert.ok(level <= before + 1, `h${level} after h${before}`); return level; }, 0);
    });
  },
  "the first key leads past the contents, and the focus is seen": () => open("full", {}, async (page) => {
    await page.keyboard.press("Tab");
    const link = page.locator(":focus");
    assert.equal(await link.textContent(), "Skip to the report");
    const box = await link.boundingBox();
    assert.ok(box.width > 50 && box.height > 20, "the link is not seen");
    assert.notEqual(await link.evaluate((element) => getComputedStyle(element).outlineStyle), "none");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "content");
  }),
  "every link of the contents leads to its section": async () => {
    for (const name of ["full", "large"]) {
      await open(name, {}, async (page) => {
        for (const link of await page.locator("nav a").all()) {
          await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
          const target = (await link.getAttribute("href")).slice(1);
          await link.click();
          const lands = (id) => {
            const { top } = document.getElementById(id).getBoundingClientRect();
            const end = document.documentElement.scrollHeight - innerHeight - scrollY;
            return Math.abs(top) < 40 || (end < 2 && top < innerHeight);
          };
          await page.waitForFunction(lands, target, { timeout: 5_000 }).catch(() => {});
          // It stays there once what is above has been laid out.
          await page.waitForTimeout(300);
          assert.ok(await page.evaluate(lands, target), `${name}: the link to ${target} misses it`);
        }
      });
    }
  },
  "narrow and wide screens scroll in one direction": async () => {
    for (const name of ["full", "hostile"]) {
      for (const viewport of [NARROW, { width: 390, height: 844 }, { width: 768, height: 1024 }, { width: 2560, height: 1440 }]) {
        await open(name, { viewport }, async (page) => {
          await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => { fold.open = true; }));
          await fits(page);
        });
      }
    }
  },
  "paper is light, complete and without controls": () => open("full", { colorScheme: "dark" }, async (page) => {
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    assert.equal(await ground(page), "rgb(255, 255, 255)");
    assert.equal(await page.locator("#filter").isVisible(), false);
    assert.equal(await page.locator("nav").isVisible(), false);
    assert.equal(await page.locator("details:not([open])").count(), 0);
    await contrast(page);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    assert.ok(await page.locator("details:not([open])").count() > 0);
    await page.emulateMedia({ media: null });
    const paper = await page.pdf({ format: "A4" });
    assert.equal(paper.subarray(0, 5).toString(), "%PDF-");
  }),
  "hostile text stays text": () => open("hostile", {}, async (page) => {
    const counted = await page.evaluate(() =>
      [document.images.length, document.scripts.length, document.querySelectorAll("[onerror],[style]").length]);
    assert.deepEqual(counted, [0, 2, 0]);
    assert.ok((await page.locator("h1").textContent()).includes("</script><img src=x onerror=alert(1)><!--<script>"));
    assert.ok(!(await page.locator("body").innerText()).includes("\u202e"), "the writing direction can be turned round");
    assert.equal(await page.locator("a[href^='javascript']").count(), 0);
    await accessible(page);
  }),
  "five thousand sites open, and are filtered": () => open("large", {}, async (page) => {
    assert.equal(await page.locator("#sites tbody tr").count(), 5000);
    await page.fill("#filter-text", "area-7/");
    await says(page, "97 of 5,000 sites are shown.");
  }),
};

let failed = 0;
const only = process.env.BROWSER_ONLY ?? "";
for (const [name, check] of Object.entries(checks).filter(([name]) => name.includes(only))) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (fault) {
    failed += 1;
    console.log(`not ok ${name}\n${String(fault.stack ?? fault).replace(/^/gm, "    ")}`);
  }
}
await browser.close();
process.exitCode = failed ? 1 : 0;
