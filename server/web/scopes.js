// What each scope means, in words. Names come from the server (auth/scopes); one that is not known here is
// still offered, explained by its parts.
import { sentence } from "/assets/format.js";

const wholes = {
  "coder:all": "Everything you may do yourself",
  "coder:apikeys.manage_self": "Manage your own tokens: list, create, change and delete them",
  "coder:application_connect": "Connect to applications in workspaces, nothing else",
  "coder:templates.author": "Write templates: read, create, change and delete them, with their files",
  "coder:templates.build": "Build templates: read them and upload their files",
  "coder:workspaces.access": "Use workspaces: read them, open a shell and their applications",
  "coder:workspaces.create": "Create workspaces from templates, start and stop them",
  "coder:workspaces.delete": "Delete workspaces",
  "coder:workspaces.operate": "Start, stop and update existing workspaces",
};

const things = {
  api_key: "tokens", chat_model_config: "chat model settings", file: "files", organization: "organizations",
  task: "tasks", template: "templates", user: "users", user_memory: "your memories", user_secret: "your secrets",
  user_skill: "your skills", workspace: "workspaces",
};

const verbs = {
  "*": "Do everything with", application_connect: "Connect to applications in", create: "Create", delete: "Delete",
  read: "See", read_personal: "See the personal details of", ssh: "Open a shell in", start: "Start", stop: "Stop",
  update: "Change", update_personal: "Change the personal details of", use: "Use",
};

const plain = (name) => name.replaceAll("_", " ");

export function explain(scope) {
  if (wholes[scope]) return wholes[scope];
  const [resource, action] = scope.split(":");
  if (action === undefined) return sentence(plain(scope));
  return `${verbs[action] || sentence(plain(action))} ${things[resource] || plain(resource)}`;
}

// [[title, [scope, ...]], ...]: the ready-made sets first, then each kind of thing; "coder:all" is no part of it.
export function grouped(names) {
  const groups = new Map([["Ready-made sets", []]]);
  for (const name of names) {
    if (name === "coder:all") continue;
    const [resource] = name.split(":");
    const title = resource === "coder" ? "Ready-made sets" : sentence(things[resource] || plain(resource));
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(name);
  }
  return [...groups].filter(([, scopes]) => scopes.length > 0);
}
