/*
 * Through every page in every state that a session can bring about, in one language. At each stop
 * `see(state)` is called; what is looked at there is not this file's business.
 *
 * A step belongs to a template and is left out where conf/pages has none of that name.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { answerOf, check, text, waitForMail } from "./stage.mjs";

const { env } = process;
const { PASSWORD, PWRESET_URL, RARE_URL, CAPTCHA_URL, WORK_URL } = env;

/* The links of this person's newest mail, of so many. */
async function linksOf(person, count) {
    const mail = await (await fetch(await waitForMail(person.address, count))).text();
    const link = (kind) => mail.match(new RegExp(`href="(${PWRESET_URL}/${kind}/[^"]+)"`))[1];
    return { reset: link("r"), stop: link("stop") };
}

/* Takes the person's links out of their time, and back into it. */
function setLate({ uid }, isLate) {
    execFileSync("sqlite3", ["-cmd", ".timeout 10000", env.DB_FILE, "UPDATE pwreset_tokens SET "
        + `expires = expires ${isLate ? "-" : "+"} 86400000000 WHERE login = '${uid}'`]);
}

function grown(session) {
    return session.page.waitForTimeout(session.hasScript ? 0 : Number(env.FORM_AGE) * 1000 + 100);
}

async function summary(session) {
    const box = session.page.locator(".summary");
    await box.waitFor();
    if (session.hasScript) {
        check("the focus is on the summary of errors",
            await box.evaluate((element) => element === document.activeElement));
    }
}

async function working({ session, see }) {
    const { page } = session;
    await page.goto(`${WORK_URL}/`);
    if (session.hasScript) {
        await page.route("**/challenge*", () => {}); /* never answered: it goes on working */
        await page.focus("#name");
        await page.locator("[data-state=working]").waitFor();
    }
    await see("request, working");
    await page.unrouteAll();
}

async function captcha({ session, see, language, person }) {
    const { page } = session;
    await page.goto(`${CAPTCHA_URL}/`);
    await page.fill("#name", person.uid);
    await page.click("form button");
    await session.arrive("challenge", language);
    await page.locator(".squares img").evaluate((image) => image.decode());
    await page.focus("[name=s1]");
    await see("captcha");
    await page.check(`[name=${answerOf(await page.inputValue("[name=captcha] >> nth=0")).wrong[0]}]`);
    await page.check("[name=sound] >> nth=0");
    await see("captcha, marked");
    await page.click("button[value=picture]");
    await summary(session);
    await see("captcha, wrong");
}

async function request({ session, see, language, person }) {
    const { page } = session;
    await page.goto(`${PWRESET_URL}/`);
    await see("request");
    await page.click("form button");
    await summary(session);
    await see("request, nothing typed");
    await page.fill("#name", person.uid);
    if (session.hasScript) {
        await page.getByRole("status").filter({ hasText: text("work.done", language) }).waitFor();
        await see("request, work done");
    }
    await grown(session);
    await page.click("form button");
    await session.arrive("sent", language);
    await page.click("main summary");
    await see("sent");
}

/* What a password manager goes by: the name before two new passwords, nothing cut off or refused,
 * and the length where it looks for it. */
async function managers(page) {
    const fields = await page.locator("main form input:not([type=hidden])").evaluateAll(
        (inputs) => inputs.map((input) => [input.autocomplete, input.type, input.maxLength > 0,
            input.minLength > 0, input.readOnly,
            input.dispatchEvent(new Event("paste", { bubbles: true, cancelable: true }))]));
    check("a password manager finds the name and two new passwords", JSON.stringify(fields)
        === JSON.stringify([["username", "text", false, false, true, true],
            ["new-password", "password", false, true, false, true],
            ["new-password", "password", false, true, false, true]]), fields);
}

