-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "role" AS ENUM ('owner', 'admin', 'member', 'viewer');

-- CreateEnum
CREATE TYPE "request_outcome" AS ENUM ('completed', 'failed', 'cancelled', 'refused');

-- CreateTable
CREATE TABLE "organizations" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organizations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tiers" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "requests_per_minute" INTEGER,
    "requests_per_day" INTEGER,
    "tokens_per_minute" INTEGER,
    "concurrent_requests" INTEGER,
    "monthly_tokens" BIGINT,
    "context_tokens_max" INTEGER,
    "output_tokens_max" INTEGER,
    "queue_priority" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tiers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "projects" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "tier_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'member',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "project_members" (
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'member',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "project_members_pkey" PRIMARY KEY ("project_id","user_id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "public_id" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "redacted_value" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "owner_id" TEXT,
    "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
-- History, by UTC day from the first migration: retention drops a partition instead of deleting rows.
CREATE TABLE "request_log" (
    "request_id" TEXT NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "worker" TEXT,
    "status_code" INTEGER NOT NULL,
    "outcome" "request_outcome" NOT NULL,
    "error_code" TEXT,
    "finish_reason" TEXT,
    "stream" BOOLEAN NOT NULL,
    "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
    "cached_tokens" INTEGER NOT NULL DEFAULT 0,
    "completion_tokens" INTEGER NOT NULL DEFAULT 0,
    "queue_ms" DOUBLE PRECISION,
    "ttft_ms" DOUBLE PRECISION,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "user_agent" TEXT,
    "client_ip_hash" TEXT,
    "retry_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "request_log_pkey" PRIMARY KEY ("request_id","created_at")
) PARTITION BY RANGE ("created_at");

-- A row whose day has no partition yet lands here; nothing is ever refused for want of one.
CREATE TABLE "request_log_default" PARTITION OF "request_log" DEFAULT;

-- CreateTable
CREATE TABLE "usage_hourly" (
    "project_id" TEXT NOT NULL,
    "api_key_id" TEXT NOT NULL,
    "model" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "requests" BIGINT NOT NULL DEFAULT 0,
    "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
    "cached_tokens" BIGINT NOT NULL DEFAULT 0,
    "completion_tokens" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "usage_hourly_pkey" PRIMARY KEY ("project_id","api_key_id","model","hour")
);

-- CreateIndex
CREATE INDEX "projects_tier_id_idx" ON "projects"("tier_id");

-- CreateIndex
CREATE UNIQUE INDEX "projects_organization_id_name_key" ON "projects"("organization_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "users_organization_id_idx" ON "users"("organization_id");

-- CreateIndex
CREATE INDEX "project_members_user_id_idx" ON "project_members"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_public_id_key" ON "api_keys"("public_id");

-- CreateIndex
CREATE INDEX "api_keys_project_id_idx" ON "api_keys"("project_id");

-- CreateIndex
CREATE INDEX "api_keys_owner_id_idx" ON "api_keys"("owner_id");

-- CreateIndex
CREATE INDEX "request_log_api_key_id_created_at_idx" ON "request_log"("api_key_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "request_log_project_id_created_at_idx" ON "request_log"("project_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "request_log_model_created_at_idx" ON "request_log"("model", "created_at" DESC);

-- CreateIndex
CREATE INDEX "usage_hourly_hour_idx" ON "usage_hourly"("hour");

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "projects" ADD CONSTRAINT "projects_tier_id_fkey" FOREIGN KEY ("tier_id") REFERENCES "tiers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "project_members" ADD CONSTRAINT "project_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Checks
-- What Prisma's schema language cannot say.
ALTER TABLE "users" ADD CONSTRAINT "users_email_lower_case" CHECK ("email" = lower("email"));
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_secret_hash_hex" CHECK ("secret_hash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "request_log" ADD CONSTRAINT "request_log_tokens_not_negative"
    CHECK ("prompt_tokens" >= 0 AND "cached_tokens" >= 0 AND "completion_tokens" >= 0);

-- Partitions
-- Makes the partitions of today (UTC) and of the given number of days after it that do not exist yet, and returns how
-- many it made. Rows that meanwhile landed in the default partition move to their day. Safe to call at any time, from
-- any number of processes.
CREATE FUNCTION "ensure_request_log_partitions"("days_ahead" INTEGER) RETURNS INTEGER
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
        "partition" := 'request_log_' || to_char("day", 'YYYYMMDD');
        CONTINUE WHEN to_regclass("partition") IS NOT NULL;
        "lower_bound" := "day"::timestamp AT TIME ZONE 'UTC';
        "upper_bound" := ("day" + 1)::timestamp AT TIME ZONE 'UTC';
        -- Writers wait a moment. One that chose the default partition before the attach would fail after it, and a row that
        -- got there between the move and the attach would fail the attach.
        LOCK TABLE ONLY "request_log" IN SHARE ROW EXCLUSIVE MODE;
        LOCK TABLE "request_log_default" IN ACCESS EXCLUSIVE MODE;
        EXECUTE format('CREATE TABLE %I (LIKE "request_log" INCLUDING ALL)', "partition");
        EXECUTE format('WITH "moved" AS (DELETE FROM "request_log_default" WHERE "created_at" >= %L AND "created_at" < %L RETURNING *) INSERT INTO %I SELECT * FROM "moved"', "lower_bound", "upper_bound", "partition");
        EXECUTE format('ALTER TABLE "request_log" ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', "partition", "lower_bound", "upper_bound");
        "made" := "made" + 1;
    END LOOP;
    RETURN "made";
END
$$;

SELECT "ensure_request_log_partitions"(7);
