/*
 * Every page in every state, looked at once: in nb, en and ar, with script and without.
 *
 * axe-core in light, dark and forced colours, narrow and wide; no sideways scrolling; nothing inline;
 * no word on the console, no foreign request, no cookie. It leaves in OUT, for the tests that read
 * them: the pages as they were served (pages/), the tree that screen readers get and the stops of the
 * Tab key (trees/), and pictures for people (pictures/).
 *
 * axe is put in through the browser's own debugger, so the pages' content policy stays as it is.
 *
 *     accessibility.mjs all | languages
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { DESKTOP, Session, check, languages, launch, requireFrom, run, same, text }
    from "./stage.mjs";
import { walk } from "./walk.mjs";

const { OUT, PEOPLE_OF_WALKS, PWRESET_URL } = process.env;
const AXE = `${readFileSync(requireFrom.resolve("axe-core/axe.min.js"), "utf8")};0`;
const NARROW = { width: 320, height: 640 };
const COLOURS = [
    { name: "light", colorScheme: "light", forcedColors: "none" },
    { name: "dark", colorScheme: "dark", forcedColors: "none" },
    { name: "forced", colorScheme: "light", forcedColors: "active" },
];
const AT_ONCE = 3; /* walks, a browser each: several in one wait for each other's frames */
const MOST_SECONDS = 60; /* at one stop */
const MOST_STOPS = 60;

const file = (name) => name.replaceAll(/[^a-z]+/g, "-");

function write(folder, name, content) {
    mkdirSync(join(OUT, folder), { recursive: true });
    writeFileSync(join(OUT, folder, name), content);
}

/* Runs in the page. What axe cannot decide is a finding too. */
async function findings(hasScript) {
    if (!hasScript) { /* no timer runs then, and axe takes a breath by one now and then */
        window.setTimeout = (action) => { Promise.resolve().then(action); };
    }
    const result = await window.axe.run(document, {
        preload: false,
        resultTypes: ["violations", "incomplete"],
        rules: { "target-size": { enabled: true } },
    });
    const shown = ({ id, nodes }) => nodes.map(({ target, any }) =>
        `${id} at ${target.join(" ")}: ${any.map(({ message }) => message).join("; ")}`);
    return JSON.stringify({
        wrong: result.violations.flatMap(shown), unsure: result.incomplete.flatMap(shown) });
}

/* Runs in the page: what the content policy would have to forgive. */
function inline() {
    return [...document.querySelectorAll("*")].filter((element) =>
        element.localName === "style" || element.hasAttribute("style")
        || element.localName === "script" && (!element.src || element.textContent)
        || [...element.attributes].some(({ name }) => name.startsWith("on"))
        || /^javascript:/i.test(element.getAttribute("href") || ""))
        .map((element) => element.outerHTML.slice(0, 100));
}

async function evaluate(debug, expression) {
    const { result, exceptionDetails } = await debug.send("Runtime.evaluate", {
        expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) {
        throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    }
    return result.value;
}

/* What changes from one run to the next. */
function steady(tree, { person, language }) {
    const thing = text("challenge.picture", language).split("{")[0];
    return tree.replaceAll(person.uid, "PERSON").replaceAll(/https?:\/\/127\.0\.0\.1:\d+/g, "")
        .replaceAll(/[\w-]{22,}/g, "…")
        .replaceAll(/\b\d{1,2}([.:]\d\d){1,2}\b/g, "TIME")
        .replaceAll(/\d{1,2}\.? \p{L}+( \d{4})?(,? (kl\.|at))? TIME/gu, "DAY")
        .replaceAll(new RegExp(`${thing}[^":]*`, "g"), `${thing}THING`)
        .replaceAll(" [checked]", "")
        .replaceAll(/- radio "[^"]*"(: .*)?/g, "- radio \"SOUND\"")
        .replaceAll(/(- strong: ).*/g, "$1CODE");
}

/* Languages come and go; a page is the same without them. */
function withoutLanguages(tree, language) {
    const name = text("common.language", language);
    return tree.replace(new RegExp(`^( *)- navigation "${name}":\\n(\\1 +.*\\n)*`, "m"),
        `$1- navigation "${name}"\n`);
}

/* Runs in the page: what has the focus. */
function focused() {
    const { activeElement: at } = document;
    if (at === document.body) {
        return null;
    }
    const { outlineStyle, outlineWidth } = getComputedStyle(at);
    return {
        name: at.closest(".languages") ? "(languages)"
            : `${at.localName} ${at.id || at.textContent.trim() || at.name || at.className}`.trim(),
        hasRing: at.localName === "audio" || outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    };
}

/* The stops of the Tab key from the page's beginning, each with a ring to see. */
async function stopsOf(page, what) {
    await page.evaluate(() => {
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute("tabindex");
    });
    const stops = [];
    for (let presses = 0; presses < MOST_STOPS; presses++) {
        await page.keyboard.press("Tab");
        const stop = await page.evaluate(focused);
        if (stop === null || (stops.length > 1 && stop.name === stops[0].name
            && stops.at(-1).name !== stop.name)) {
            break;
        }
        if (stops.at(-1)?.name !== stop.name) {
            stops.push(stop);
        }
    }
    same(`${what}: focus is seen at each stop`, stops.filter((stop) => !stop.hasRing), []);
    return stops.map((stop) => stop.name);
}

