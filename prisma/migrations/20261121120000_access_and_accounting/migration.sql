-- CreateEnum
CREATE TYPE "limiter_down_policy" AS ENUM ('refuse', 'local');

-- CreateEnum
CREATE TYPE "actor_kind" AS ENUM ('user', 'admin_api_key', 'system');

-- AlterTable
ALTER TABLE "organizations" ADD COLUMN     "limits" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "timezone" TEXT NOT NULL DEFAULT 'UTC';

-- AlterTable
ALTER TABLE "tiers" ADD COLUMN     "allowed_models" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "endpoint_limits" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "monthly_budget_nano_usd" BIGINT,
ADD COLUMN     "on_limiter_down" "limiter_down_policy" NOT NULL DEFAULT 'local',
ADD COLUMN     "overload_share_percent" INTEGER NOT NULL DEFAULT 100,
ADD COLUMN     "queue_deadline_ms" INTEGER NOT NULL DEFAULT 30000,
ADD COLUMN     "queue_depth_max" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "projects" ADD COLUMN     "allowed_models" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "limits" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "stores_content" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "disabled_at" TIMESTAMPTZ(3),
ADD COLUMN     "limits" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "password_hash" TEXT;

-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "allowed_ips" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "allowed_models" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "limits" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "requires_signature" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "rotated_from_id" TEXT,
ADD COLUMN     "service_account_id" TEXT;

-- AlterTable
ALTER TABLE "request_log" ADD COLUMN     "adapter" TEXT,
ADD COLUMN     "cost_nano_usd" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "tier_id" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "trace_id" TEXT,
ADD COLUMN     "tries" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "user_id" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "wait_ms" DOUBLE PRECISION;

-- CreateTable
CREATE TABLE "user_identities" (
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_identities_pkey" PRIMARY KEY ("issuer","subject")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "id" TEXT NOT NULL,
    "family_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_accounts" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'member',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "service_accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "model_rate_limits" (
    "project_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "requests_per_minute" INTEGER,
    "requests_per_day" INTEGER,
    "tokens_per_minute" INTEGER,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_rate_limits_pkey" PRIMARY KEY ("project_id","model")
);

-- CreateTable
CREATE TABLE "model_prices" (
    "model" TEXT NOT NULL,
    "input_micro_usd" BIGINT NOT NULL,
    "cached_input_micro_usd" BIGINT NOT NULL,
    "output_micro_usd" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_prices_pkey" PRIMARY KEY ("model")
);