/* The rules stand before the fields, beside them where there is room: on the side where lines end. */
async function rulesBox(page) {
    const box = await page.locator(".rules").boundingBox();
    const field = await page.locator("#first").boundingBox();
    const isLeft = box.x + box.width <= field.x, isRight = field.x + field.width <= box.x;
    const direction = await page.evaluate(() => document.documentElement.dir);
    check("the rules stand where lines end", direction === "rtl" ? isLeft : isRight,
        { direction, box, field });
}

async function reset({ session, see, language, person }) {
    const { page } = session;
    const links = await linksOf(person, 1);
    await page.goto(links.reset);
    await managers(page);
    await rulesBox(page);
    await see("reset");
    await page.fill("#first", PASSWORD);
    if (session.hasScript) {
        await page.click("[data-show=first]");
        const met = text("rules.status_met", language);
        await page.getByRole("status").filter({ hasText: met }).waitFor();
        await see("reset, rules met, password shown");
    }
    await page.fill("#second", "another");
    await page.click("main button[type=submit]");
    await summary(session);
    await see("reset, passwords not alike");
    await page.fill("#first", "kort");
    await page.fill("#second", "kort");
    await page.click("main button[type=submit]");
    await summary(session);
    await see("reset, too short");
    await page.fill("#first", PASSWORD);
    await page.fill("#second", PASSWORD);
    await page.click("main button[type=submit]");
    await session.arrive("done", language);
    await see("done");
    await page.goto(links.reset);
    await session.arrive("dead", language);
    await see("dead, spent");
    await grown(session);
    await page.click("form button");
    await session.arrive("sent", language);
    await see("sent, nobody named");
}

/* The third mail: the second tells of the change. */
async function stop({ session, see, language, person }) {
    const { page } = session;
    const links = await linksOf(person, 3);
    setLate(person, true);
    await page.goto(links.reset);
    await session.arrive("dead", language);
    await see("dead, too late");
    setLate(person, false);
    await page.goto(links.stop);
    await see("stop");
    await page.click("form button");
    await session.arrive("stopped", language);
    await see("stopped");
    await page.goto(links.stop);
    await see("stop, too late");
    await page.goto(links.reset);
    await see("dead, stopped");
    await page.goto(`${PWRESET_URL}/r/${"A".repeat(43)}`);
    await session.arrive("unknown", language);
    await see("dead, unknown");
}

async function help({ session, see, language }) {
    await session.page.goto(`${PWRESET_URL}/help`);
    await session.arrive("help", language);
    await see("help");
}

async function error({ session, see, language }) {
    await session.page.goto(`${PWRESET_URL}/nowhere`);
    await session.arrive("nowhere", language);
    await see("error");
}

async function change({ session, see, language, person }) {
    const { page } = session;
    await page.goto(`${PWRESET_URL}/change`);
    await session.arrive("change", language);
    await see("change");
    await page.click("main form button[type=submit]");
    await summary(session);
    await see("change, nothing typed");
    await page.fill("#name", person.uid);
    await page.fill("#old", "not the old one");
    await page.fill("#first", PASSWORD);
    await page.fill("#second", PASSWORD);
    await grown(session);
    await page.click("main form button[type=submit]");
    await page.locator("#old-error").waitFor(); /* the page before has a summary as well */
    await summary(session);
    await see("change, wrong password");
}

async function unlocked({ session, see, language }) {
    await session.page.goto(`${PWRESET_URL}/unlocked`);
    await session.arrive("unlocked", language);
    await see("unlocked");
}

/* Only a directory that fails leads to this page: a site shows it in another's place. */
async function unsure({ session, see, language }) {
    await session.page.goto(`${RARE_URL}/help`);
    await session.arrive("unsure", language);
    await see("unsure");
}

const STEPS = [
    ["request", working], ["challenge", captcha], ["request", request], ["reset", reset],
    ["stop", stop], ["help", help], ["error", error], ["change", change],
    ["unlocked", unlocked], ["unsure", unsure],
];

/* `stage`: session, language, person {uid, address}, see. */
export async function walk(stage) {
    for (const [template, step] of STEPS) {
        if (existsSync(join(env.PAGES, `${template}.html`))) {
            await step(stage);
        }
    }
}
