/*
 * The whole flow in Firefox, over WebDriver BiDi (Puppeteer): with the mouse, and by keyboard alone.
 *
 *     firefox.mjs mouse | keyboard
 */
import { check, requireFrom, run, same, text, waitForMail } from "./stage.mjs";

const { ADDRESS, FIREFOX, INBOX_URL, LOGIN_URL, PASSWORD, PERSON, PWRESET_URL } = process.env;
const puppeteer = requireFrom("puppeteer-core");
const MOST_ACTIONS = 7;
const MOST_STOPS = 40;

const launch = () => puppeteer.launch({
    browser: "firefox", executablePath: FIREFOX, headless: true, acceptInsecureCerts: true,
    extraPrefsFirefox: { "intl.accept_languages": "nb-NO" } });

/* On a busy machine it may be too late for the driver's first call. */
const firefox = () => launch().catch(launch);

async function open(browser) {
    const page = await browser.newPage();
    const seen = { page, said: [], foreign: [], actions: 0 };
    const { origin } = new URL(PWRESET_URL);
    page.on("console", (message) => seen.said.push(message.text()));
    page.on("pageerror", (error) => seen.said.push(String(error)));
    page.on("request", (request) => {
        const url = new URL(request.url()); /* its own fonts and icons are data: */
        if (url.origin !== origin && url.protocol !== "data:") {
            seen.foreign.push(request.url());
        }
    });
    await page.goto(LOGIN_URL);
    return seen;
}

async function arrive(page, name) {
    const wanted = text(`${name}.title`);
    await page.waitForFunction((words) => document.readyState === "complete"
        && document.querySelector("h1")?.textContent.trim() === words, {}, wanted);
    check(`the page "${wanted}" comes`, true);
}

/* The mail's link, as a person has it from a mail program: an address that is opened. */
async function openMail(page) {
    const mail = await (await fetch(await waitForMail(ADDRESS))).text();
    await page.goto(mail.match(new RegExp(`href="(${PWRESET_URL}/r/[^"]+)"`))[1]);
}

async function leave(browser, { page, said, foreign, actions }) {
    await page.waitForFunction(() => location.pathname === "/intranett/");
    check("the new password logs in", true);
    check(`at most ${MOST_ACTIONS} actions`, actions <= MOST_ACTIONS, actions);
    same("no console message", said, []);
    same("no request to another origin", foreign.filter((url) => !url.startsWith(INBOX_URL)), []);
    const names = (await browser.cookies()).map(({ name }) => name);
    same("the only cookie is the intranet's own", names, ["intranett"]);
}

async function mouse(browser) {
    const seen = await open(browser);
    const { page } = seen;
    const act = (action) => { seen.actions++; return action; };
    await act(page.click("a[href='/passord/']"));
    await arrive(page, "request");
    await act(page.type("#name", PERSON));
    await page.waitForSelector("[data-work-status][data-state=done]");
    check("the work is done unasked", true);
    await act(page.click("form button"));
    await arrive(page, "sent");
    await act(openMail(page));
    await arrive(page, "reset");
    same("the user is named", await page.$eval("#login", (input) => input.value), PERSON);
    await act(page.type("#first", PASSWORD));
    await page.waitForSelector("[data-rule=min_length][data-state=met]");
    check("the rule gets its tick", true);
    await page.click("[data-show=first]");
    same("the password is shown", await page.$eval("#first", (input) => input.type), "text");
    await act(page.type("#second", PASSWORD));
    await act(page.click("main button[type=submit]"));
    await arrive(page, "done");
    await page.click("a.button");
    await page.waitForSelector("[name=httpd_username]");
    await page.type("[name=httpd_username]", PERSON);
    await page.type("[name=httpd_password]", PASSWORD);
    await page.click("button[type=submit]");
    await leave(browser, seen);
}

/* Presses Tab until `selector` has the focus; each stop has a ring to see. */
async function tabTo(page, selector) {
    for (let presses = 0; presses < MOST_STOPS; presses++) {
        await page.keyboard.press("Tab");
        const [isThere, hasRing, name] = await page.evaluate((wanted) => {
            const { activeElement: at } = document;
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            return [at.matches(wanted), at === document.body
                || outlineStyle !== "none" && parseFloat(outlineWidth) >= 1, at.outerHTML];
        }, selector);
        if (!hasRing) {
            check("focus is seen", false, name);
        }
        if (isThere) {
            return;
        }
    }
    throw new Error(`Tab never comes to ${selector}`);
}

async function keyboard(browser) {
    const seen = await open(browser);
    const { page } = seen;
    const type = async (selector, words) => {
        await tabTo(page, selector);
        await page.keyboard.type(words);
    };
    const press = async (selector) => {
        await tabTo(page, selector);
        await page.keyboard.press("Enter");
    };
    const act = (action) => { seen.actions++; return action; };
    await act(press("a[href='/passord/']"));
    await arrive(page, "request");
    await act(type("#name", PERSON));
    await act(page.keyboard.press("Enter"));
    await arrive(page, "sent");
    await act(openMail(page));
    await arrive(page, "reset");
    await act(type("#first", PASSWORD));
    await act(type("#second", PASSWORD));
    await act(press("main button[type=submit]"));
    await arrive(page, "done");
    await press("a.button");
    await page.waitForSelector("[name=httpd_username]");
    await type("[name=httpd_username]", PERSON);
    await type("[name=httpd_password]", PASSWORD);
    await page.keyboard.press("Enter");
    await leave(browser, seen);
}

await run({ mouse, keyboard }, firefox);
