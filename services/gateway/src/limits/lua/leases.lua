-- Put before every other script, after books.lua: time, leases, lines, and what many requests have in common.
--
-- sluice:limit:<scope>    hash    b:<bucket> "<level> <ms>"   level, in units times periodMs, as it was at that time
--                                 g:<gauge>                   places taken
--                                 w                           how many stand in the scope's line
--                                 x                           when the hash expires (ms); may be later, never earlier
-- sluice:meter:<scope>:<period>  hash  <meter> used, <meter>:held what running requests may still use
-- sluice:line:<scope>     sorted set of those who wait, by rank
-- sluice:leases           sorted set of all leases, by the lease time at which they end
-- sluice:lease:<id>       "g<held by meter>|<holds>" granted, "w<scope>" waits, "r" ran out and may still be settled,
--                         "" settled
-- sluice:lease-clock      "<ms> <lease ms>"
--
-- A shape is what requests of one kind have in common: [epochs, scopes, buckets, gauges, meter keys, meters, holds].
-- Buckets, gauges and meters are flat, with places that count from 1:
--   bucket: scope, field, limit, periodMs, isTokens
--   gauge:  scope, field, cost
--   meter:  key, scope, field, isTokens, limit
-- Its holds, as JSON: [scopes, gauges, meter keys, meters], what a running request has to give back:
--   gauge:  scope, field
--   meter:  key, scope, field

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
-- What ran out may be settled for so long.
local RAN_OUT_MS = 3600000
local REAPS_MAX = 20

local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] * 1000 + floor(time[2] / 1000)
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
local function drained(cell, limit, periodMs, now)
  local level, at = cell[1], cell[2]
  if at > now then
    if at > now + periodMs then return level, now, true end
    return level, at
  end
  level = level - (now - at) * limit
  if level < 0 then level = 0 end
  return level, now
end

local function scopeOf(name)
  return open('sluice:limit:' .. name)
end

local function leaseOf(id)
  return 'sluice:lease:' .. id
end

-- The records of leases, by id, as they are and as they become in this call.
local function readLeases(ids)
  local keys, leases = {}, {}
  for i = 1, #ids do keys[i] = leaseOf(ids[i]) end
  if #keys > 0 then
    local records = redis.call('MGET', unpack(keys))
    for i = 1, #ids do leases[ids[i]] = records[i] end
  end
  return leases
end

-- Opens what a shape names; load() reads it. Afterwards it has scopes and meter keys as books, and numbers of each part.
local function openShape(shape)
  local scopes, buckets, gauges, keys, meters = shape[2], shape[3], shape[4], shape[5], shape[6]
  shape.books, shape.sums = {}, {}
  for s = 1, #scopes do
    local book = scopeOf(scopes[s])
    want(book, 'x')
    want(book, 'w')
    shape.books[s] = book
  end
  for i = 1, #buckets, BUCKET do want(shape.books[buckets[i]], buckets[i + 1]) end
  for i = 1, #gauges, GAUGE do want(shape.books[gauges[i]], gauges[i + 1]) end
  for k = 1, #keys do shape.sums[k] = open('sluice:meter:' .. keys[k]) end
  for i = 1, #meters, METER do
    local field = meters[i + 2]
    want(shape.sums[meters[i]], field)
    want(shape.sums[meters[i]], field .. ':held')
  end
  shape.bucketCount, shape.gaugeCount, shape.meterCount = #buckets / BUCKET, #gauges / GAUGE, #meters / METER
end

-- Tells those who wait for a scope, once a call.
local woken = {}
local function wake(name)
  if woken[name] then return end
  woken[name] = true
  redis.call('PUBLISH', WAKE, name)
end

local function countLine(name, now)
  local book = scopeOf(name)
  local waiting = redis.call('ZCARD', 'sluice:line:' .. name)
  if waiting == 0 then
    redis.call('HDEL', book.key, 'w')
    book.cells.w = false
  else
    redis.call('HSET', book.key, 'w', waiting)
    book.cells.w = waiting
    keep(book, now + KEEP_MS, SLACK_MS)
  end
  return waiting
end

local function leaveLine(id, name, now)
  redis.call('ZREM', 'sluice:line:' .. name, id)
  if countLine(name, now) > 0 then wake(name) end
end

-- What a grant holds of each meter, and the JSON of what it has to give back.
local function parseGrant(record)
  local held, holds = match(record, '^g([^|]*)|(.*)$')
  local amounts = {}
  for amount in string.gmatch(held, '%d+') do amounts[#amounts + 1] = tonumber(amount) end
  return amounts, holds
end

local function giveBackPlace(book, field)
  local taken = tonumber(read(book, field) or 0)
  if taken > 0 then put(book, field, taken - 1) end
end

local function giveBackHeld(book, field, amount)
  local held = tonumber(read(book, field) or 0)
  if held > 0 and amount > 0 then put(book, field, max(0, held - amount)) end
end

-- Gives back what a grant holds for as long as it runs.
local function giveBack(record)
  local amounts, holds = parseGrant(record)
  holds = cjson.decode(holds)
  local scopes, gauges, keys, meters = holds[1], holds[2], holds[3], holds[4]
  for i = 1, #gauges, 2 do giveBackPlace(scopeOf(scopes[gauges[i]]), gauges[i + 1]) end
  for i = 1, #meters, 3 do
    giveBackHeld(open('sluice:meter:' .. keys[meters[i]]), meters[i + 2] .. ':held', amounts[(i + 2) / 3])
  end
  for s = 1, #scopes do
    if read(scopeOf(scopes[s]), 'w') then wake(scopes[s]) end
  end
end

-- Ends leases that were not renewed in time. Each is over and done with before the next, so that one that cannot be
-- ended, or a call that fails later, costs nobody else what they get back.
local function reap(leaseNow, now, most)
  local ids = redis.call('ZRANGEBYSCORE', LEASES, '-inf', whole(leaseNow), 'LIMIT', 0, most)
  for _, id in ipairs(ids) do
    local record = redis.call('GET', leaseOf(id))
    local kind = record and sub(record, 1, 1)
    redis.call('ZREM', LEASES, id)
    if kind == 'w' then
      redis.call('DEL', leaseOf(id))
      leaveLine(id, sub(record, 2), now)
    elseif kind == 'g' then
      giveBack(record)
      redis.call('SET', leaseOf(id), 'r', 'PX', RAN_OUT_MS)
    end
    close(now)
  end
end
