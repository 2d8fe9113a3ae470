/*
 * What the scripts share: the browser, a session that notes everything a page says and fetches, the
 * inbox, and the lines that test_browser.py reads: one check each, as JSON.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { env } = process;
export const requireFrom = createRequire(join(env.NODE_FOLDER, "/"));
const { chromium } = requireFrom("playwright-core");

export const PATIENCE = 15000; /* ms; whatever takes longer has failed */
export const DESKTOP = { width: 1280, height: 800 };

/* The heading of each page: the key of its message. */
const HEADINGS = { stopped: "stop.done_title", unknown: "dead.unknown_title", nowhere: "error.not_found_title" };
const messages = {};

/* The languages that the site has. */
export const languages = readdirSync(env.MESSAGES).filter((name) => name.endsWith(".txt"))
    .map((name) => name.slice(0, -4)).sort();

/* A text as the pages' own catalogue has it, its placeholders left as they are. What a language
 * lacks is said in the site's own. */
export function text(key, language = "nb") {
    messages[language] ||= new Map(readFileSync(join(env.MESSAGES, `${language}.txt`), "utf8")
        .replaceAll(/\n[ \t]+/g, " ").split("\n").filter((line) => /^[a-z]/.test(line))
        .map((line) => line.split(/ *= *(.*)/)));
    const found = messages[language].get(key);
    return found === undefined && language !== "nb" ? text(key) : found?.replaceAll("''", "'");
}

export function check(what, isRight, seen = "") {
    process.stdout.write(`${JSON.stringify({ what, passed: Boolean(isRight), seen })}\n`);
}

export function same(what, seen, wanted) {
    const isSame = JSON.stringify(seen) === JSON.stringify(wanted);
    check(what, isSame, isSame ? "" : { seen, wanted });
}

export const launch = () => chromium.launch({
    executablePath: env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--mute-audio",
        "--autoplay-policy=no-user-gesture-required"],
});

/* Runs the scenario that the command line names. Its last line says that it came to its end. */
export async function run(scenarios, start = launch) {
    const name = process.argv[2];
    const browser = await start();
    try {
        await scenarios[name](browser);
        check("came to its end", true);
    } catch (error) {
        check("came to its end", false, String(error.stack || error).slice(0, 2000));
    } finally {
        await browser.close();
    }
}

/* Runs in each page before its own script: what screen readers are told, in order. */
function listen() {
    window.said = [];
    window.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
    const note = () => document.querySelectorAll("[role=status]").forEach((status) => {
        const words = status.textContent.trim();
        if (words && words !== status.lastWords) {
            window.said.push(words);
        }
        status.lastWords = words;
    });
    new MutationObserver(note).observe(document, {
        childList: true, characterData: true, subtree: true });
}

/* One person with one browser profile. `site` is the flow's address. */
export class Session {
    static async open(browser, { site = env.PWRESET_URL, hasScript = true, ...options } = {}) {
        const context = await browser.newContext({
            ignoreHTTPSErrors: true, /* the certificate is of the test's own authority */
            javaScriptEnabled: hasScript,
            locale: "nb-NO",
            viewport: DESKTOP,
            ...options,
        });
        context.setDefaultTimeout(PATIENCE);
        await context.addInitScript(listen);
        return new Session(context, site, hasScript);
    }

    constructor(context, site, hasScript) {
        Object.assign(this, { context, site, hasScript });
        this.origin = new URL(site).origin;
        this.actions = [];
        this.messages = [];
        this.foreign = [];
        this.others = []; /* origins of more sites of ours */
        this.cookies = [];
        context.on("request", (request) => this.onRequest(request));
        context.on("response", (response) => this.onResponse(response));
        context.on("console", (message) => this.onMessage(message.page(), message.text()));
        context.on("weberror", (error) => this.onMessage(error.page(), String(error.error())));
    }

    isInbox(page) {
        return page !== null && page === this.inbox;
    }

    onMessage(page, text) {
        if (!this.isInbox(page)) {
            this.messages.push(text);
        }
    }

    onRequest(request) {
        const { origin } = new URL(request.url());
        if (origin !== this.origin && !this.others.includes(origin)
            && !request.url().startsWith(env.INBOX_URL)) {
            this.foreign.push(request.url());
        }
    }

    async onResponse(response) {
        if (response.request().isNavigationRequest()) {
            this.answer = response;
        }
        if (response.url().startsWith(this.site)) {
            const cookie = await response.headerValue("set-cookie").catch(() => null);
            if (cookie) {
                this.cookies.push(`${response.url()}: ${cookie}`);
            }
        }
    }

    async tab(url) {
        this.page = await this.context.newPage();
        await this.page.goto(url);
        return this.page;
    }

    /* One thing that the person has to do. */
    async act(what, action) {
        this.actions.push(what);
        return action();
    }

    async heading() {
        return (await this.page.locator("h1").innerText()).trim();
    }

    /* Waits for the page with this heading. */
    async arrive(name, language = "nb") {
        const wanted = text(HEADINGS[name] || `${name}.title`, language);
        await this.page.getByRole("heading", { name: wanted, level: 1 }).waitFor().catch(async () => {
            throw new Error(`no page "${wanted}" but "${await this.heading()}" at `
                + `${this.page.url()}: ${await this.page.locator("main").innerText()}`);
        });
        check(`the page "${wanted}" comes`, true);
    }

    /* The link of this mail, in the inbox's page in a tab of its own; `open` opens it there. */
    async openMail(address, open = (link) => link.click()) {
        const where = await waitForMail(address);
        const page = this.page;
        this.inbox = await this.context.newPage();
        await this.inbox.goto(where);
        const link = this.inbox.locator(`section pre a[href^="${this.site}/r/"]`);
        const [opened] = await Promise.all([this.context.waitForEvent("page"), open(link)]);
        await opened.waitForLoadState();
        await this.inbox.close();
        await page.close();
        this.page = opened;
    }

    said() {
        return this.page.evaluate(() => window.said);
    }

    /* What holds on every way through the pages. `isClean`: no answer was an error, which the
     * browser itself writes to its console. */
    async leave({ isClean = true } = {}) {
        const messages = isClean ? this.messages
            : this.messages.filter((text) => !text.startsWith("Failed to load resource"));
        same("no console message, no breach of the content policy", messages, []);
        same("no request to another origin", this.foreign, []);
        same("no cookie of ours", this.cookies, []);
        await this.context.close();
    }
}

/* The address of the newest mail to this address in the inbox's pages. */
export async function waitForMail(address, count = 1) {
    const deadline = Date.now() + PATIENCE;
    while (Date.now() < deadline) {
        const rows = (await (await fetch(`${env.INBOX_URL}/`)).text()).split("<a href=\"/mail/");
        const mine = rows.slice(1).filter((row) => row.includes(`>${address}<`)
            || row.includes(`${address}<small>`));
        if (mine.length >= count) {
            return `${env.INBOX_URL}/mail/${mine[0].split("\"")[0]}`;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no mail to ${address}`);
}

export async function hasMail(address) {
    check(`the mail to ${address} comes`, Boolean(await waitForMail(address)));
}

/* What is right in a sealed captcha: only the key of the site that asks it tells. */
export function answerOf(captcha) {
    return JSON.parse(execFileSync(env.PYTHON,
        [env.ANSWER, env.STATE, env.CAPTCHA_URL ?? env.PWRESET_URL, captcha]));
}
