-- Sets the sum of a meter that is not known yet. ARGV: now or '', "<scope>:<period>", meter, used, expiresAt.
local MIN_MS = 60000
local key = 'sluice:meter:' .. ARGV[2]
local livesMs = max(MIN_MS, ARGV[5] - clock(ARGV[1]))
local isNew = redis.call('HSETNX', key, ARGV[3], ARGV[4])
if redis.call('PTTL', key) < livesMs then redis.call('PEXPIRE', key, whole(livesMs)) end
return isNew
