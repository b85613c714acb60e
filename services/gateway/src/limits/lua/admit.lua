-- Decides on one request: takes all of its demand, or nothing.
-- ARGV: now or '', leaseTtlMs, id, demand, outputTokens, rank or '', depthMax, takes, then name and seen value of each epoch.
-- Answers {GRANTED, outputTokens, totalTokens or -1, buckets}, {REFUSED, by, index, detail, isFinal, position or -1, buckets},
-- {STALE, values} or {UNSEEDED, index}; buckets are remaining and resetMs of each, an index counts from 0.
local GRANTED, REFUSED, STALE, UNSEEDED = 0, 1, 2, 3
local BY_BUCKET, BY_SMALL_BUCKET, BY_GAUGE, BY_METER, BY_LINE = 0, 1, 2, 3, 4

local now = clock(ARGV[1])
local leaseTtlMs, id, wanted, rank = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[5]), ARGV[6]
local takes = ARGV[8] == '1'

local known = { LEASE_CLOCK }
for i = 9, #ARGV, 2 do known[#known + 1] = 'sluice:epoch:' .. ARGV[i] end
known = redis.call('MGET', unpack(known))
local leaseNow = 0
if takes then
  leaseNow = leaseTime(known[1], now)
  reap(leaseNow, now, REAPS_MAX)
end
for i = 2, #known do
  if (known[i] or '') ~= ARGV[i * 2 + 6] then
    local answer = { STALE }
    for j = 2, #known do answer[j] = known[j] or '' end
    return answer
  end
end

local demand = cjson.decode(ARGV[4])
local scopes, buckets, gauges, meterKeys, meters = demand[1], demand[2], demand[3], demand[4], demand[5]

