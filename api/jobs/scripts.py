"""The Lua scripts by which the state of a job changes; each is one step that no other command interrupts.

Those of an accepted job are marked `allow-oom`: they write only where memory was reserved, so a full Redis does not
stop them. All are idempotent: repeating one after a lost reply changes nothing. Once a job has ended, none changes it.
"""

from typing import Final

from api.embedding.job_ledger import LEDGER_FUNCTIONS
from api.jobs.photo_search import REPLY_FIELD

# KEYS: 1 ledger, 2 its sums, 3 state, 4 lease, 5 outcomes, 6 records, 7 names. ARGV[1] is always the job's id.
_FUNCTIONS: Final = (
    LEDGER_FUNCTIONS
    + """
-- Keep results for some seconds, and the state for longer.
local function hold(option, kept_s, remembered_s)
  local state = redis.call('HMGET', KEYS[3], 'bytes', 'state_bytes', 'caller')
  local results_entry = ARGV[1] .. ':' .. state[1] .. ':' .. state[3]
  local state_entry = ARGV[1] .. ':' .. state[2] .. ':'
  -- A second later than the keys themselves, because those expire by the millisecond.
  local now = now_s() + 1
  redis.call('ZADD', KEYS[1], option, now + kept_s, results_entry, now + remembered_s, state_entry)
  for key = 5, 7 do
    redis.call('EXPIRE', KEYS[key], kept_s)
  end
  redis.call('EXPIRE', KEYS[3], remembered_s)
  redis.call('EXPIRE', KEYS[1], 2 * remembered_s)
  redis.call('EXPIRE', KEYS[2], 2 * remembered_s)
end

local function is_unfinished()
  local status = redis.call('HGET', KEYS[3], 'status')
  return (status == 'queued' or status == 'running') and redis.call('EXISTS', KEYS[5]) == 1
end
"""
)
_WHEN_FULL: Final = "#!lua flags=allow-oom\n"

# ARGV: id, bytes of the results, bytes of the state, caller, limit in bytes, most jobs of a caller, seconds of results,
# of the state and of the lease, number of pictures, kind, outcomes, bytes of records, then number and JSON of each
# block of names. Returns {'accepted'}, or what is full: {'memory' or 'caller', how much is used, seconds to wait}.
ACCEPT: Final = f"""#!lua
{_FUNCTIONS}
local function seconds_to_release(caller)
  local first = redis.call('ZRANGE', KEYS[1], 0, 499, 'WITHSCORES')
  for place = 1, #first, 2 do
    local holder = string.match(first[place], '^[^:]*:%d+:(.*)$')
    if holder ~= '' and (caller == nil or holder == caller) then
      return math.max(1, tonumber(first[place + 1]) - now_s())
    end
  end
  return tonumber(ARGV[7])
end

release_due()
local caller = ARGV[4]
local jobs = tonumber(redis.call('HGET', KEYS[2], caller) or 0)
if jobs >= tonumber(ARGV[6]) then
  return {{'caller', jobs, seconds_to_release(caller)}}
end
local bytes = tonumber(ARGV[2]) + tonumber(ARGV[3])
if reserved_bytes() + bytes > tonumber(ARGV[5]) then
  return {{'memory', reserved_bytes(), seconds_to_release(nil)}}
end
redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
redis.call('HINCRBY', KEYS[2], caller, 1)
redis.call('HSET', KEYS[3], 'status', 'queued', 'total', ARGV[10], 'kind', ARGV[11],
           'bytes', ARGV[2], 'state_bytes', ARGV[3], 'caller', caller)
redis.call('SET', KEYS[4], '1', 'EX', ARGV[9])
redis.call('SET', KEYS[5], ARGV[12])
if tonumber(ARGV[13]) > 0 then
  -- Writing the last byte allocates all of them.
  redis.call('SETRANGE', KEYS[6], tonumber(ARGV[13]) - 1, '\\0')
end
for place = 14, #ARGV, 2 do
  redis.call('HSET', KEYS[7], ARGV[place], ARGV[place + 1])
end
hold('NX', tonumber(ARGV[7]), tonumber(ARGV[8]))
return {{'accepted'}}
"""

# ARGV: id, seconds of results, of the state and of the lease. Returns 0 if the job has ended or is lost.
RENEW: Final = f"""{_WHEN_FULL}{_FUNCTIONS}
if not is_unfinished() then
  return 0
end
redis.call('SET', KEYS[4], '1', 'EX', ARGV[4])
hold('XX', tonumber(ARGV[2]), tonumber(ARGV[3]))
return 1
"""

# ARGV: id. Returns 0 if the job has ended or is lost.
START: Final = f"""{_WHEN_FULL}{_FUNCTIONS}
if not is_unfinished() then
  return 0
end
redis.call('HSET', KEYS[3], 'status', 'running')
return 1
"""

# ARGV: id, then index, outcome, place in the records and record of each picture. Returns 0 if the job has ended or is
# lost; without that check, a record that comes too late would be kept for ever.
APPEND: Final = f"""{_WHEN_FULL}{_FUNCTIONS}
if not is_unfinished() or redis.call('EXISTS', KEYS[6]) == 0 then
  return 0
end
for place = 2, #ARGV, 4 do
  redis.call('SETRANGE', KEYS[6], ARGV[place + 2], ARGV[place + 3])
  redis.call('SETRANGE', KEYS[5], ARGV[place], ARGV[place + 1])
end
return 1
"""

# ARGV: id, reply of a worker. Stores it where memory was set aside for it; returns 0 if the job has ended or is lost.
KEEP_REPLY: Final = f"""{_WHEN_FULL}{_FUNCTIONS}
if not is_unfinished() or redis.call('HEXISTS', KEYS[7], '{REPLY_FIELD}') == 0 then
  return 0
end
redis.call('HSET', KEYS[7], '{REPLY_FIELD}', ARGV[2])
return 1
"""

# ARGV: id, status, code and detail of the reason, byte of a pending picture's outcome from now on, seconds of results
# and of the state. Returns 0 if the job had ended already or is lost.
FINISH: Final = f"""{_WHEN_FULL}{_FUNCTIONS}
if not is_unfinished() then
  return 0
end
redis.call('HSET', KEYS[3], 'status', ARGV[2], 'code', ARGV[3], 'detail', ARGV[4])
local outcomes = string.gsub(redis.call('GET', KEYS[5]), '%z', ARGV[5])
redis.call('SETRANGE', KEYS[5], 0, outcomes)
redis.call('DEL', KEYS[4])
hold('XX', tonumber(ARGV[6]), tonumber(ARGV[7]))
return 1
"""
