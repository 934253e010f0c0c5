"""The ledger of the memory that is reserved for jobs, kept in Redis so that all processes share it.

    job:ledger      sorted set: `<job id>:<bytes>:<caller>` -> Unix time of its release, seconds
    job:reserved    hash: `bytes` -> sum of the entries; caller -> number of its jobs

A job has two entries: a large one for its results and pictures' names, which counts as a job of the caller, and a small
one without a caller for its status, which is remembered longer. Every entry has a time of release, so a job whose
process died gives its memory back like any other.

All changes are Lua scripts, which Redis runs one at a time. They are marked `allow-oom`: what they write was reserved,
and a full Redis must not stop a job from ending.
"""

from typing import Final

LEDGER_KEY: Final = "job:ledger"
RESERVED_KEY: Final = "job:reserved"

# KEYS[1] is the ledger, KEYS[2] the sums, in every script.
LEDGER_FUNCTIONS: Final = """
local function now_s()
  return tonumber(redis.call('TIME')[1])
end

-- A bounded number at a time, because Redis does nothing else meanwhile.
local function release_due()
  local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_s(), 'LIMIT', 0, 1000)
  for _, entry in ipairs(due) do
    local bytes, caller = string.match(entry, '^[^:]*:(%d+):(.*)$')
    redis.call('HINCRBY', KEYS[2], 'bytes', -tonumber(bytes))
    if caller ~= '' and redis.call('HINCRBY', KEYS[2], caller, -1) <= 0 then
      redis.call('HDEL', KEYS[2], caller)
    end
  end
  if #due > 0 then
    redis.call('ZREM', KEYS[1], unpack(due))
    if redis.call('EXISTS', KEYS[1]) == 0 then
      redis.call('DEL', KEYS[2])
    end
  end
end

local function reserved_bytes()
  return tonumber(redis.call('HGET', KEYS[2], 'bytes') or 0)
end
"""

# Releases what is due; returns the bytes that are still reserved.
RESERVED_BYTES: Final = f"#!lua flags=allow-oom\n{LEDGER_FUNCTIONS}\nrelease_due()\nreturn reserved_bytes()\n"
