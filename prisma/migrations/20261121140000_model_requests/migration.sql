-- Requests that reached a model, apart from all: one that was refused, or answered from what an earlier one got, has tried no
-- worker. Old rows tell which those were; of days whose rows are gone nobody knows, and they count as they did.
ALTER TABLE "usage_hourly" ADD COLUMN "model_requests" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "usage_daily" ADD COLUMN "model_requests" BIGINT NOT NULL DEFAULT 0;

UPDATE "usage_hourly" SET "model_requests" = "requests";
UPDATE "usage_hourly" u SET "model_requests" = u."requests" - l."untried"
FROM (
    SELECT "project_id", "api_key_id", "user_id", "model", "endpoint", date_trunc('hour', "created_at", 'UTC') AS "hour", count(*) AS "untried"
    FROM "request_log" WHERE "tries" = 0 GROUP BY 1, 2, 3, 4, 5, 6
) l
WHERE (u."project_id", u."api_key_id", u."user_id", u."model", u."endpoint", u."hour")
    = (l."project_id", l."api_key_id", l."user_id", l."model", l."endpoint", l."hour");

UPDATE "usage_daily" SET "model_requests" = "requests";
UPDATE "usage_daily" u SET "model_requests" = u."requests" - l."untried"
FROM (
    SELECT "project_id", "api_key_id", "user_id", "model", "endpoint", date_trunc('day', "created_at", 'UTC') AS "day", count(*) AS "untried"
    FROM "request_log" WHERE "tries" = 0 GROUP BY 1, 2, 3, 4, 5, 6
) l
WHERE (u."project_id", u."api_key_id", u."user_id", u."model", u."endpoint", u."day")
    = (l."project_id", l."api_key_id", l."user_id", l."model", l."endpoint", l."day");
