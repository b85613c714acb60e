-- Decides on requests, one after the other: of each it takes all of its demand, or nothing.
-- ARGV: now or '', leaseTtlMs, then JSON: [shapes, asks]. An ask is flat:
--   shape, id, outputTokens, rank or '', depthMax, takes, then seen of each epoch, cost of each bucket, limit of each
--   gauge, and promptMax, promptMin, perOutputToken of each meter.
-- Answers for each ask {GRANTED, outputTokens, totalTokens or -1, isRoomy, buckets}, {REFUSED, by, index, detail,
-- isFinal, position or -1, buckets}, {STALE, values} or {UNSEEDED, index}; buckets are remaining and resetMs of each, an
-- index counts from 0.
local GRANTED, REFUSED, STALE, UNSEEDED = 0, 1, 2, 3
local BY_BUCKET, BY_SMALL_BUCKET, BY_GAUGE, BY_METER, BY_LINE = 0, 1, 2, 3, 4
local ASK = 6
-- A scope is roomy while so many more of the same would be granted.
local ROOM = 64

local now, leaseTtlMs = clock(ARGV[1]), tonumber(ARGV[2])
local call = cjson.decode(ARGV[3])
local shapes, asks = call[1], call[2]

local names, placeOf = { LEASE_CLOCK }, {}
for i = 1, #shapes do
  local epochs = shapes[i][1]
  for e = 1, #epochs do
    if not placeOf[epochs[e]] then
      names[#names + 1] = 'sluice:epoch:' .. epochs[e]
      placeOf[epochs[e]] = #names
    end
  end
end
local values = redis.call('MGET', unpack(names))

local takers = {}
for a = 1, #asks do
  if asks[a][6] == 1 then takers[#takers + 1] = asks[a][2] end
end
local leaseNow = 0
if #takers > 0 then
  leaseNow = leaseTime(values[1], now)
  reap(leaseNow, now, REAPS_MAX)
end
local leases = readLeases(takers)
for i = 1, #shapes do openShape(shapes[i]) end
load()

-- What was granted, for MSET and ZADD. Written when all is decided and booked: a call that fails before has granted nothing.
local records, ends = {}, { LEASES }

-- Takes a place in the line of the scope that refuses; answers how many go first, or nothing when there is no place.
local function join(name, id, rank, depthMax)
  local key, record = leaseOf(id), leases[id]
  local kind = record and sub(record, 1, 1)
  if kind == 'g' then return nil end
  if kind == 'w' and sub(record, 2) ~= name then
    leaveLine(id, sub(record, 2), now)
    leases[id] = nil
    redis.call('DEL', key)
    redis.call('ZREM', LEASES, id)
  end
  local line = 'sluice:line:' .. name
  if not redis.call('ZSCORE', line, id) and redis.call('ZCARD', line) >= depthMax then return nil end
  redis.call('ZADD', line, rank, id)
  leases[id] = 'w' .. name
  redis.call('SET', key, leases[id])
  redis.call('ZADD', LEASES, whole(leaseNow + leaseTtlMs), id)
  countLine(name, now)
  return redis.call('ZCOUNT', line, '-inf', '(' .. rank)
end

-- What is left of each bucket, and when it is full, at the end of an answer.
local function withStates(answer, buckets, levels, times)
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

local function decide(ask)
  local shape = shapes[ask[1]]
  local id, wanted, rank, takes = ask[2], ask[3], ask[4], ask[6] == 1
  local epochs, scopes, buckets, gauges, meters = shape[1], shape[2], shape[3], shape[4], shape[6]
  local open, sums = shape.books, shape.sums
  local costAt = ASK + #epochs
  local limitAt = costAt + shape.bucketCount
  local meterAt = limitAt + shape.gaugeCount

  for e = 1, #epochs do
    if (values[placeOf[epochs[e]]] or '') ~= ask[ASK + e] then
      local answer = { STALE }
      for j = 1, #epochs do answer[j + 1] = values[placeOf[epochs[j]]] or '' end
      return answer
    end
  end

  local by, index, detail, isFinal, scope
  local levels, times, isTaken = {}, {}, {}
  local longestMs, n = 0, 0
  for i = 1, #buckets, BUCKET do
    local s, limit, periodMs = buckets[i], buckets[i + 2], buckets[i + 3]
    n = n + 1
    local cost, cell = ask[costAt + n], bucketOf(open[s], buckets[i + 1])
    local level, time, isRepaired = drained(cell, limit, periodMs, now)
    levels[n], times[n] = level, time
    if isRepaired and takes then
      cell[1], cell[2] = level, time
      change(open[s], buckets[i + 1])
    end
    if takes and cost > 0 then
      isTaken[s] = true
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
  if not takes then return withStates({ GRANTED, wanted, -1, 0 }, buckets, levels, times) end

  local isRoomy = true
  local counts = {}
  n = 0
  for i = 1, #gauges, GAUGE do
    local s, limit = gauges[i], nil
    n = n + 1
    limit = ask[limitAt + n]
    counts[n] = tonumber(open[s].cells[gauges[i + 1]] or 0)
    if gauges[i + 2] > 0 then
      isTaken[s] = true
      if limit - counts[n] <= ROOM then isRoomy = false end
      if not by and counts[n] >= limit then by, index, scope = BY_GAUGE, n - 1, s end
    end
  end

  local rooms, holds, outputTokens = {}, {}, wanted
  n = 0
  for i = 1, #meters, METER do
    local cells, field = sums[meters[i]].cells, meters[i + 2]
    local most, least, perOutputToken = ask[meterAt + n * 3 + 1], ask[meterAt + n * 3 + 2], ask[meterAt + n * 3 + 3]
    isTaken[meters[i + 1]] = true
    n = n + 1
    local used, held = cells[field], tonumber(cells[field .. ':held'] or 0)
    if not used then return { UNSEEDED, n - 1 } end
    local left = meters[i + 4] - used
    -- What costs nothing is let through, also where more than all is used.
    local room = max(0, left - held)
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

  if not by or scope then
    for s = 1, #scopes do
      if isTaken[s] and open[s].cells.w then
        isRoomy = false
        local first = rank ~= '' and rank or whole(now)
        if redis.call('ZCOUNT', 'sluice:line:' .. scopes[s], '-inf', '(' .. first) > 0 then
          by, index, detail, scope = BY_LINE, s - 1, nil, s
          break
        end
      end
    end
  end
  if by then
    local position = scope and rank ~= '' and join(scopes[scope], id, rank, ask[5])
    return withStates({ REFUSED, by, index, detail or 0, isFinal and 1 or 0, position or -1 }, buckets, levels, times)
  end

  -- Granted: everything below takes.
  n = 0
  for i = 1, #buckets, BUCKET do
    n = n + 1
    local cost = ask[costAt + n]
    if cost > 0 then
      local s, limit, periodMs = buckets[i], buckets[i + 2], buckets[i + 3]
      local level, cell = levels[n] + cost * periodMs, bucketOf(open[s], buckets[i + 1])
      levels[n], cell[1], cell[2] = level, level, times[n]
      change(open[s], buckets[i + 1])
      keep(open[s], times[n] + ceil(level / limit), periodMs)
      if buckets[i + 4] == 1 and level + ROOM * cost * periodMs > limit * periodMs then isRoomy = false end
    end
  end
  n = 0
  for i = 1, #gauges, GAUGE do
    n = n + 1
    if gauges[i + 2] > 0 then
      put(open[gauges[i]], gauges[i + 1], counts[n] + 1)
      keep(open[gauges[i]], now + KEEP_MS, SLACK_MS)
    end
  end
  local held, totalTokens = {}, -1
  n = 0
  for i = 1, #meters, METER do
    local amount = ask[meterAt + n * 3 + 1] + ask[meterAt + n * 3 + 3] * outputTokens
    n = n + 1
    amount = min(rooms[n], ceil(amount))
    held[n] = whole(amount)
    put(sums[meters[i]], meters[i + 2] .. ':held', holds[n] + amount)
    if meters[i + 3] == 1 and (totalTokens < 0 or amount < totalTokens) then totalTokens = amount end
    if rooms[n] < (ROOM + 1) * amount then isRoomy = false end
  end

  if next(isTaken) then
    local before = leases[id]
    local kind = before and sub(before, 1, 1)
    if kind == 'w' then
      leaveLine(id, sub(before, 2), now)
    elseif kind == 'g' then
      giveBack(before)
    end
    leases[id] = 'g' .. table.concat(held, ',') .. '|' .. shape[7]
    records[#records + 1] = leaseOf(id)
    records[#records + 1] = leases[id]
    ends[#ends + 1] = whole(leaseNow + leaseTtlMs)
    ends[#ends + 1] = id
  end
  return withStates({ GRANTED, outputTokens, totalTokens, isRoomy and 1 or 0 }, buckets, levels, times)
end

local answers = {}
for a = 1, #asks do answers[a] = decide(asks[a]) end
close(now)
if #records > 0 then
  redis.call('MSET', unpack(records))
  redis.call('ZADD', unpack(ends))
end
return answers
