/*
 * axe-core on every page in every state that a visitor can bring about, each in light, dark and
 * forced colours, narrow and wide. axe is put into the page, so the content policy is off here.
 *
 *     accessibility.mjs nb | en | plain
 */
import { readFileSync } from "node:fs";

import { DESKTOP, Visitor, answerOf, check, requireFrom, run, same, text, waitForMail }
    from "./stage.mjs";

const { ADDRESS, PASSWORD, PERSON, PWRESET_URL, TASK_URL, WORK_URL } = process.env;
const AXE = readFileSync(requireFrom.resolve("axe-core/axe.min.js"), "utf8");
const NARROW = { width: 320, height: 640 };
const COLOURS = [
    { name: "light", colorScheme: "light", forcedColors: "none" },
    { name: "dark", colorScheme: "dark", forcedColors: "none" },
    { name: "forced colours", colorScheme: "light", forcedColors: "active" },
];

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
    return { wrong: result.violations.flatMap(shown), unsure: result.incomplete.flatMap(shown) };
}

async function checkWidth(page, state) {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    check(`${state}: no sideways scrolling at 320 px`, width <= NARROW.width, width);
}

async function inspect(visitor, state) {
    const { page } = visitor;
    await page.evaluate(AXE);
    for (const size of [NARROW, DESKTOP]) {
        await page.setViewportSize(size);
        if (size === NARROW) {
            await checkWidth(page, state);
        }
        for (const { name, ...media } of COLOURS) {
            await page.emulateMedia(media);
            const { wrong, unsure } = await page.evaluate(findings, visitor.hasScript);
            const mode = `${state}, ${name}, ${size.width} px`;
            same(`${mode}: axe finds nothing`, wrong, []);
            same(`${mode}: axe is sure`, unsure, []);
        }
    }
    await page.emulateMedia({ colorScheme: null, forcedColors: null });
}

/* The links of a mail to this address, by their first word: r or stop. */
async function linksOf(count) {
    const mail = await (await fetch(await waitForMail(ADDRESS, count))).text();
    const link = (kind) => mail.match(new RegExp(`href="(${PWRESET_URL}/${kind}/[^"]+)"`))[1];
    return { reset: link("r"), stop: link("stop") };
}

async function inspectRequest(visitor, language) {
    const { page } = visitor;
    await page.goto(`${PWRESET_URL}/`);
    await inspect(visitor, "request");
    await page.click("form button");
    await page.locator(".summary").waitFor();
    await inspect(visitor, "request, nothing typed");
    await page.fill("#name", PERSON);
    if (visitor.hasScript) {
        await page.getByRole("status").filter({ hasText: text("work.done", language) }).waitFor();
        await inspect(visitor, "request, work done");
    }
    await page.waitForTimeout(visitor.hasScript ? 0 : Number(process.env.FORM_AGE) * 1000 + 100);
    await page.click("form button");
    await visitor.arrive("sent", language);
    await page.click("summary");
    await inspect(visitor, "sent");
}

async function inspectReset(visitor, language) {
    const { page } = visitor;
    const { reset } = await linksOf(1);
    await page.goto(reset);
    await inspect(visitor, "reset");
    await page.fill("#first", PASSWORD);
    if (visitor.hasScript) {
        await page.click("[data-show=first]");
        await inspect(visitor, "reset, rules met, password shown");
    }
    await page.fill("#second", "another");
    await page.click("button[type=submit]");
    await page.locator(".summary").waitFor();
    await inspect(visitor, "reset, passwords not alike");
    await page.fill("#first", PASSWORD);
    await page.fill("#second", PASSWORD);
    await page.click("button[type=submit]");
    await visitor.arrive("done", language);
    await inspect(visitor, "done");
    await page.goto(reset);
    await inspect(visitor, "dead, spent");
    await page.click("form button");
    await visitor.arrive("sent", language);
    await inspect(visitor, "sent, nobody named");
}

/* The third mail: the second tells of the change. */
async function inspectStop(visitor, language) {
    const { page } = visitor;
    const { reset, stop } = await linksOf(3);
    await page.goto(stop);
    await inspect(visitor, "stop");
    await page.click("form button");
    await visitor.arrive("stopped", language);
    await inspect(visitor, "stopped");
    await page.goto(stop);
    await inspect(visitor, "stop, too late");
    await page.goto(reset);
    await inspect(visitor, "dead, stopped");
    await page.goto(`${PWRESET_URL}/r/${"A".repeat(43)}`);
    await visitor.arrive("dead", language);
    await inspect(visitor, "dead, unknown");
}

async function inspectChange(visitor, language) {
    const { page } = visitor;
    await page.goto(`${PWRESET_URL}/change`);
    await visitor.arrive("change", language);
    await inspect(visitor, "change");
    await page.fill("#name", PERSON);
    await page.fill("#old", "not-mine");
    await page.waitForTimeout(visitor.hasScript ? 0 : Number(process.env.FORM_AGE) * 1000 + 100);
    await page.click("button[type=submit]");
    await page.locator(".summary").waitFor();
    await inspect(visitor, "change, no new password");
    await page.goto(`${PWRESET_URL}/unlocked`);
    await visitor.arrive("unlocked", language);
    await inspect(visitor, "unlocked");
}

async function inspectStatic(visitor, language) {
    await visitor.page.goto(`${PWRESET_URL}/help`);
    await visitor.arrive("help", language);
    await inspect(visitor, "help");
    await visitor.page.goto(`${PWRESET_URL}/nowhere`);
    await visitor.arrive("error", language);
    await inspect(visitor, "error");
}

async function inspectWork(visitor) {
    const { page } = visitor;
    await page.goto(`${WORK_URL}/`);
    if (visitor.hasScript) {
        await page.route("**/challenge*", () => {}); /* never answered: it goes on working */
        await page.focus("#name");
        await page.locator("[data-state=working]").waitFor();
    }
    await inspect(visitor, "request, working");
    await page.unrouteAll();
}

async function inspectTask(visitor, language) {
    const { page } = visitor;
    await page.goto(`${TASK_URL}/`);
    await page.fill("#name", PERSON);
    await page.click("form button");
    await visitor.arrive("challenge", language);
    await page.locator(".squares img").evaluate((image) => image.decode());
    await page.focus("[name=s1]");
    await inspect(visitor, "task");
    await page.check(`[name=${answerOf(await page.inputValue("[name=task] >> nth=0")).wrong[0]}]`);
    await page.check("[name=sound] >> nth=0");
    await inspect(visitor, "task, marked");
    await page.click("button[value=picture]");
    await page.locator(".summary").waitFor();
    await inspect(visitor, "task, wrong");
}

async function inspectAll(browser, language, hasScript = true) {
    const visitor = await Visitor.open(browser, {
        hasScript, bypassCSP: true, locale: language === "nb" ? "nb-NO" : "en-GB" });
    await visitor.tab("about:blank");
    await inspectWork(visitor);
    await inspectTask(visitor, language);
    await inspectRequest(visitor, language);
    await inspectReset(visitor, language);
    await inspectStop(visitor, language);
    await inspectChange(visitor, language);
    await inspectStatic(visitor, language);
    await visitor.context.close();
}

await run({
    nb: (browser) => inspectAll(browser, "nb"),
    en: (browser) => inspectAll(browser, "en"),
    plain: (browser) => inspectAll(browser, "nb", false),
});
