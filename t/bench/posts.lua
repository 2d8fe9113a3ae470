-- For wrk, one thread.
--   harvest FILE          GET; writes the seal of each form that comes into the file
--   post FILE FIRST BODY  POSTs BODY with SEAL in it replaced by each seal of the file in turn,
--                         from line FIRST on; when they are used up, the last one again
local verb, seals, at, before, after, out

local headers = {
    ["Content-Type"] = "application/x-www-form-urlencoded",
    ["Sec-Fetch-Site"] = "same-origin",
}

local function read_seals(path)
    local found = {}
    for line in io.lines(path) do
        found[#found + 1] = line
    end
    return found
end

function init(args)
    verb = args[1]
    if verb == "harvest" then
        out = io.open(args[2], "w")
        return
    end
    seals, at = read_seals(args[2]), tonumber(args[3])
    before, after = args[4]:match("^(.*)SEAL(.*)$")
    response = nil
end

function request()
    if verb == "harvest" then
        return wrk.format("GET")
    end
    local seal = seals[math.min(at, #seals)]
    at = at + 1
    return wrk.format("POST", nil, headers, before .. seal .. after)
end

function response(_, _, body)
    out:write(body:match('name="seal" value="([^"]*)"'), "\n")
    out:flush()
end
