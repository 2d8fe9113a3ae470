/*
 * What a script adds to pages that work without one: the silent robot check, show buttons and live
 * ticks for a new password. All words come from the page's data- attributes. Nothing is fetched but
 * the challenge, from this site; nothing typed leaves the browser before the form is sent.
 */
"use strict";

/* The robot check. A form with data-work-url gets its challenge when somebody begins to use it, has
 * it solved by the worker (data-worker), and puts the answer into its field `altcha`. With
 * data-work-late it begins when the form is sent. If it is sent
 * before that, it waits, for data-work-wait seconds at most. The server decides what becomes of a
 * form without an answer. */
class Work {
    constructor(form) {
        this.form = form;
        this.row = form.querySelector("[data-work]") || form;
        this.bar = form.querySelector("[data-work-progress]");
        this.status = form.querySelector("[data-work-status]");
        this.rest();
        this.row.hidden = false;
        this.status.hidden = false;
        if (this.bar) {
            this.bar.hidden = false;
        }
        form.addEventListener("submit", (event) => this.onSubmit(event));
        if ("workLate" in form.dataset) {
            addWords(form);
        } else {
            form.addEventListener("focusin", () => this.begin());
            if (form.contains(document.activeElement)) {
                this.begin();
            }
        }
        /* Back from the next page: that answer is used up. */
        addEventListener("pageshow", (event) => event.persisted && this.rest());
    }

    rest() {
        this.isPassed = this.isWaiting = false;
        this.show("rest");
    }

    /* `state`: rest, working, done or failed. */
    show(state, solution = "") {
        const words = { working: "textWorking", done: "textDone", failed: "textFailed" };
        this.state = state;
        this.form.elements.altcha.value = solution;
        this.status.textContent = this.status.dataset[words[state]] || "";
        this.status.dataset.state = state;
        if (this.bar) {
            this.bar.value = state === "done" ? 1 : 0;
        }
    }

    async begin() {
        if (this.state === "working" || this.state === "done") {
            return;
        }
        this.show("working");
        let solution = null;
        for (let rounds = 2; rounds > 0 && !solution; rounds--) {
            solution = await this.fetchChallenge().then((challenge) => this.solve(challenge))
                .catch(() => null);
        }
        this.show(solution ? "done" : "failed", solution || "");
        if (this.isWaiting) {
            this.pass();
        }
    }

    async fetchChallenge() {
        const { workUrl } = this.form.dataset;
        const seal = encodeURIComponent(this.form.elements.seal.value);
        const answer = await fetch(`${workUrl}?seal=${seal}`, {
            cache: "no-store",
            headers: { Accept: "application/json" },
            signal: AbortSignal.timeout(10000),
        });
        if (!answer.ok) {
            throw new Error(answer.statusText);
        }
        return answer.json();
    }

    solve(challenge) {
        const worker = new Worker(trustedWorker(this.form.dataset.worker));
        return new Promise((resolve, reject) => {
            worker.onmessage = ({ data }) => {
                if (data.part === undefined) {
                    resolve(data.solution);
                } else if (this.bar) {
                    this.bar.value = data.part;
                }
            };
            worker.onerror = reject;
            worker.postMessage(challenge);
        }).finally(() => worker.terminate());
    }

    onSubmit(event) {
        if (this.isPassed || this.state === "done") {
            return;
        }
        event.preventDefault();
        if (!this.isWaiting) {
            this.isWaiting = true;
            setTimeout(() => this.isWaiting && this.pass(), (this.form.dataset.workWait || 10) * 1000);
            this.begin();
        }
    }

    pass() {
        this.isPassed = true;
        this.isWaiting = false;
        this.form.requestSubmit();
    }
}

/* A form that is of no use without this script gets its words and its button from it: a browser
 * that knows neither script nor `hidden` shows nothing of it. */
function addWords(form) {
    for (const place of form.querySelectorAll("[data-part]")) {
        const part = document.createElement(place.dataset.part);
        part.className = place.className;
        part.textContent = place.dataset.text;
        place.replaceWith(part);
    }
}

/* Trusted Types (where the browser has them): a script's address is ours or none. */
const policy = self.trustedTypes && trustedTypes.createPolicy("pwreset", {
    createScriptURL(url) {
        if (new URL(url, location.href).origin !== location.origin) {
            throw new TypeError(url);
        }
        return url;
    },
});

function trustedWorker(url) {
    return policy ? policy.createScriptURL(url) : url;
}

