-- Put before every other script here: time, leases, lines, and what is kept of a scope.
--
-- sluice:limit:<scope>    hash    b:<bucket> "<level> <ms>"   level, in units times periodMs, as it was at that time
--                                 g:<gauge>                   places taken
--                                 w                           how many stand in the scope's line
--                                 x                           when the hash expires (ms); may be later, never earlier
-- sluice:meter:<scope>:<period>  hash  <meter> used, <meter>:held what running requests may still use
-- sluice:line:<scope>     sorted set of those who wait, by rank
-- sluice:leases           sorted set of all leases, by the lease time at which they end
-- sluice:lease:<id>       "g<held by meter>|<demand>" granted, "w<scope>" waits, "r<demand>" ran out and may still be
--                         settled, "" settled
-- sluice:lease-clock      "<ms> <lease ms>"
--
-- A demand is [scopes, buckets, gauges, meter keys, meters], the latter flat, with places that count from 1:
--   bucket: scope, field, limit, periodMs, cost, isTokens
--   gauge:  scope, field, limit, cost
--   meter:  key, scope, field, isTokens, limit, promptMax, promptMin, perOutputToken

local BUCKET, GAUGE, METER = 6, 4, 8
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local format, match, sub = string.format, string.match, string.sub
local LEASES = 'sluice:leases'
local LEASE_CLOCK = 'sluice:lease-clock'
local WAKE = 'sluice:wake'

-- A script that finds the clock this far ahead was kept from running, and so were the holders of leases from renewing
-- them: Redis was stopped, or nobody was there. Renewals come every 4 s.
local GAP_MS = 5000
local GAP_COUNTS_MS = 1000
-- How old the clock in the database may be before it is written again.
local CLOCK_STEP_MS = 500

-- A scope that somebody holds a place in, or waits for, is kept this long; every renewal sees to it.
local KEEP_MS = 60000
-- The expiry is put off by this at least, so that few requests have to.
local SLACK_MS = 600000
-- What ran out may be settled for so long.
local RAN_OUT_MS = 3600000
local REAPS_MAX = 20

local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + floor(time[2] / 1000)
end

-- Exact up to 2^53. Half the cost of '%.0f', and of what Redis makes of a number that it is given.
local function whole(number)
  return format('%d', number)
end

-- The time that leases go by. It never goes back, and stands nearly still while nobody can renew.
local function leaseTime(stored, now)
  if not stored then
    redis.call('SET', LEASE_CLOCK, whole(now) .. ' ' .. whole(now))
    return now
  end
  local at, lease = match(stored, '^(%d+) (%d+)$')
  local passed = now - at
  if passed >= 0 and passed < CLOCK_STEP_MS then return lease + passed end
  if passed < 0 then passed = 0 elseif passed > GAP_MS then passed = GAP_COUNTS_MS end
  redis.call('SET', LEASE_CLOCK, whole(now) .. ' ' .. whole(lease + passed))
  return lease + passed
end

-- A bucket's level now and the time it stands for. Time that went back refills nothing, until it has gone back so far
-- that the clock must have been wrong before: then it answers true, too, because that has to be written down.
local function drained(stored, limit, periodMs, now)
  if not stored then return 0, now end
  local level, at = match(stored, '^(%d+) (%d+)$')
  level, at = tonumber(level), tonumber(at)
  if at > now then
    if at > now + periodMs then return level, now, true end
    return level, at
  end
  level = level - (now - at) * limit
  if level < 0 then level = 0 end
  return level, now
end

-- Puts the expiry of a scope's hash off to a time that is needed.
local function keepScope(key, expiresAt, neededAt, slackMs, now)
  if expiresAt and tonumber(expiresAt) >= neededAt then return end
  redis.call('HSET', key, 'x', whole(neededAt + slackMs))
  redis.call('PEXPIRE', key, whole(neededAt + slackMs - now))
end

local function countLine(scope, now)
  local key = 'sluice:limit:' .. scope
  local waiting = redis.call('ZCARD', 'sluice:line:' .. scope)
  if waiting == 0 then
    redis.call('HDEL', key, 'w')
  else
    redis.call('HSET', key, 'w', waiting)
    keepScope(key, redis.call('HGET', key, 'x'), now + KEEP_MS, SLACK_MS, now)
  end
  return waiting
end

local function leaveLine(id, scope, now)
  redis.call('ZREM', 'sluice:line:' .. scope, id)
  if countLine(scope, now) > 0 then redis.call('PUBLISH', WAKE, scope) end
end

local function parseGrant(record)
  local held, demand = match(record, '^g([^|]*)|(.*)$')
  local amounts = {}
  for amount in string.gmatch(held, '%d+') do amounts[#amounts + 1] = tonumber(amount) end
  return amounts, cjson.decode(demand), demand
end

local function giveBackMeter(key, field, held)
  local amount = min(held, tonumber(redis.call('HGET', key, field .. ':held') or 0))
  if amount > 0 then redis.call('HINCRBY', key, field .. ':held', -amount) end
end

-- Gives back what a grant holds for as long as it runs.
local function giveBack(held, demand)
  local scopes, gauges, meterKeys, meters = demand[1], demand[3], demand[4], demand[5]
  local touched = {}
  for i = 1, #gauges, GAUGE do
    if gauges[i + 3] > 0 then
      local scope = scopes[gauges[i]]
      local key = 'sluice:limit:' .. scope
      if tonumber(redis.call('HGET', key, gauges[i + 1]) or 0) > 0 then redis.call('HINCRBY', key, gauges[i + 1], -1) end
      touched[scope] = true
    end
  end
  for i = 1, #meters, METER do
    giveBackMeter('sluice:meter:' .. meterKeys[meters[i]], meters[i + 2], held[(i - 1) / METER + 1])
    touched[scopes[meters[i + 1]]] = true
  end
  for _, scope in ipairs(scopes) do
    if touched[scope] and redis.call('HGET', 'sluice:limit:' .. scope, 'w') then redis.call('PUBLISH', WAKE, scope) end
  end
end

-- Ends leases that were not renewed in time.
local function reap(leaseNow, now, most)
  local ids = redis.call('ZRANGEBYSCORE', LEASES, '-inf', whole(leaseNow), 'LIMIT', 0, most)
  for _, id in ipairs(ids) do
    local record = redis.call('GET', 'sluice:lease:' .. id)
    local kind = record and sub(record, 1, 1)
    redis.call('ZREM', LEASES, id)
    if kind == 'w' then
      redis.call('DEL', 'sluice:lease:' .. id)
      leaveLine(id, sub(record, 2), now)
    elseif kind == 'g' then
      local held, demand, text = parseGrant(record)
      redis.call('SET', 'sluice:lease:' .. id, 'r' .. text, 'PX', RAN_OUT_MS)
      giveBack(held, demand)
    end
  end
end
