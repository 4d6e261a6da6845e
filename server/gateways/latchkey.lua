-- The action `http-request lua.latchkey` of haproxy.cfg: asks Latchkey about each request. Goes on only after
-- a 200, with txn.latchkey_passed set; every other answer, and none, ends the request.

local verify = os.getenv("LATCHKEY_URL") .. "/verify?mode=rich"
local patience_ms = 1000

local credentials = { "authorization", "coder-session-token", "cookie" }
local identity = {
    "x-latchkey-user-id",
    "x-latchkey-username",
    "x-latchkey-key-id",
    "x-latchkey-scopes",
    "x-latchkey-expires-at",
}
local passed_on_refusal = { "www-authenticate", "retry-after", "cache-control", "content-type" }
local refusals = { [400] = true, [401] = true, [403] = true, [429] = true, [503] = true }

-- HAProxy counts the values of a request's header from 0, httpclient wants them from 1.
local function values_of(headers, name)
    local values = {}
    local index = 0
    while headers[name] and headers[name][index] do
        values[#values + 1] = headers[name][index]
        index = index + 1
    end
    return values
end

local function question(txn, headers)
    local asked = { ["x-forwarded-for"] = values_of(headers, "x-forwarded-for") }
    for _, name in ipairs(credentials) do
        local values = values_of(headers, name)
        if #values > 0 then asked[name] = values end
    end
    -- One line, since the last line alone is read.
    local hops = asked["x-forwarded-for"]
    hops[#hops + 1] = txn.f:src()
    asked["x-forwarded-for"] = { table.concat(hops, ", ") }
    return asked
end

local function first_of(headers, name)
    local values = headers and headers[name]
    return values and (values[0] or values[1])
end

local function refuse(txn, status, answer)
    local reply = txn:reply({ status = status })
    for _, name in ipairs(passed_on_refusal) do
        local value = first_of(answer and answer.headers, name)
        if value then reply:add_header(name, value) end
    end
    if answer and answer.body then reply:set_body(answer.body) end
    txn:done(reply)
end

-- Look-alikes with underscores go as well: CGI and its children cannot tell them apart.
local function forget_claims(txn, headers)
    for name in pairs(headers) do
        if name:lower():gsub("_", "-"):sub(1, 11) == "x-latchkey-" then txn.http:req_del_header(name) end
    end
end

local function forget_credential(txn, headers)
    txn.http:req_del_header("authorization")
    txn.http:req_del_header("coder-session-token")
    for _, line in ipairs(values_of(headers, "cookie")) do
        if line:lower():find("coder_session_token", 1, true) then txn.http:req_del_header("cookie") end
    end
end

core.register_action("latchkey", { "http-req" }, function(txn)
    local headers = txn.http:req_get_headers()
    local url = verify .. (txn:get_var("txn.latchkey_demands") or "")
    local client = core.httpclient()
    local answer = client:get({ url = url, headers = question(txn, headers), timeout = patience_ms })
    local status = answer and answer.status

    if status ~= 200 then
        if refusals[status] then return refuse(txn, status, answer) end
        return refuse(txn, 503)
    end

    forget_claims(txn, headers)
    forget_credential(txn, headers)
    for _, name in ipairs(identity) do
        txn.http:req_set_header(name, first_of(answer.headers, name) or "")
    end
    txn:set_var("txn.latchkey_passed", true)
end, 0)
