/*
 * From the login page and back to it: with the mouse, without script, and by keyboard alone.
 *
 *     flow.mjs mouse | plain | keyboard
 */
import { Visitor, check, run, same } from "./stage.mjs";

const { LOGIN_URL, PERSON, ADDRESS, PASSWORD, FORM_AGE } = process.env;
const MOST_ACTIONS = 7;

async function logIn(visitor) {
    const { page } = visitor;
    await page.fill("[name=httpd_username]", PERSON);
    await page.fill("[name=httpd_password]", PASSWORD);
    await page.click("button[type=submit]");
    await page.waitForURL("**/intranett/");
    check("the new password logs in", true);
    const names = (await visitor.context.cookies()).map((cookie) => cookie.name);
    same("the only cookie is the intranet's own", names, ["intranett"]);
}

async function leave(visitor) {
    check(`at most ${MOST_ACTIONS} actions`, visitor.actions.length <= MOST_ACTIONS,
        visitor.actions);
    await visitor.leave();
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
    const visitor = await Visitor.open(browser);
    await visitor.tab(LOGIN_URL);
    await visitor.act("link", () => visitor.page.click("a[href='/passord/']"));
    await visitor.arrive("request");
    await visitor.act("type", () => visitor.page.fill("#name", PERSON));
    await visitor.page.getByRole("status").filter({ hasText: "Kontrollen er ferdig." }).waitFor();
    same("the work is done unasked, and spoken", await visitor.said(),
        ["Kontrollerer …", "Kontrollen er ferdig."]);
    await visitor.act("send", () => visitor.page.click("form button"));
    await visitor.arrive("sent");
    await visitor.openMail(ADDRESS, (link) => visitor.act("mail link", () => link.click()));
    await visitor.arrive("reset");
    same("the user is named", await visitor.page.inputValue("#login"), PERSON);
    await visitor.act("password", () => watchRules(visitor.page));
    await watchShowButton(visitor.page, "first", "nytt passord");
    await visitor.act("password again", () => visitor.page.fill("#second", PASSWORD));
    await watchShowButton(visitor.page, "second", "gjentatt passord");
    await visitor.act("save", () => visitor.page.click("button[type=submit]"));
    await visitor.arrive("done");
    await visitor.page.click("a.button");
    await logIn(visitor);
    await leave(visitor);
}

async function plain(browser) {
    const visitor = await Visitor.open(browser, { hasScript: false });
    await visitor.tab(LOGIN_URL);
    await visitor.act("link", () => visitor.page.click("a[href='/passord/']"));
    await visitor.arrive("request");
    check("nothing speaks of a check that will not be",
        !await visitor.page.locator("[data-work]").isVisible());
    await visitor.act("type", () => visitor.page.fill("#name", PERSON));
    await visitor.page.waitForTimeout(Number(FORM_AGE) * 1000 + 100);
    await visitor.act("send", () => visitor.page.click("form button"));
    await visitor.arrive("sent");
    await visitor.openMail(ADDRESS, (link) => visitor.act("mail link", () => link.click()));
    await visitor.arrive("reset");
    same("no button that would do nothing",
        await visitor.page.locator("[data-show]:visible").count(), 0);
    await visitor.act("password", () => visitor.page.fill("#first", PASSWORD));
    await visitor.act("password again", () => visitor.page.fill("#second", PASSWORD));
    await visitor.act("save", () => visitor.page.click("button[type=submit]"));
    await visitor.arrive("done");
    await visitor.page.click("a.button");
    await logIn(visitor);
    await leave(visitor);
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
    const visitor = await Visitor.open(browser);
    const press = (key) => visitor.page.keyboard.press(key);
    await visitor.tab(LOGIN_URL);
    await tabTo(visitor.page, "a[href='/passord/']");
    await visitor.act("link", () => press("Enter"));
    await visitor.arrive("request");
    await goTo(visitor.page, "#name");
    await visitor.act("type", () => visitor.page.keyboard.type(PERSON));
    await visitor.act("send", () => press("Enter"));
    await visitor.arrive("sent");
    await visitor.openMail(ADDRESS, (link) => visitor.act("mail link", async () => {
        await tabTo(visitor.inbox, `a[href='${await link.getAttribute("href")}']`);
        await visitor.inbox.keyboard.press("Enter");
    }));
    await visitor.arrive("reset");
    await goTo(visitor.page, "#first");
    await visitor.act("password", () => visitor.page.keyboard.type(PASSWORD));
    await goTo(visitor.page, "#second");
    await visitor.act("password again", () => visitor.page.keyboard.type(PASSWORD));
    await press("Tab");
    await press("Space");
    same("a key shows the password", await visitor.page.getAttribute("#second", "type"), "text");
    await goTo(visitor.page, "main button[type=submit]");
    await visitor.act("save", () => press("Enter"));
    await visitor.arrive("done");
    await tabTo(visitor.page, "a.button");
    await press("Enter");
    await visitor.page.waitForURL(LOGIN_URL);
    await tabTo(visitor.page, "[name=httpd_username]");
    await visitor.page.keyboard.type(PERSON);
    await press("Tab");
    await visitor.page.keyboard.type(PASSWORD);
    await press("Enter");
    await visitor.page.waitForURL("**/intranett/");
    check("the new password logs in", true);
    await leave(visitor);
}

await run({ mouse, plain, keyboard });
