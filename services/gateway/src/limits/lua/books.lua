-- Put before every other script. What a call reads and writes of the hashes: each field is read once and each hash
-- written once, for however many requests the call is. Cells hold a bucket as { level, ms }, a count as what Redis
-- answered or the number that it is to be, and false for what is not there.
local BUCKET, GAUGE, METER = 5, 3, 5
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local format, match, sub = string.format, string.match, string.sub

-- The expiry of a scope is put off by this at least, so that few requests have to.
local SLACK_MS = 600000

-- Exact up to 2^53. Half the cost of '%.0f', and of what Redis makes of a number that it is given.
local function whole(number)
  return format('%d', number)
end

local books, opened = {}, {}

local function open(key)
  local book = books[key]
  if not book then
    book = { key = key, cells = {}, wanted = {}, changed = {}, isChanged = {} }
    books[key] = book
    opened[#opened + 1] = book
  end
  return book
end

-- The next load() reads it.
local function want(book, field)
  if book.cells[field] == nil then
    book.cells[field] = false
    book.wanted[#book.wanted + 1] = field
  end
end

local function load()
  for i = 1, #opened do
    local book = opened[i]
    local wanted, cells = book.wanted, book.cells
    if #wanted > 0 then
      local values = redis.call('HMGET', book.key, unpack(wanted))
      for j = 1, #wanted do cells[wanted[j]] = values[j] end
      book.wanted = {}
    end
  end
end

-- A field that nobody may have wanted.
local function read(book, field)
  local cell = book.cells[field]
  if cell == nil then
    cell = redis.call('HGET', book.key, field)
    book.cells[field] = cell
  end
  return cell
end

local function bucketOf(book, field)
  local cell = book.cells[field]
  if type(cell) == 'table' then return cell end
  if cell then
    local level, at = match(cell, '^(%d+) (%d+)$')
    cell = { tonumber(level), tonumber(at) }
  else
    cell = { 0, 0 }
  end
  book.cells[field] = cell
  return cell
end

local function change(book, field)
  if not book.isChanged[field] then
    book.isChanged[field] = true
    book.changed[#book.changed + 1] = field
  end
end

local function put(book, field, count)
  book.cells[field] = count
  change(book, field)
end

-- The hash has to be there until then, and may be longer.
local function keep(book, neededAt, slackMs)
  if not book.neededAt or neededAt > book.neededAt then book.neededAt = neededAt end
  if slackMs > (book.slackMs or SLACK_MS) then book.slackMs = slackMs end
end

-- Writes all that was changed since the last time.
local function close(now)
  for i = 1, #opened do
    local book = opened[i]
    local changed, neededAt = book.changed, book.neededAt
    local write, n, expiresAt = { book.key }, 1, nil
    for j = 1, #changed do
      local cell = book.cells[changed[j]]
      write[n + 1] = changed[j]
      write[n + 2] = type(cell) == 'table' and format('%d %d', cell[1], cell[2]) or whole(cell)
      n = n + 2
    end
    if neededAt and tonumber(read(book, 'x') or 0) < neededAt then
      expiresAt = neededAt + (book.slackMs or SLACK_MS)
      write[n + 1] = 'x'
      write[n + 2] = whole(expiresAt)
      n = n + 2
    end
    if n > 1 then redis.call('HSET', unpack(write)) end
    if expiresAt then
      redis.call('PEXPIRE', book.key, whole(expiresAt - now))
      book.cells.x = expiresAt
    end
    if #changed > 0 then book.changed, book.isChanged = {}, {} end
    book.neededAt = nil
  end
end
