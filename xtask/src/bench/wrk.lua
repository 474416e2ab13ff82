-- Sends the requests of a file in turn, and counts answers with another status than expected.
-- Arguments: the file (path, header, its value, content type, body; by tabs), the status.
local threads = {}
function setup(thread) table.insert(threads, thread) end

function init(arguments)
  requests, at, expected, wrong = {}, 0, tonumber(arguments[2]), 0
  for line in io.lines(arguments[1]) do
    local path, name, value, kind, body = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = { ["Content-Type"] = kind, ["Authorization"] = "Bearer bench-key" }
    headers[name] = value
    headers["I-Twilio-Idempotency-Token"] = "5f2b4f8e-0d5c-4a41-9c2e-" .. #requests
    headers["User-Agent"] = "TwilioProxy/1.1"
    headers["Accept"] = "*/*"
    table.insert(requests, wrk.format("POST", path, headers, body))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function response(status)
  if status ~= expected then wrong = wrong + 1 end
end

function done(summary, latency)
  local wrong = summary.errors.connect + summary.errors.read + summary.errors.timeout
  for _, thread in ipairs(threads) do wrong = wrong + thread:get("wrong") end
  print(string.format("bench %d %.1f %.3f %.3f %d", summary.requests,
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, wrong))
end
