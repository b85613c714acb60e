-- Ends leases: gives back what they hold and books what was really used.
-- ARGV: now or '', then JSON: [shapes, settlements]. A settlement is flat:
--   shape, id, tokens, nanoUsd, refundsRequest, isUndo, then the cost of each bucket.
-- One counts once, whatever became of its lease. An undo takes a grant back whose answer was lost, as if it had never
-- been given; without one it does nothing.
local SETTLED_MS = 120000
local SETTLEMENT = 6

local now = clock(ARGV[1])
local call = cjson.decode(ARGV[2])
local shapes, settlements = call[1], call[2]
local ids = {}
for i = 1, #settlements do ids[i] = settlements[i][2] end
local leases = readLeases(ids)
for i = 1, #shapes do openShape(shapes[i]) end
load()

-- Leases that ended. Written when all is booked: a call that fails before has ended none.
local ended, settled, undone = { LEASES }, {}, {}

-- Without amounts that were held there are no places to give back, either.
local function book(settlement, shape, held, isBooked)
  local tokens, nanoUsd, refunds = settlement[3], settlement[4], settlement[5] == 1
  local scopes, buckets, gauges, meters = shape[2], shape[3], shape[4], shape[6]
  local n = 0
  for i = 1, #buckets, BUCKET do
    local open, limit, periodMs = shape.books[buckets[i]], buckets[i + 2], buckets[i + 3]
    n = n + 1
    local cost = settlement[SETTLEMENT + n]
    if cost > 0 and limit > 0 then
      local used = cost
      if buckets[i + 4] == 1 then used = tokens elseif refunds then used = 0 end
      local more = used - (isBooked and cost or 0)
      if more ~= 0 then
        local cell = bucketOf(open, buckets[i + 1])
        local level, time = drained(cell, limit, periodMs, now)
        cell[1], cell[2] = max(0, level + more * periodMs), time
        change(open, buckets[i + 1])
        keep(open, time + ceil(cell[1] / limit), periodMs)
      end
    end
  end
  if held then
    for i = 1, #gauges, GAUGE do
      if gauges[i + 2] > 0 then giveBackPlace(shape.books[gauges[i]], gauges[i + 1]) end
    end
  end
  n = 0
  for i = 1, #meters, METER do
    local sum, field = shape.sums[meters[i]], meters[i + 2]
    n = n + 1
    local before = sum.cells[field]
    -- A sum that is not known here will be asked for, with this request in it.
    if before then
      put(sum, field, before + (meters[i + 3] == 1 and tokens or nanoUsd))
      if held then giveBackHeld(sum, field .. ':held', held[n]) end
    end
  end
  for s = 1, #scopes do
    if shape.books[s].cells.w then wake(scopes[s]) end
  end
end

local function settle(settlement)
  local id, isUndo = settlement[2], settlement[6] == 1
  local record = leases[id]
  if record == '' then return end
  local kind = record and sub(record, 1, 1)
  if kind == 'w' then leaveLine(id, sub(record, 2), now) end
  if kind == 'g' or kind == 'w' then ended[#ended + 1] = id end
  -- Unless it was granted here, nothing of it is in the books yet.
  local isBooked = kind == 'g' or kind == 'r'
  if isBooked or not isUndo then book(settlement, shapes[settlement[1]], kind == 'g' and parseGrant(record), isBooked) end
  leases[id] = not isUndo and ''
  if isUndo then undone[#undone + 1] = leaseOf(id) else settled[#settled + 1] = leaseOf(id) end
end

for i = 1, #settlements do settle(settlements[i]) end
close(now)
for i = 1, #settled do redis.call('SET', settled[i], '', 'PX', SETTLED_MS) end
if #undone > 0 then redis.call('DEL', unpack(undone)) end
if #ended > 1 then redis.call('ZREM', unpack(ended)) end
return #settlements
