/*
 * From the login page and back to it: with the mouse, without script, and by keyboard alone.
 *
 *     flow.mjs mouse | plain | keyboard | corrected
 */
import { Session, check, run, same } from "./stage.mjs";

const { LOGIN_URL, PERSON, ADDRESS, PASSWORD, FORM_AGE } = process.env;
const MOST_ACTIONS = 7;

async function logIn(session) {
    const { page } = session;
    await page.fill("[name=httpd_username]", PERSON);
    await page.fill("[name=httpd_password]", PASSWORD);
    await page.click("button[type=submit]");
    await page.waitForURL("**/intranett/");
    check("the new password logs in", true);
    const names = (await session.context.cookies()).map((cookie) => cookie.name);
    same("the only cookie is the intranet's own", names, ["intranett"]);
}

async function leave(session) {
    check(`at most ${MOST_ACTIONS} actions`, session.actions.length <= MOST_ACTIONS,
        session.actions);
    await session.leave();
}

/* The box of rules follows what is typed, and tells it to who cannot see it. */
async function watchRules(page) {
    const rule = page.locator("[data-rule=min_length]");
    const first = page.locator("#first");
    const least = Number(await rule.getAttribute("data-value"));
    await first.pressSequentially(PASSWORD.slice(0, least - 1));
    same("one character too few: the rule remains", await rule.getAttribute("data-state"),
        "remaining");
    check("in words", (await rule.innerText()).includes("gjenstår"), await rule.innerText());
    await first.pressSequentially(PASSWORD.slice(least - 1));
    same("enough: the rule gets its tick", await rule.getAttribute("data-state"), "met");
    check("in words", (await rule.innerText()).includes("oppfylt"), await rule.innerText());
    const marker = await rule.evaluate((li) => getComputedStyle(li).listStyleType);
    check("and as a sign", marker.includes("✓"), marker);
    await page.getByRole("status").filter({ hasText: "er oppfylt" }).waitFor();
    check("and it is spoken", true);
}

async function watchShowButton(page, name, words) {
    const input = page.locator(`#${name}`);
    const button = page.locator(`[data-show=${name}]`);
    const seen = async () => [await button.innerText(), await input.getAttribute("type")];
    const hidden = [`Vis ${words}`, "password"];
    same(`${words} is hidden at first`, await seen(), hidden);
    await button.click();
    same(`${words} is shown`, await seen(), [`Skjul ${words}`, "text"]);
    await button.click();
    same(`${words} is hidden again`, await seen(), hidden);
}

async function mouse(browser) {
    const session = await Session.open(browser);
    await session.tab(LOGIN_URL);
    await session.act("link", () => session.page.click("a[href='/passord/']"));
    await session.arrive("request");
    await session.act("type", () => session.page.fill("#name", PERSON));
    await session.page.getByRole("status").filter({ hasText: "Kontrollen er ferdig." }).waitFor();
    same("the work is done unasked, and spoken", await session.said(),
        ["Kontrollerer …", "Kontrollen er ferdig."]);
    await session.act("send", () => session.page.click("form button"));
    await session.arrive("sent");
    await session.openMail(ADDRESS, (link) => session.act("mail link", () => link.click()));
    await session.arrive("reset");
    same("the user is named", await session.page.inputValue("#login"), PERSON);
    await session.act("password", () => watchRules(session.page));
    await watchShowButton(session.page, "first", "nytt passord");
    await session.act("password again", () => session.page.fill("#second", PASSWORD));
    await watchShowButton(session.page, "second", "gjentatt passord");
    await session.act("save", () => session.page.click("button[type=submit]"));
    await session.arrive("done");
    await session.page.click("a.button");
    await logIn(session);
    await leave(session);
}

