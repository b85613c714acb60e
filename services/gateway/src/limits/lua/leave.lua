-- Gives a place in line back. ARGV: now or '', id.
local key = leaseOf(ARGV[2])
local record = redis.call('GET', key)
if not record or sub(record, 1, 1) ~= 'w' then return 0 end
local now = clock(ARGV[1])
redis.call('DEL', key)
redis.call('ZREM', LEASES, ARGV[2])
leaveLine(ARGV[2], sub(record, 2), now)
close(now)
return 1