/* A button with data-show="id of a password field" shows and hides what is typed there. */
function addShowButton(button) {
    const input = document.getElementById(button.dataset.show);
    const words = { password: button.textContent, text: button.dataset.textHide };
    const turn = (type) => {
        input.type = type;
        button.textContent = words[type];
    };
    button.hidden = false;
    button.addEventListener("click", () => turn(input.type === "text" ? "password" : "text"));
    /* A browser keeps what is typed into a text field. */
    input.form.addEventListener("submit", () => turn("password"));
}

/* Classes of characters, as the server counts them (data-counting): lower, upper, digits, specials,
 * others. Of Samba's only those up to ÿ are known here. */
const classes = {
    unicode: [/\p{Lowercase}/u, /\p{Uppercase}/u, /\d/, /[!-/:-@[-`{-~]/,
        /(?![\p{Lowercase}\p{Uppercase}])\p{Alphabetic}/u],
    bytes: [/[a-z]/, /[A-Z]/, /\d/, /[ -/:-@[-`{-~]/, /[^ -~]/],
    samba: [/[a-zà-öø-ÿ]/, /[A-ZÀ-ÖØ-Þ]/, /\d/, /[!-/:-@[-`{-~]/, /[^ -~À-ÖØ-Þà-öø-ÿ]/],
};
const ends = {
    lower: /\p{Lowercase}/u, upper: /\p{Uppercase}/u, digit: /\d/, letter: /\p{Alphabetic}/u,
    alnum: /[\p{Alphabetic}\d]/u,
};

/* Does a password keep a rule? As the server judges, after NFC. Undefined: only the server knows. */
function keeps(text, { rule, value, counting }) {
    const points = [...text];
    const length = counting === "bytes" ? new TextEncoder().encode(text).length
        : counting === "utf16" ? text.length : points.length;
    const counts = (classes[counting] || classes.unicode).map((characters) => points.filter((point) =>
        characters.test(point) && !(point[1] && counting === "unicode")).length);
    const [lower, upper, digits, specials, others] = counts;
    const letters = lower + upper + (counting === "bytes" ? 0 : others);
    const categories = counts.filter(Boolean).length;

    switch (rule) {
    case "max_length":
    case "max_bytes":
        return length <= value;
    case "repeats":
        return !RegExp(`(.)\\1{${value}}`, "su").test(text);
    case "first":
        return ends[value].test(points[0]);
    case "last":
        return ends[value].test(points.at(-1));
    case "forbidden":
        return !points.some((point) => value.includes(point));
    case "person": /* the page knows the login alone */
        return document.querySelector("[autocomplete=username]").value.replace(/@.*/, "").toLowerCase()
            .split(/[^\p{L}\d]/u).some((word) => word.length > 3
                && text.toLowerCase().includes(word)) ? false : undefined;
    default:
        return counting === "samba" && /[^ -ÿ]/.test(text) ? undefined : { min_length: length, lower,
            upper, digits, specials, others, letters, categories }[rule] >= value;
    }
}

/* The box of rules: each that can be checked here gets a tick, and a word for who cannot see it.
 * data-rules="id of the password field". */
function addTicks(list) {
    const input = document.getElementById(list.dataset.rules);
    const status = document.querySelector("[data-rules-status]");
    const rules = [...list.querySelectorAll("[data-rule]")];
    const plural = new Intl.PluralRules(document.documentElement.lang);
    const wanted = { min_length: "minlength", max_length: "maxlength" };
    let timer;

    for (const rule of rules) {
        rule.word = document.createElement("span");
        rule.word.className = "unseen";
        rule.append(rule.word);
    }
    /* Password managers make what fits (WHATWG, html#3518). */
    input.setAttribute("passwordrules", rules.filter(({ dataset }) => wanted[dataset.rule])
        .map(({ dataset }) => `${wanted[dataset.rule]}: ${dataset.value};`).join(" "));
    input.addEventListener("input", () => {
        const text = input.value.normalize("NFC");
        let open = 0;
        for (const rule of rules) {
            const isMet = text ? keeps(text, rule.dataset) : undefined;
            open += isMet === false;
            rule.dataset.state = isMet === undefined ? "" : isMet ? "met" : "remaining";
            rule.word.textContent = isMet === undefined ? ""
                : ` – ${isMet ? list.dataset.textMet : list.dataset.textRemaining}`;
        }
        clearTimeout(timer);
        timer = setTimeout(() => {
            const { textMet, textOne, textOther } = status.dataset;
            const words = plural.select(open) === "one" ? textOne : textOther;
            status.textContent = !text ? "" : open ? words.replace("{count}", open) : textMet;
        }, 700);
    });
}

document.querySelectorAll("form[data-work-url]").forEach((form) => new Work(form));
document.querySelectorAll("[data-show]").forEach(addShowButton);
document.querySelectorAll("[data-rules]").forEach(addTicks);