-- One read for each scope: when it expires, who waits, then its buckets and gauges.
local reads, isTaken, stored = {}, {}, {}
for s = 1, #scopes do reads[s] = { 'sluice:limit:' .. scopes[s], 'x', 'w' } end
for i = 1, #buckets, BUCKET do
  local read = reads[buckets[i]]
  read[#read + 1] = buckets[i + 1]
  if buckets[i + 4] > 0 then isTaken[buckets[i]] = true end
end
for i = 1, #gauges, GAUGE do
  local read = reads[gauges[i]]
  read[#read + 1] = gauges[i + 1]
  if gauges[i + 3] > 0 then isTaken[gauges[i]] = true end
end
for i = 1, #meters, METER do isTaken[meters[i + 1]] = true end
for s = 1, #scopes do stored[s] = redis.call('HMGET', unpack(reads[s])) end
local at = {}
for s = 1, #scopes do at[s] = 3 end

local by, index, detail, isFinal, scope
local levels, times = {}, {}
local longestMs, n = 0, 0
for i = 1, #buckets, BUCKET do
  local s, limit, periodMs, cost = buckets[i], buckets[i + 2], buckets[i + 3], buckets[i + 4]
  local place = at[s]
  at[s] = place + 1
  n = n + 1
  local level, time, isRepaired = drained(stored[s][place], limit, periodMs, now)
  levels[n], times[n] = level, time
  if isRepaired and takes then redis.call('HSET', reads[s][1], buckets[i + 1], format('%d %d', level, time)) end
  if takes and cost > 0 then
    local over = level + (cost - limit) * periodMs
    if cost > limit then
      if by ~= BY_SMALL_BUCKET then by, index, detail, scope = BY_SMALL_BUCKET, n - 1, nil, nil end
    elseif over > 0 and by ~= BY_SMALL_BUCKET then
      local waitMs = ceil(over / limit) + time - now
      if waitMs > longestMs then
        longestMs = waitMs
        by, index, detail, scope = BY_BUCKET, n - 1, waitMs, s
      end
    end
  end
end

-- What is left of each bucket, and when it is full, at the end of an answer.
local function withStates(answer)
  local n, last = 0, #answer
  for i = 1, #buckets, BUCKET do
    local limit, periodMs = buckets[i + 2], buckets[i + 3]
    n = n + 1
    local level, left = levels[n], limit - ceil(levels[n] / periodMs)
    answer[last + 1] = left > 0 and left or 0
    answer[last + 2] = limit > 0 and ceil(level / limit) + times[n] - now or 0
    last = last + 2
  end
  return answer
end

local function refuse(position)
  return withStates({ REFUSED, by, index, detail or 0, isFinal and 1 or 0, position or -1 })
end

if not takes then return withStates({ GRANTED, wanted, -1 }) end

local counts = {}
n = 0
for i = 1, #gauges, GAUGE do
  local s = gauges[i]
  local place = at[s]
  at[s] = place + 1
  n = n + 1
  counts[n] = tonumber(stored[s][place] or 0)
  if not by and gauges[i + 3] > 0 and counts[n] >= gauges[i + 2] then by, index, scope = BY_GAUGE, n - 1, s end
end

-- One read for each period of a scope: what is used and what is held, for each of its meters.
local meterReads, sums = {}, {}
for k = 1, #meterKeys do meterReads[k] = { 'sluice:meter:' .. meterKeys[k] } end
for i = 1, #meters, METER do
  local read, field = meterReads[meters[i]], meters[i + 2]
  read[#read + 1] = field
  read[#read + 1] = field .. ':held'
end
for k = 1, #meterKeys do
  sums[k] = redis.call('HMGET', unpack(meterReads[k]))
  at[k] = 1
end
local rooms, holds, outputTokens = {}, {}, wanted
n = 0
for i = 1, #meters, METER do
  local k = meters[i]
  n = n + 1
  local used, held = sums[k][at[k]], tonumber(sums[k][at[k] + 1] or 0)
  at[k] = at[k] + 2
  if not used then return { UNSEEDED, n - 1 } end
  local left = meters[i + 4] - used
  local room = left - held
  local most, least, perOutputToken = meters[i + 5], meters[i + 6], meters[i + 7]
  rooms[n], holds[n] = room, held
  if ceil(most + perOutputToken * wanted) > room then
    local needed = least + perOutputToken * min(1, wanted)
    if needed > room then
      -- Of several reasons, one that no waiting helps against is told.
      if needed > left then
        if by ~= BY_SMALL_BUCKET and not isFinal then by, index, detail, isFinal, scope = BY_METER, n - 1, tonumber(used), true, nil end
      elseif not by then
        by, index, detail, scope = BY_METER, n - 1, tonumber(used), meters[i + 1]
      end
    elseif perOutputToken > 0 then
      outputTokens = min(outputTokens, max(min(1, wanted), floor((room - least) / perOutputToken)))
    end
  end
end
if by and not scope then return refuse() end

for s = 1, #scopes do
  if isTaken[s] and stored[s][2] then
    local first = rank ~= '' and rank or whole(now)
    if redis.call('ZCOUNT', 'sluice:line:' .. scopes[s], '-inf', '(' .. first) > 0 then
      by, index, detail, scope = BY_LINE, s - 1, nil, s
      break
    end
  end
end

-- Takes a place in the line of the scope that refuses; answers how many go first, or nothing when there is no place.
local function join(name)
  local key = 'sluice:lease:' .. id
  local record = redis.call('GET', key)
  local kind = record and sub(record, 1, 1)
  if kind == 'g' then return nil end
  if kind == 'w' and sub(record, 2) ~= name then
    leaveLine(id, sub(record, 2), now)
    redis.call('DEL', key)
    redis.call('ZREM', LEASES, id)
  end
  local line = 'sluice:line:' .. name
  if not redis.call('ZSCORE', line, id) and redis.call('ZCARD', line) >= tonumber(ARGV[7]) then return nil end
  redis.call('ZADD', line, rank, id)
  redis.call('SET', key, 'w' .. name)
  redis.call('ZADD', LEASES, whole(leaseNow + leaseTtlMs), id)
  countLine(name, now)
  return redis.call('ZCOUNT', line, '-inf', '(' .. rank)
end

if by then return refuse(rank ~= '' and join(scopes[scope]) or nil) end

-- Granted: everything below takes.
local writes, neededAt, slackMs = {}, {}, {}
for s = 1, #scopes do writes[s] = { reads[s][1] } end
n = 0
for i = 1, #buckets, BUCKET do
  local cost = buckets[i + 4]
  n = n + 1
  if cost > 0 then
    local s, limit, periodMs = buckets[i], buckets[i + 2], buckets[i + 3]
    local level, write = levels[n] + cost * periodMs, writes[s]
    local last = #write
    levels[n] = level
    write[last + 1] = buckets[i + 1]
    write[last + 2] = format('%d %d', level, times[n])
    local fullAt = times[n] + ceil(level / limit)
    if not neededAt[s] or fullAt > neededAt[s] then neededAt[s] = fullAt end
    if periodMs > (slackMs[s] or SLACK_MS) then slackMs[s] = periodMs end
  end
end
n = 0
for i = 1, #gauges, GAUGE do
  n = n + 1
  if gauges[i + 3] > 0 then
    local s, write = gauges[i], writes[gauges[i]]
    local last = #write
    write[last + 1] = gauges[i + 1]
    write[last + 2] = whole(counts[n] + 1)
    if not neededAt[s] or now + KEEP_MS > neededAt[s] then neededAt[s] = now + KEEP_MS end
  end
end
for s = 1, #scopes do
  if neededAt[s] then
    redis.call('HSET', unpack(writes[s]))
    keepScope(writes[s][1], stored[s][1], neededAt[s], slackMs[s] or SLACK_MS, now)
  end
end

local held, totalTokens = {}, -1
for k = 1, #meterKeys do writes[k] = { meterReads[k][1] } end
n = 0
for i = 1, #meters, METER do
  n = n + 1
  local write = writes[meters[i]]
  local last = #write
  local amount = min(rooms[n], ceil(meters[i + 5] + meters[i + 7] * outputTokens))
  held[n] = whole(amount)
  write[last + 1] = meters[i + 2] .. ':held'
  write[last + 2] = whole(holds[n] + amount)
  if meters[i + 3] == 1 and (totalTokens < 0 or amount < totalTokens) then totalTokens = amount end
end
for k = 1, #meterKeys do redis.call('HSET', unpack(writes[k])) end

if next(isTaken) then
  local before = redis.call('SET', 'sluice:lease:' .. id, 'g' .. table.concat(held, ',') .. '|' .. ARGV[4], 'GET')
  redis.call('ZADD', LEASES, whole(leaseNow + leaseTtlMs), id)
  local kind = before and sub(before, 1, 1)
  if kind == 'w' then
    leaveLine(id, sub(before, 2), now)
  elseif kind == 'g' then
    local amounts, former = parseGrant(before)
    giveBack(amounts, former)
  end
end

return withStates({ GRANTED, outputTokens, totalTokens })
