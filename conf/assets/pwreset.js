/*
 * What a script adds to pages that work without one: the silent robot check, show buttons and live
 * ticks for a new password. All words come from the page's data- attributes. Nothing is fetched but
 * the challenge, from this site; nothing typed leaves the browser before the form is sent.
 */
"use strict";

/* The robot check. A form with data-work-url gets its challenge when somebody begins to use it, has
 * it solved by the worker (data-worker), and puts the answer into its field `altcha`. If it is sent
 * before that, it waits, for data-work-wait seconds at most. The server decides what becomes of a
 * form without an answer. */
class Work {
    constructor(form) {
        this.form = form;
        this.row = form.querySelector("[data-work]");
        this.bar = form.querySelector("[data-work-progress]");
        this.status = form.querySelector("[data-work-status]");
        this.rest();
        if (this.row) {
            this.row.hidden = false;
        }
        this.status.hidden = false;
        if (this.bar) {
            this.bar.hidden = false;
        }
        form.addEventListener("focusin", () => this.begin());
        form.addEventListener("submit", (event) => this.onSubmit(event));
        if (form.contains(document.activeElement)) {
            this.begin();
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
        for (let tries = 2; tries > 0 && !solution; tries--) {
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

/* The rules that can be told from the length. As the server counts: code points after NFC. */
const checks = {
    min_length: (length, value) => length >= value,
    max_length: (length, value) => length <= value,
};

/* The box of rules: each that can be checked here gets a tick, and a word for who cannot see it.
 * data-rules="id of the password field". */
function addTicks(list) {
    const input = document.getElementById(list.dataset.rules);
    const status = document.querySelector("[data-rules-status]");
    const rules = [...list.querySelectorAll("[data-rule]")].filter((li) => checks[li.dataset.rule]);
    const plural = new Intl.PluralRules(document.documentElement.lang);
    let timer;

    for (const rule of rules) {
        rule.word = document.createElement("span");
        rule.word.className = "unseen";
        rule.append(rule.word);
    }
    /* Password managers make what fits (WHATWG, html#3518). */
    input.setAttribute("passwordrules", rules.map(({ dataset }) =>
        `${dataset.rule.replace("_", "")}: ${dataset.value};`).join(" "));
    input.addEventListener("input", () => {
        const { length } = [...input.value.normalize("NFC")];
        let open = 0;
        for (const rule of rules) {
            const isMet = checks[rule.dataset.rule](length, Number(rule.dataset.value));
            open += isMet ? 0 : 1;
            rule.dataset.state = length === 0 ? "" : isMet ? "met" : "remaining";
            rule.word.textContent = length === 0 ? ""
                : ` – ${isMet ? list.dataset.textMet : list.dataset.textRemaining}`;
        }
        clearTimeout(timer);
        timer = setTimeout(() => {
            const { textMet, textOne, textOther } = status.dataset;
            const words = plural.select(open) === "one" ? textOne : textOther;
            status.textContent = length === 0 ? ""
                : open ? words.replace("{count}", open) : textMet;
        }, 700);
    });
}

document.querySelectorAll("form[data-work-url]").forEach((form) => new Work(form));
document.querySelectorAll("[data-show]").forEach(addShowButton);
document.querySelectorAll("[data-rules]").forEach(addTicks);