async function inspect(stage, what, debug) {
    const { page } = stage.session;
    await evaluate(debug, AXE);
    for (const size of [NARROW, DESKTOP]) {
        await page.setViewportSize(size);
        for (const { name, ...media } of COLOURS) {
            await page.emulateMedia(media);
            const mode = `${what}, ${name}, ${size.width} px`;
            const { wrong, unsure } = JSON.parse(
                await evaluate(debug, `(${findings})(${stage.session.hasScript})`));
            same(`${mode}: axe finds nothing`, wrong, []);
            same(`${mode}: axe is sure`, unsure, []);
            if (stage.session.hasScript) {
                await page.screenshot({ fullPage: true, caret: "initial", path: join(OUT,
                    "pictures", stage.language, `${file(stage.state)}-${name}-${size.width}.png`) });
            }
        }
        if (size === NARROW) {
            const width = await page.evaluate(() => document.documentElement.scrollWidth);
            check(`${what}: no sideways scrolling at 320 px`, width <= NARROW.width, width);
        }
    }
    await page.emulateMedia({ colorScheme: null, forcedColors: null });
}

async function see(stage, state) {
    const { session, language } = stage;
    const { page, hasScript } = session;
    const what = `${language}${hasScript ? "" : ", no script"}: ${state}`;
    const debug = await session.context.newCDPSession(page);
    const key = `${language}-${hasScript ? "script" : "plain"}-${file(state)}`;
    stage.state = state;
    write("pages", `${key}.html`, await session.answer.body());
    same(`${what}: the page's language`,
        await page.evaluate(() => document.documentElement.lang), language);
    same(`${what}: nothing inline`, await page.evaluate(inline), []);
    same(`${what}: each form has its button`, await page.locator("form:visible").evaluateAll(
        (forms) => forms.filter((form) => !form.querySelector("button:not([type=button])")).length), 0);
    const first = await page.evaluate(focused);
    const tree = withoutLanguages(`${await page.locator("body").ariaSnapshot()}\n`, language);
    await inspect(stage, what, debug);
    if (hasScript) {
        const stops = await stopsOf(page, what);
        write(`trees/${language}`, file(state), steady(`== ${state}\ntitle: ${await page.title()}\n`
            + `focus: ${first?.name || "none"}\nTab: ${stops.join(" | ")}\n${tree}`, stage));
    }
    await debug.detach();
}

async function within(seconds, promise, what) {
    let timer;
    const late = new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${what}: no end after ${seconds} s`)),
            seconds * 1000);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function walkIn(browser, language, hasScript, person) {
    const session = await Session.open(browser, {
        hasScript, locale: { nb: "nb-NO", en: "en-GB" }[language] || language });
    session.others = [process.env.WORK_URL, process.env.CAPTCHA_URL, process.env.RARE_URL]
        .map((url) => new URL(url).origin);
    await session.tab("about:blank");
    const stage = { session, language, person };
    stage.see = (state) => within(MOST_SECONDS, see(stage, state),
        `${language}${hasScript ? "" : ", no script"}: ${state}`);
    await walk(stage);
    await session.leave({ isClean: false });
}

/* Walks until none is left. */
async function walkSome(walks, people) {
    const browser = await launch();
    try {
        for (let next = walks.shift(); next; next = walks.shift()) {
            const started = Date.now();
            await walkIn(browser, ...next, people.pop());
            check(`the walk ${next} took ${((Date.now() - started) / 1000).toFixed(1)} s`, true);
        }
    } finally {
        await browser.close();
    }
}

async function all() {
    const people = JSON.parse(PEOPLE_OF_WALKS);
    const walks = ["nb", "en", "ar"].filter((language) => languages.includes(language))
        .flatMap((language) => [[language, true], [language, false]]);
    const lanes = Array.from({ length: AT_ONCE }, () => walkSome(walks, people));
    const ended = await Promise.allSettled(lanes);
    const failed = ended.find(({ status }) => status === "rejected");
    if (failed) {
        throw failed.reason;
    }
}

/* A look at each language: it is whole in its own direction, and no word is too long for a narrow
 * screen. */
async function glance(browser) {
    const session = await Session.open(browser, { viewport: NARROW });
    await session.tab("about:blank");
    const { page } = session;
    for (const language of languages) {
        for (const place of ["", "help", "done", "nowhere", `r/${"A".repeat(43)}`]) {
            await page.goto(`${PWRESET_URL}/${language}/${place}`);
            const seen = await page.evaluate(() => [document.documentElement.lang,
                document.documentElement.dir, document.documentElement.scrollWidth]);
            same(`${language}: /${place} at 320 px`, seen,
                [language, language === "ar" ? "rtl" : "ltr", NARROW.width]);
            const words = await page.innerText("body");
            check(`${language}: /${place} has no placeholder left`, !/[{}]/.test(words), words);
        }
    }
    await session.leave({ isClean: false });
}

await run({ all, languages: glance });
