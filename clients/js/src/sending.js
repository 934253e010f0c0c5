// Requests: time limits, and further tries where a further try may help.

import { errorOf, LookalikeError } from './error.js';

// What passes by itself. Searches change nothing, so that all of them may be sent again.
const PASSING = new Set([429, 502, 503, 504]);
const FIRST_WAIT_MS = 300;

/**
 * @typedef {object} Sending
 * @property {typeof fetch} fetch
 * @property {number} retries further tries.
 * @property {number} timeoutMs of one try.
 * @property {number} longestWaitMs a service that asks to wait longer is not asked again.
 */

/**
 * The JSON of a good answer.
 *
 * @param {Sending} how
 * @param {URL} url
 * @param {RequestInit} request
 * @param {AbortSignal} [signal] of the caller.
 * @returns {Promise<any>}
 * @throws {LookalikeError}
 * @throws {DOMException} `AbortError`: the caller's signal.
 */
export async function send(how, url, request, signal) {
  for (let left = how.retries; ; left -= 1) {
    try {
      return await tryOnce(how, url, request, signal);
    } catch (error) {
      if (!(error instanceof LookalikeError)) throw error;
      const passing = PASSING.has(error.status) || error.code === 'offline';
      // Spread, so that many pages do not come back in the same moment.
      const backoff = FIRST_WAIT_MS * 2 ** (how.retries - left) * (0.75 + Math.random() / 2);
      const waitMs = Math.max(backoff, (error.retryAfterS ?? 0) * 1000);
      if (!passing || left <= 0 || waitMs > how.longestWaitMs) throw error;
      await wait(waitMs, signal);
    }
  }
}

/**
 * @param {Sending} how
 * @param {URL} url
 * @param {RequestInit} request
 * @param {AbortSignal} [signal]
 */
async function tryOnce(how, url, request, signal) {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const pass = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', pass);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, how.timeoutMs);
  try {
    const response = await how.fetch(url, { ...request, signal: stop.signal });
    if (!response.ok) throw await errorOf(response);
    return await jsonOf(response, url);
  } catch (error) {
    if (error instanceof LookalikeError) throw error;
    signal?.throwIfAborted();
    if (late) throw new LookalikeError('timeout', `no answer came from ${url.host} within ${how.timeoutMs} ms`);
    throw new LookalikeError(
      'offline',
      `no answer came from ${url.host}: it is away, or it does not let this page in (its operator lists the origins of pages)`,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', pass);
  }
}

/**
 * @param {Response} response
 * @param {URL} url
 */
async function jsonOf(response, url) {
  const text = await response.text();
  try {
    const answer = JSON.parse(text);
    if (answer && typeof answer === 'object') return answer;
  } catch {
    // Falls through to the error.
  }
  throw new LookalikeError('bad_answer', `${url.host} did not answer with JSON; is this the service's address?`, {
    status: response.status,
  });
}

/**
 * @param {number} ms
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}
