-- Ends a lease: gives back what it holds and books what was really used.
-- ARGV: now or '', id, promptTokens, completionTokens, costNanoUsd, refundsRequest, demand, mode.
-- Mode 'settle' counts once, whatever became of the lease. Mode 'undo' takes a grant back whose answer was lost, as if
-- it had never been given; without one it does nothing.
local SETTLED_MS = 120000

local now = clock(ARGV[1])
local id, refunds, isUndo = ARGV[2], ARGV[6] == '1', ARGV[8] == 'undo'
local tokens, nanoUsd = ARGV[3] + ARGV[4], tonumber(ARGV[5])
local key = 'sluice:lease:' .. id

local record = redis.call('SET', key, '', 'PX', SETTLED_MS, 'GET')
if record == '' then return 0 end
local kind = record and sub(record, 1, 1)
if isUndo then redis.call('DEL', key) end
if kind == 'g' or kind == 'w' then redis.call('ZREM', LEASES, id) end
if kind == 'w' then leaveLine(id, sub(record, 2), now) end
-- Unless it was granted here, nothing of it is in the books yet.
local isBooked = kind == 'g' or kind == 'r'
if isUndo and not isBooked then return 0 end

local held, demand
if kind == 'g' then
  held, demand = parseGrant(record)
else
  demand = cjson.decode(kind == 'r' and sub(record, 2) or ARGV[7])
end
local scopes, buckets, gauges, meterKeys, meters = demand[1], demand[2], demand[3], demand[4], demand[5]

local reads, at = {}, {}
for s = 1, #scopes do
  reads[s] = { 'sluice:limit:' .. scopes[s], 'x', 'w' }
  at[s] = 3
end
for i = 1, #buckets, BUCKET do
  local read = reads[buckets[i]]
  read[#read + 1] = buckets[i + 1]
end
for i = 1, #gauges, GAUGE do
  local read = reads[gauges[i]]
  read[#read + 1] = gauges[i + 1]
end
local stored, writes, neededAt, slackMs = {}, {}, {}, {}
for s = 1, #scopes do
  stored[s] = redis.call('HMGET', unpack(reads[s]))
  writes[s] = { 'sluice:limit:' .. scopes[s] }
end

for i = 1, #buckets, BUCKET do
  local s, limit, periodMs, cost = buckets[i], buckets[i + 2], buckets[i + 3], buckets[i + 4]
  local before = stored[s][at[s]]
  at[s] = at[s] + 1
  if cost > 0 and limit > 0 then
    local used = cost
    if buckets[i + 5] == 1 then used = tokens elseif refunds then used = 0 end
    local change = used - (isBooked and cost or 0)
    if change ~= 0 then
      local level, time = drained(before, limit, periodMs, now)
      level = max(0, level + change * periodMs)
      local write = writes[s]
      write[#write + 1] = buckets[i + 1]
      write[#write + 1] = format('%d %d', level, time)
      neededAt[s] = max(neededAt[s] or 0, time + ceil(level / limit))
      slackMs[s] = max(slackMs[s] or SLACK_MS, periodMs)
    end
  end
end
for i = 1, #gauges, GAUGE do
  local s = gauges[i]
  local taken = tonumber(stored[s][at[s]] or 0)
  at[s] = at[s] + 1
  if held and gauges[i + 3] > 0 and taken > 0 then
    local write = writes[s]
    write[#write + 1] = gauges[i + 1]
    write[#write + 1] = whole(taken - 1)
  end
end
for s = 1, #scopes do
  if #writes[s] > 1 then
    redis.call('HSET', unpack(writes[s]))
    if neededAt[s] then keepScope(writes[s][1], stored[s][1], neededAt[s], slackMs[s], now) end
  end
end

local meterReads, meterWrites, sums = {}, {}, {}
for k = 1, #meterKeys do
  local name = 'sluice:meter:' .. meterKeys[k]
  meterReads[k], meterWrites[k], at[k] = { name }, { name }, 1
end
for i = 1, #meters, METER do
  local read, field = meterReads[meters[i]], meters[i + 2]
  read[#read + 1] = field
  read[#read + 1] = field .. ':held'
end
for k = 1, #meterKeys do sums[k] = redis.call('HMGET', unpack(meterReads[k])) end
for i = 1, #meters, METER do
  local k, field = meters[i], meters[i + 2]
  local write, before, holds = meterWrites[k], sums[k][at[k]], tonumber(sums[k][at[k] + 1] or 0)
  at[k] = at[k] + 2
  -- A sum that is not known here will be asked for, with this request in it.
  if before then
    write[#write + 1] = field
    write[#write + 1] = whole(before + (meters[i + 3] == 1 and tokens or nanoUsd))
    if held then
      write[#write + 1] = field .. ':held'
      write[#write + 1] = whole(max(0, holds - held[(i - 1) / METER + 1]))
    end
  end
end
for k = 1, #meterKeys do
  if #meterWrites[k] > 1 then redis.call('HSET', unpack(meterWrites[k])) end
end

for s = 1, #scopes do
  if stored[s][2] then redis.call('PUBLISH', WAKE, scopes[s]) end
end
return 1
