// What goes wrong with a call.

/**
 * A call that got no good answer.
 *
 * `code` is one of the service's (`invalid_parameter`, `unauthorized`, `forbidden`, `unknown_item`, `token_outdated`,
 * `image_unreadable`, `rate_limited`, `no_worker` and so on), or one of the client's own: `offline` (no answer came),
 * `timeout` (none came in time), `bad_answer` (not the service answered).
 */
export class LookalikeError extends Error {
  /**
   * @param {string} code
   * @param {string} message a sentence for developers.
   * @param {{status?: number, requestId?: string, retryAfterS?: number|null}} [more]
   */
  constructor(code, message, { status = 0, requestId = '', retryAfterS = null } = {}) {
    super(message);
    this.name = 'LookalikeError';
    this.code = code;
    /** HTTP status; 0 if there was no answer. */
    this.status = status;
    /** For the service's operator, who finds it in the log. */
    this.requestId = requestId;
    /** Seconds to wait before trying again; null if the service named none. */
    this.retryAfterS = retryAfterS;
  }
}

/**
 * The error of an answer that is not a good one.
 *
 * @param {Response} response
 * @returns {Promise<LookalikeError>}
 */
export async function errorOf(response) {
  /** @type {{code?: unknown, detail?: unknown, request_id?: unknown}} */
  let problem = {};
  try {
    problem = Object(await response.json());
  } catch {
    // The page of a proxy: only the status says something.
  }
  const detail = typeof problem.detail === 'string' ? problem.detail : `the answer has status ${response.status}`;
  return new LookalikeError(typeof problem.code === 'string' ? problem.code : codeOf(response.status), detail, {
    status: response.status,
    requestId: typeof problem.request_id === 'string' ? problem.request_id : (response.headers.get('X-Request-Id') ?? ''),
    retryAfterS: retryAfterS(response.headers.get('Retry-After')),
  });
}

/** @param {number} status */
function codeOf(status) {
  if (status === 429) return 'rate_limited';
  return status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'bad_answer';
}

/**
 * Seconds of a Retry-After header, which may be a date; null if there is none that can be read.
 *
 * @param {string|null} header
 */
export function retryAfterS(header) {
  if (!header) return null;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