-- CreateTable
CREATE TABLE "admin_api_keys" (
    "id" TEXT NOT NULL,
    "public_id" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "redacted_value" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "admin_api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_log" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "actor_kind" "actor_kind" NOT NULL,
    "actor_id" TEXT,
    "actor_label" TEXT NOT NULL,
    "project_id" TEXT,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "ip_address" TEXT,
    "user_agent" TEXT,
    "request_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

-- CreateTable
-- By UTC day like request_log, so that each has a retention of its own.
CREATE TABLE "request_content" (
    "request_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "output" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "request_content_pkey" PRIMARY KEY ("request_id","created_at")
) PARTITION BY RANGE ("created_at");

CREATE TABLE "request_content_default" PARTITION OF "request_content" DEFAULT;

-- Sums of old rows know neither user nor endpoint; both tables are summed anew from the history below.
DROP TABLE "usage_hourly";
CREATE TABLE "usage_hourly" (
    "project_id" TEXT NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost_nano_usd" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "usage_hourly_pkey" PRIMARY KEY ("project_id","api_key_id","user_id","model","endpoint","hour")
);

-- CreateTable
CREATE TABLE "usage_daily" (
    "project_id" TEXT NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "day" TIMESTAMPTZ(3) NOT NULL,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,
    "cost_nano_usd" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "usage_daily_pkey" PRIMARY KEY ("project_id","api_key_id","user_id","model","endpoint","day")
);

-- CreateIndex
CREATE INDEX "user_identities_user_id_idx" ON "user_identities"("user_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_family_id_idx" ON "refresh_tokens"("family_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_user_id_idx" ON "refresh_tokens"("user_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_expires_at_idx" ON "refresh_tokens"("expires_at");

-- CreateIndex
CREATE INDEX "service_accounts_project_id_idx" ON "service_accounts"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "admin_api_keys_public_id_key" ON "admin_api_keys"("public_id");

-- CreateIndex
CREATE INDEX "admin_api_keys_organization_id_idx" ON "admin_api_keys"("organization_id");

-- CreateIndex
CREATE INDEX "admin_api_keys_owner_id_idx" ON "admin_api_keys"("owner_id");

-- CreateIndex
CREATE INDEX "audit_log_organization_id_created_at_id_idx" ON "audit_log"("organization_id", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "audit_log_project_id_created_at_idx" ON "audit_log"("project_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "audit_log_target_id_idx" ON "audit_log"("target_id");

-- CreateIndex
CREATE INDEX "request_content_project_id_created_at_idx" ON "request_content"("project_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "usage_hourly_hour_idx" ON "usage_hourly"("hour");

-- CreateIndex
CREATE INDEX "usage_daily_day_idx" ON "usage_daily"("day");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_rotated_from_id_key" ON "api_keys"("rotated_from_id");

-- CreateIndex
CREATE INDEX "api_keys_service_account_id_idx" ON "api_keys"("service_account_id");

-- CreateIndex
CREATE INDEX "request_log_user_id_created_at_idx" ON "request_log"("user_id", "created_at" DESC);

-- AddForeignKey
ALTER TABLE "user_identities" ADD CONSTRAINT "user_identities_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_accounts" ADD CONSTRAINT "service_accounts_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_rate_limits" ADD CONSTRAINT "model_rate_limits_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_service_account_id_fkey" FOREIGN KEY ("service_account_id") REFERENCES "service_accounts"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_rotated_from_id_fkey" FOREIGN KEY ("rotated_from_id") REFERENCES "api_keys"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "admin_api_keys" ADD CONSTRAINT "admin_api_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "admin_api_keys" ADD CONSTRAINT "admin_api_keys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Checks
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_limits_positive" CHECK (
    "requests_per_minute" > 0 AND "requests_per_day" > 0 AND "tokens_per_minute" > 0 AND "concurrent_requests" > 0
    AND "monthly_tokens" >= 0 AND "monthly_budget_nano_usd" >= 0 AND "context_tokens_max" > 0 AND "output_tokens_max" > 0);
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_queue" CHECK ("queue_depth_max" >= 0 AND "queue_deadline_ms" > 0);
ALTER TABLE "tiers" ADD CONSTRAINT "tiers_overload_share" CHECK ("overload_share_percent" BETWEEN 0 AND 100);
ALTER TABLE "model_rate_limits" ADD CONSTRAINT "model_rate_limits_positive"
    CHECK ("requests_per_minute" > 0 AND "requests_per_day" > 0 AND "tokens_per_minute" > 0);
ALTER TABLE "model_prices" ADD CONSTRAINT "model_prices_not_negative"
    CHECK ("input_micro_usd" >= 0 AND "cached_input_micro_usd" >= 0 AND "output_micro_usd" >= 0);
ALTER TABLE "admin_api_keys" ADD CONSTRAINT "admin_api_keys_secret_hash_hex" CHECK ("secret_hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_secret_hash_hex" CHECK ("secret_hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_one_owner" CHECK ("owner_id" IS NULL OR "service_account_id" IS NULL);
ALTER TABLE "request_log" ADD CONSTRAINT "request_log_cost_not_negative" CHECK ("cost_nano_usd" >= 0);

-- What was seeded before these columns existed gets what is seeded now.
UPDATE "tiers" SET "overload_share_percent" = 25, "on_limiter_down" = 'refuse' WHERE "id" = 'free';
UPDATE "tiers" SET "overload_share_percent" = 60, "queue_depth_max" = 64, "queue_deadline_ms" = 30000 WHERE "id" = 'pro';
UPDATE "tiers" SET "queue_depth_max" = 256, "queue_deadline_ms" = 60000 WHERE "id" = 'enterprise';

-- Audit
CREATE FUNCTION "refuse_audit_change"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$$;
CREATE TRIGGER "audit_log_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_log"
    FOR EACH STATEMENT EXECUTE FUNCTION "refuse_audit_change"();

-- Admin keys
-- They had been API keys with the scope "admin". One without an owner administers as the organization's first owner.
INSERT INTO "admin_api_keys" ("id", "public_id", "secret_hash", "redacted_value", "name", "organization_id", "owner_id", "created_at", "expires_at", "revoked_at", "last_used_at")
SELECT k."id", k."public_id", k."secret_hash", k."redacted_value", k."name", p."organization_id", coalesce(k."owner_id", o."id"), k."created_at", k."expires_at", k."revoked_at", k."last_used_at"
FROM "api_keys" k
JOIN "projects" p ON p."id" = k."project_id"
LEFT JOIN LATERAL (
    SELECT u."id" FROM "users" u WHERE u."organization_id" = p."organization_id" AND u."role" = 'owner' ORDER BY u."created_at" LIMIT 1
) o ON true
WHERE 'admin' = ANY (k."scopes") AND coalesce(k."owner_id", o."id") IS NOT NULL;
DELETE FROM "api_keys" WHERE 'admin' = ANY ("scopes");

-- Usage
INSERT INTO "usage_hourly" ("project_id", "api_key_id", "user_id", "model", "endpoint", "hour", "requests", "prompt_tokens", "cached_tokens", "completion_tokens")
SELECT "project_id", "api_key_id", "user_id", "model", "endpoint", date_trunc('hour', "created_at", 'UTC'), count(*), sum("prompt_tokens"), sum("cached_tokens"), sum("completion_tokens")
FROM "request_log" GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO "usage_daily" ("project_id", "api_key_id", "user_id", "model", "endpoint", "day", "requests", "prompt_tokens", "cached_tokens", "completion_tokens")
SELECT "project_id", "api_key_id", "user_id", "model", "endpoint", date_trunc('day', "created_at", 'UTC'), count(*), sum("prompt_tokens"), sum("cached_tokens"), sum("completion_tokens")
FROM "request_log" GROUP BY 1, 2, 3, 4, 5, 6;

-- Partitions
-- Makes the day partitions of a table, today's (UTC) and those of the given number of days after it, where they are
-- missing, and returns how many it made. Rows that meanwhile landed in the default partition move to their day. Safe to
-- call at any time, from any number of processes.
CREATE FUNCTION "ensure_day_partitions"("parent" TEXT, "days_ahead" INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
    "today" CONSTANT DATE := (now() AT TIME ZONE 'UTC')::date;
    "day" DATE;
    "lower_bound" TIMESTAMPTZ;
    "upper_bound" TIMESTAMPTZ;
    "partition" TEXT;
    "made" INTEGER := 0;
BEGIN
    -- One caller at a time; any constant would do.
    PERFORM pg_advisory_xact_lock(hashtext('ensure_request_log_partitions'));
    FOR "offset" IN 0.."days_ahead" LOOP
        "day" := "today" + "offset";
        "partition" := "parent" || '_' || to_char("day", 'YYYYMMDD');
        CONTINUE WHEN to_regclass("partition") IS NOT NULL;
        "lower_bound" := "day"::timestamp AT TIME ZONE 'UTC';
        "upper_bound" := ("day" + 1)::timestamp AT TIME ZONE 'UTC';
        -- Writers wait a moment. One that chose the default partition before the attach would fail after it, and a row that
        -- got there between the move and the attach would fail the attach.
        EXECUTE format('LOCK TABLE ONLY %I IN SHARE ROW EXCLUSIVE MODE', "parent");
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', "parent" || '_default');
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', "partition", "parent");
        EXECUTE format('WITH "moved" AS (DELETE FROM %I WHERE "created_at" >= %L AND "created_at" < %L RETURNING *) INSERT INTO %I SELECT * FROM "moved"', "parent" || '_default', "lower_bound", "upper_bound", "partition");
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', "parent", "partition", "lower_bound", "upper_bound");
        "made" := "made" + 1;
    END LOOP;
    RETURN "made";
END
$$;

-- Both histories at once; the name is what gateways of the version before this one call.
CREATE OR REPLACE FUNCTION "ensure_request_log_partitions"("days_ahead" INTEGER) RETURNS INTEGER
LANGUAGE sql AS $$
    SELECT "ensure_day_partitions"('request_log', "days_ahead") + "ensure_day_partitions"('request_content', "days_ahead")
$$;

-- Drops the day partitions of a table that end before the given number of whole days ago (UTC), and what is that old in
-- the default one. Returns how many partitions it dropped.
CREATE FUNCTION "drop_day_partitions"("parent" TEXT, "days_kept" INTEGER) RETURNS INTEGER
LANGUAGE plpgsql AS $$
DECLARE
    "first_kept" CONSTANT DATE := (now() AT TIME ZONE 'UTC')::date - "days_kept";
    "partition" TEXT;
    "dropped" INTEGER := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_request_log_partitions'));
    FOR "partition" IN
        SELECT c."relname" FROM pg_inherits i JOIN pg_class c ON c."oid" = i."inhrelid"
        WHERE i."inhparent" = to_regclass("parent")
            AND c."relname" ~ ('^' || "parent" || '_[0-9]{8}$')
            AND to_date(right(c."relname", 8), 'YYYYMMDD') < "first_kept"
    LOOP
        EXECUTE format('DROP TABLE %I', "partition");
        "dropped" := "dropped" + 1;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE "created_at" < %L', "parent" || '_default', "first_kept"::timestamp AT TIME ZONE 'UTC');
    RETURN "dropped";
END
$$;

SELECT "ensure_request_log_partitions"(7);