async function plain(browser) {
    const session = await Session.open(browser, { hasScript: false });
    await session.tab(LOGIN_URL);
    await session.act("link", () => session.page.click("a[href='/passord/']"));
    await session.arrive("request");
    check("nothing speaks of a check that will not be",
        !await session.page.locator("[data-work]").isVisible());
    await session.act("type", () => session.page.fill("#name", PERSON));
    await session.page.waitForTimeout(Number(FORM_AGE) * 1000 + 100);
    await session.act("send", () => session.page.click("form button"));
    await session.arrive("sent");
    await session.openMail(ADDRESS, (link) => session.act("mail link", () => link.click()));
    await session.arrive("reset");
    same("no button that would do nothing",
        await session.page.locator("[data-show]:visible").count(), 0);
    await session.act("password", () => session.page.fill("#first", PASSWORD));
    await session.act("password again", () => session.page.fill("#second", PASSWORD));
    await session.act("save", () => session.page.click("button[type=submit]"));
    await session.arrive("done");
    await session.page.click("a.button");
    await logIn(session);
    await leave(session);
}

/* A wrong address, Back, the right one. A browser that has kept the page brings the same form again;
 * one that has not asks for another, which is then old enough, too. */
async function corrected(browser) {
    const session = await Session.open(browser, { hasScript: false });
    const age = () => session.page.waitForTimeout(Number(FORM_AGE) * 1000 + 100);
    await session.tab(LOGIN_URL);
    await session.page.click("a[href='/passord/']");
    await session.arrive("request");
    await session.page.fill("#name", "skrivefeil@exmaple.org");
    await age();
    await session.page.click("form button");
    await session.arrive("sent");
    const code = await session.page.innerText(".code strong");
    await session.page.goBack();
    await session.arrive("request");
    await session.page.fill("#name", PERSON);
    await age();
    await session.page.click("form button");
    await session.arrive("sent");
    check("the other request has a code of its own",
        await session.page.innerText(".code strong") !== code, code);
    await session.openMail(ADDRESS);
    await session.arrive("reset");
    await session.leave();
}

/* Presses Tab until `selector` has the focus; the stops on the way, each with a ring to see. */
async function tabTo(page, selector) {
    const stops = [];
    for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab");
        const stop = await page.evaluate((wanted) => {
            const { activeElement: at } = document;
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            return {
                name: at.id || at.dataset.show || at.textContent.trim(),
                isWanted: at.matches(wanted),
                hasRing: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
            };
        }, selector);
        stops.push(stop);
        if (stop.isWanted) {
            return stops;
        }
    }
    throw new Error(`Tab never comes to ${selector}: ${JSON.stringify(stops)}`);
}

/* Tabs to `selector`. In which order is the goldens' business; here each stop has a ring to see. */
async function goTo(page, selector) {
    const stops = await tabTo(page, selector);
    same(`focus is seen on the way to ${selector}`, stops.filter((stop) => !stop.hasRing), []);
}

async function keyboard(browser) {
    const session = await Session.open(browser);
    const press = (key) => session.page.keyboard.press(key);
    await session.tab(LOGIN_URL);
    await tabTo(session.page, "a[href='/passord/']");
    await session.act("link", () => press("Enter"));
    await session.arrive("request");
    await goTo(session.page, "#name");
    await session.act("type", () => session.page.keyboard.type(PERSON));
    await session.act("send", () => press("Enter"));
    await session.arrive("sent");
    await session.openMail(ADDRESS, (link) => session.act("mail link", async () => {
        await tabTo(session.inbox, `a[href='${await link.getAttribute("href")}']`);
        await session.inbox.keyboard.press("Enter");
    }));
    await session.arrive("reset");
    await goTo(session.page, "#first");
    await session.act("password", () => session.page.keyboard.type(PASSWORD));
    await goTo(session.page, "#second");
    await session.act("password again", () => session.page.keyboard.type(PASSWORD));
    await press("Tab");
    await press("Space");
    same("a key shows the password", await session.page.getAttribute("#second", "type"), "text");
    await goTo(session.page, "main button[type=submit]");
    await session.act("save", () => press("Enter"));
    await session.arrive("done");
    await tabTo(session.page, "a.button");
    await press("Enter");
    await session.page.waitForURL(LOGIN_URL);
    await tabTo(session.page, "[name=httpd_username]");
    await session.page.keyboard.type(PERSON);
    await press("Tab");
    await session.page.keyboard.type(PASSWORD);
    await press("Enter");
    await session.page.waitForURL("**/intranett/");
    check("the new password logs in", true);
    await leave(session);
}

await run({ mouse, plain, keyboard, corrected });
