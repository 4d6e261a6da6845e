// Talks to the server. The session travels in an HttpOnly cookie that no script can read; what changes
// something carries the proof against cross-site requests, which is kept in this variable and nowhere else.

let csrfToken = "";
let signedOut = () => {};

export class ApiError extends Error {
  constructor(status, { message, detail = "", validations = [] }) {
    super(message);
    this.status = status;
    this.detail = detail;
    this.validations = validations;
  }
}

// Called when the server says that the session has ended.
export function whenSignedOut(act) {
  signedOut = act;
}

async function send(method, path, body) {
  const headers = {};
  if (method !== "GET") headers["X-CSRF-TOKEN"] = csrfToken;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body, credentials: "same-origin", cache: "no-store" });
  } catch {
    throw new ApiError(0, { message: "The server cannot be reached.",
      detail: "Check that it runs and that you are online, then try again." });
  }
  const text = await answer.text();
  let said = null;
  try {
    said = text ? JSON.parse(text) : null;
  } catch {
    said = { message: text.trim() };
  }
  if (answer.ok) return said;
  if (answer.status === 401 && !path.startsWith("/api/v2/users/login")) signedOut();
  throw new ApiError(answer.status, { ...said, message: said?.message || `The server answered ${answer.status}.` });
}

export const get = (path) => send("GET", `/api/v2${path}`);
export const post = (path, body) => send("POST", `/api/v2${path}`, body === undefined ? undefined : JSON.stringify(body));
export const put = (path, body) => send("PUT", `/api/v2${path}`, body === undefined ? undefined : JSON.stringify(body));
export const remove = (path) => send("DELETE", `/api/v2${path}`);

// Who is there; also renews the proof, which changes with the session.
export async function session() {
  const found = await get("/latchkey/session");
  csrfToken = found.csrf_token;
  return found;
}

export async function login(email, password) {
  await post("/users/login", { email, password }); // its reply also holds the session's token: left unread
  await session();
}

export async function logout() {
  await post("/users/logout");
  await session();
}

// Every page of a list, up to `most`. `next` makes the path behind the last element.
export async function tokenPage({ user = "me", all = false, expired = false, after = "", limit = 100 } = {}) {
  const query = new URLSearchParams({ limit: String(limit) });
  if (all) query.set("include_all", "true");
  if (expired) query.set("include_expired", "true");
  if (after) query.set("after_id", after);
  return get(`/users/${encodeURIComponent(user)}/keys/tokens?${query}`);
}

// What the caller may do, asked of the server's own policy: {question: bool}.
export function rights() {
  const about = (resource_type, action) => ({ object: { resource_type }, action });
  return post("/authcheck", { checks: {
    users: about("user", "read"),
    createUsers: about("user", "create"),
    updateUsers: about("user", "update"),
    deleteUsers: about("user", "delete"),
    assignRoles: about("assign_role", "assign"),
    allTokens: about("api_key", "read"),
    audit: about("audit_log", "read"),
  } });
}
