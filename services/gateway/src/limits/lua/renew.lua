-- Keeps leases and places in line, and ends those that nobody keeps.
-- ARGV: now or '', leaseTtlMs, ids. Answers how many of them still had a lease.
local RENEW_REAPS_MAX = 200

local now = clock(ARGV[1])
local leaseNow = leaseTime(redis.call('GET', LEASE_CLOCK), now)
local endsAt = whole(leaseNow + ARGV[2])

local renewed, needed = {}, {}
for i = 3, #ARGV do
  local record = redis.call('GET', leaseOf(ARGV[i]))
  local kind = record and sub(record, 1, 1)
  if kind == 'w' then
    needed[sub(record, 2)] = true
  elseif kind == 'g' then
    local _, holds = parseGrant(record)
    holds = cjson.decode(holds)
    local scopes, gauges = holds[1], holds[2]
    for j = 1, #gauges, 2 do needed[scopes[gauges[j]]] = true end
  end
  if kind == 'w' or kind == 'g' then
    renewed[#renewed + 1] = endsAt
    renewed[#renewed + 1] = ARGV[i]
  end
end
if #renewed > 0 then redis.call('ZADD', LEASES, 'XX', unpack(renewed)) end
for name in pairs(needed) do keep(scopeOf(name), now + KEEP_MS, SLACK_MS) end
reap(leaseNow, now, RENEW_REAPS_MAX)
close(now)
return #renewed / 2
