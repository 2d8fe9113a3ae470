/*
 * What stands in the way when there are unusually many requests: more work, or a captcha. The sites
 * are set so that each client has already asked often enough.
 *
 *     challenge.mjs work | more | picture | picture-plain | sound | sound-plain
 *                   | wait | wait-plain | long | long-plain | keyboard
 */
import { PATIENCE, Session, answerOf, check, hasMail, run, same, text } from "./stage.mjs";

const { PERSON, ADDRESS } = process.env;

async function begin(session) {
    await session.tab(`${session.site}/`);
    await session.page.fill("#name", PERSON);
    return session.page;
}

async function arriveWithMail(session, options) {
    await session.arrive("sent");
    await hasMail(ADDRESS);
    await session.leave(options);
}

/* How far the work has come, looked at until it is done. */
function follow(page) {
    return page.evaluate(async () => {
        const bar = document.querySelector("[data-work-progress]");
        const status = document.querySelector("[data-work-status]");
        const values = [];
        for (;;) {
            if (values.at(-1) !== bar.value) {
                values.push(bar.value);
            }
            if (status.dataset.state === "done") {
                return { values, isSeen: getComputedStyle(bar).visibility === "visible" };
            }
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    });
}

async function checkProgress(page) {
    const { values, isSeen } = await follow(page);
    check("progress is shown", isSeen);
    same("it only rises", values, [...values].sort((one, other) => one - other));
    same("it is full when the work is done", values.at(-1), 1);
    return values.some((value) => value > 0 && value < 1);
}

/* Sixteen times the work, with progress, and the form waits for it. */
async function work(browser) {
    const session = await Session.open(browser);
    let page = await begin(session);
    const name = await page.getByRole("progressbar").getAttribute("aria-label");
    same("progress has a name", name, text("work.progress"));
    let isUnderWay = await checkProgress(page);
    for (let rounds = 0; rounds < 8 && !isUnderWay; rounds++) { /* a lucky number, found at once */
        page = await begin(session);
        isUnderWay = await checkProgress(page);
    }
    check("progress is seen under way", isUnderWay);
    same("and the end is spoken", (await session.said()).at(-1), text("work.done"));
    await page.click("form button");
    await arriveWithMail(session);

    const hasty = await Session.open(browser);
    await begin(hasty);
    await hasty.page.click("form button");
    check("a form sent before the work is done waits for it",
        await hasty.page.locator("[data-state=working]").isVisible());
    await hasty.arrive("sent");
    await hasty.leave();
}

/* The level rises while somebody types: the form comes back filled, and works longer. */
async function more(browser) {
    const session = await Session.open(browser);
    const page = await begin(session);
    await page.getByRole("status").filter({ hasText: text("work.done") }).waitFor();
    const others = await Session.open(browser, { hasScript: false });
    for (let times = 0; times < 3; times++) {
        await begin(others);
        await others.page.click("form button");
    }
    await others.context.close();
    await page.click("form button");
    const summary = page.locator(".summary");
    await summary.waitFor();
    check("the page says why", (await summary.innerText()).includes(text("request.more_work")));
    check("the focus is there", await summary.evaluate((box) => box === document.activeElement));
    check("the title says so", (await page.title()).startsWith(text("common.error_prefix")),
        await page.title());
    same("nothing is retyped", await page.inputValue("#name"), PERSON);
    await page.click("form button");
    await checkProgress(page);
    await arriveWithMail(session, { isClean: false });
}

async function beginCaptcha(browser, hasScript) {
    const session = await Session.open(browser, { hasScript });
    const page = await begin(session);
    await page.click("form button");
    await session.arrive("challenge");
    return session;
}

function answer(page) {
    return page.locator("[name=captcha]").first().inputValue().then(answerOf);
}

async function checkSummary(session, words) {
    const summary = session.page.locator(".summary");
    await summary.waitFor();
    check("the page says what is wrong", (await summary.innerText()).includes(words),
        await summary.innerText());
    check("the focus is there",
        await summary.evaluate((box) => box === document.activeElement));
}

async function picture(browser, hasScript = true) {
    const session = await beginCaptcha(browser, hasScript);
    const { page } = session;
    const drawn = await page.locator(".squares img").evaluate(async (image) => {
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
    });
    same("the picture is drawn", drawn, [360, 360]);
    same("nine squares to tick", await page.locator(".squares").getByRole("checkbox").count(), 9);
    const first = page.getByRole("checkbox", { name: text("challenge.square_1"), exact: true });
    const { width, height } = await first.boundingBox();
    check("each at least 44 px", width >= 44 && height >= 44, { width, height });

    const asked = await page.locator("[name=captcha]").first().inputValue();
    const { wrong } = answerOf(asked);
    await page.check(`[name=${wrong[0]}]`);
    await page.click("button[value=picture]");
    await checkSummary(session, text("challenge.wrong"));
    const next = await page.locator("[name=captcha]").first().inputValue();
    check("a new captcha comes after a wrong answer", next !== asked);

    const { squares } = answerOf(next);
    for (const square of squares) {
        await page.check(`[name=${square}]`);
    }
    await page.click("button[value=picture]");
    await arriveWithMail(session, { isClean: false });
}

/* The browser's own player: loaded when asked for, silent until then. Looked at from outside, as no
 * event comes where script is off. */
async function play(page) {
    const player = page.locator("audio");
    const look = () => player.evaluate(({ paused, autoplay, currentTime, duration, error }) => (
        { isSilent: paused && !autoplay, at: currentTime, seconds: duration, error }));
    const before = await look();
    check("nothing plays by itself", before.isSilent && before.at === 0, before);
    await player.evaluate((audio) => { audio.play(); });
    let now = await look();
    for (const end = Date.now() + PATIENCE; now.at === 0 && Date.now() < end; now = await look()) {
        await page.waitForTimeout(20);
    }
    check("the sound plays, for some seconds", now.at > 0 && now.seconds > 1 && now.seconds < 10,
        now);
}

async function sound(browser, hasScript = true) {
    const session = await beginCaptcha(browser, hasScript);
    const { page } = session;
    await play(page);
    const { sound: right } = await answer(page);
    const choices = page.locator(".choices").getByRole("radio");
    check("some choices", await choices.count() >= 4, await choices.count());
    same("none is chosen beforehand", await page.locator(".choices :checked").count(), 0);
    await page.check(`[name=sound][value="${right}"]`);
    await page.click("button[value=sound]");
    await arriveWithMail(session);
}

async function wait(browser, hasScript = true) {
    const session = await beginCaptcha(browser, hasScript);
    const { page } = session;
    const held = Date.now();
    await page.click("button[value=wait]");
    await checkSummary(session, text("challenge.early").split("{")[0]);
    await page.waitForTimeout(held + Number(process.env.WAIT) * 1000 - Date.now());
    await page.click("button[value=wait]");
    await arriveWithMail(session, { isClean: false });
}

/* The browser works for half a minute (here less) when it is told to, and not before. */
async function long(browser) {
    const session = await beginCaptcha(browser, true);
    const { page } = session;
    const button = page.getByRole("button", { name: text("challenge.next_work") });
    await button.focus();
    same("a look at it starts nothing",
        await page.locator("[data-work-status]").getAttribute("data-state"), "rest");
    await button.click();
    await arriveWithMail(session);
}

async function noLong(browser) {
    const session = await beginCaptcha(browser, false);
    const form = session.page.locator("form[data-work-late]");
    check("without script it is not offered", !await form.isVisible());
    same("nor said", (await form.textContent()).trim(), "");
    await session.leave();
}

/* By keyboard alone: squares and choices are native controls, so Tab, Space and the arrows do. */
async function keyboard(browser) {
    const session = await beginCaptcha(browser, true);
    const { page } = session;
    const { squares } = await answer(page);
    await page.keyboard.press("Tab"); /* the other language */
    for (let place = 1; place <= 9; place++) {
        await page.keyboard.press("Tab");
        const name = await page.evaluate(() => document.activeElement.name);
        if (name !== `s${place}`) {
            check("Tab goes from square to square", false, { place, name });
        }
        if (squares.includes(name)) {
            await page.keyboard.press("Space");
        }
    }
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await arriveWithMail(session);
}

await run({
    work, more, picture, sound, wait, long, keyboard,
    "long-plain": noLong,
    "picture-plain": (browser) => picture(browser, false),
    "sound-plain": (browser) => sound(browser, false),
    "wait-plain": (browser) => wait(browser, false),
});
