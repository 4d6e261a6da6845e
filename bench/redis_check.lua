-- The usual do-it-yourself check: one GET for each request, over kept connections. Debian's client library for
-- Redis brings nginx-extras with it, so that these few lines speak to Redis themselves.
-- redis_port is set by the configuration (bench/peers.py).
local function value_of(name)
    local redis = ngx.socket.tcp()
    local connected, why = redis:connect("127.0.0.1", redis_port)
    if not connected then
        return nil, why
    end
    redis:send("*2\r\n$3\r\nGET\r\n$" .. #name .. "\r\n" .. name .. "\r\n")
    local answer
    answer, why = redis:receive()
    if not answer or answer:byte() ~= 36 then -- '$'
        return nil, why or answer
    end
    local size = tonumber(answer:sub(2))
    local value = false
    if size >= 0 then
        value = redis:receive(size)
        redis:receive(2)
    end
    redis:setkeepalive(60000, 256)
    return value
end

local authorization = ngx.var.http_authorization
local user = false
if authorization and authorization:sub(1, 7) == "Bearer " then
    user = value_of("token:" .. authorization:sub(8))
    if user == nil then
        return ngx.exit(503)
    end
end
ngx.status = user and 200 or 401
ngx.header["Content-Length"] = 0
ngx.header["X-User"] = user or ""
ngx.exit(ngx.status)
