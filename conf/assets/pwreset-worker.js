/*
 * The search behind "I'm not a robot", off the page's own thread. It is given a challenge of ALTCHA
 * version 2, tries numbers from 0 on, and answers with {part} (how much of the way is behind it,
 * 0 to 1) now and then, and at last with {solution}: what the field `altcha` takes, or null.
 *
 * SHA-256 is written out here because a call of Web Crypto for each guess costs more than the guess.
 */
"use strict";

/* FIPS 180-4, 4.2.2 and 5.3.3: the first bits of what stands behind the point in roots of primes. */
const primes = [];
for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime)) {
        primes.push(number);
    }
}
const bits = (numbers, root) => Int32Array.from(numbers, (number) => (root(number) % 1) * 2 ** 32);
const K = bits(primes, Math.cbrt);
const START = bits(primes.slice(0, 8), Math.sqrt);
const schedule = new Int32Array(64);

/* FIPS 180-4, 6.2.2: `out` becomes `from`, moved on by the sixteen words of `block`. */
function compress(out, from, block) {
    const w = schedule;
    for (let i = 0; i < 16; i++) {
        w[i] = block[i];
    }
    for (let i = 16; i < 64; i++) {
        const x = w[i - 15];
        const y = w[i - 2];
        const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let a = from[0], b = from[1], c = from[2], d = from[3];
    let e = from[4], f = from[5], g = from[6], h = from[7];
    for (let i = 0; i < 64; i++) {
        const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g;
        g = f;
        f = e;
        e = (d + t1) | 0;
        d = c;
        c = b;
        b = a;
        a = (t1 + t2) | 0;
    }
    out[0] = (from[0] + a) | 0;
    out[1] = (from[1] + b) | 0;
    out[2] = (from[2] + c) | 0;
    out[3] = (from[3] + d) | 0;
    out[4] = (from[4] + e) | 0;
    out[5] = (from[5] + f) | 0;
    out[6] = (from[6] + g) | 0;
    out[7] = (from[7] + h) | 0;
}

/* Blocks of sixteen words for `bytes`, closed as FIPS 180-4, 5.1.1 says; `before` bytes are hashed. */
function blocksOf(bytes, before) {
    const view = new DataView(new ArrayBuffer(Math.ceil((bytes.length + 9) / 64) * 64));
    bytes.forEach((byte, i) => view.setUint8(i, byte));
    view.setUint8(bytes.length, 0x80);
    view.setUint32(view.byteLength - 4, (before + bytes.length) * 8);
    return blocksIn(view);
}

function blocksIn(view) {
    const blocks = [];
    for (let at = 0; at < view.byteLength; at += 64) {
        blocks.push(Int32Array.from({ length: 16 }, (_, i) => view.getInt32(at + 4 * i)));
    }
    return blocks;
}

function hexOf(words) {
    return Array.from(words, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

function bytesOf(hex) {
    return Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
}

/* Tries 0 to `most` until `found(number)` says something. */
function search(most, found) {
    let told = performance.now();
    for (let number = 0; number <= most; number++) {
        const answer = found(number);
        if (answer) {
            return answer;
        }
        if (number % 128 === 0 && performance.now() - told > 200) {
            told = performance.now();
            postMessage({ part: number / most });
        }
    }
    return null;
}

/* PBKDF2-HMAC-SHA-256 (RFC 8018, 5.2), its first 32 bytes. `key` is one block that holds the
 * password, `salt` one block that goes behind the inner key. */
function derive(key, salt, rounds, out) {
    const inner = new Int32Array(8);
    const outer = new Int32Array(8);
    const round = new Int32Array(16); /* also the block that is hashed next: 32 bytes and the end */
    compress(inner, START, key.map((word) => word ^ 0x36363636));
    compress(outer, START, key.map((word) => word ^ 0x5c5c5c5c));
    round[8] = 0x80000000;
    round[15] = (64 + 32) * 8;
    for (let i = 0; i < rounds; i++) {
        compress(round, inner, i ? round : salt);
        compress(round, outer, round);
        for (let word = 0; word < 8; word++) {
            out[word] ^= round[word];
        }
    }
}

/* The password is a nonce with a number of four bytes behind it. */
function solve(challenge) {
    const { algorithm, cost, data, keyLength, keyPrefix, nonce, salt } = challenge.parameters;
    const bytes = bytesOf(nonce);
    const key = new DataView(new ArrayBuffer(64));
    const saltBlocks = blocksOf([...bytesOf(salt), 0, 0, 0, 1], 64);
    if (algorithm !== "PBKDF2/SHA-256" || keyLength !== 32 || bytes.length > 60
        || saltBlocks.length > 1) {
        return null;
    }
    bytes.forEach((byte, i) => key.setUint8(i, byte));
    return search((data && data.most) || 0xffffffff, (counter) => {
        const out = new Int32Array(8);
        key.setUint32(bytes.length, counter);
        derive(blocksIn(key)[0], saltBlocks[0], cost, out);
        const derivedKey = hexOf(out);
        return derivedKey.startsWith(keyPrefix) && { challenge, solution: { counter, derivedKey } };
    });
}

onmessage = ({ data }) => {
    const solved = data.parameters ? solve(data) : null;
    postMessage({ solution: solved ? btoa(JSON.stringify(solved)) : null });
};
