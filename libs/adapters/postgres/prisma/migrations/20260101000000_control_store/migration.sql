-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "alerts" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "entity_kind" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "severity_rank" SMALLINT NOT NULL,
    "state" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "evaluated_revision" INTEGER NOT NULL DEFAULT 0,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "policies" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "order" INTEGER NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "simulate" BOOLEAN NOT NULL,
    "match" JSONB NOT NULL,
    "actions" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "guard_rails" (
    "tenant" TEXT NOT NULL,
    "kill_switch" BOOLEAN NOT NULL,
    "simulate_all" BOOLEAN NOT NULL,
    "cap_per_hour" INTEGER NOT NULL,
    "never_block_private" BOOLEAN NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "guard_rails_pkey" PRIMARY KEY ("tenant")
);

-- CreateTable
CREATE TABLE "never_block_entries" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "never_block_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "enforcements" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "action_kind" TEXT NOT NULL,
    "action" JSONB NOT NULL,
    "entity_kind" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "entity_name" TEXT NOT NULL,
    "alert_id" UUID,
    "policy_id" UUID,
    "round" INTEGER NOT NULL DEFAULT 0,
    "requested_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "applied_at" TIMESTAMPTZ(3),
    "effective_at" TIMESTAMPTZ(3),
    "effective_by" TEXT,
    "ends_at" TIMESTAMPTZ(3),
    "lifted_at" TIMESTAMPTZ(3),
    "lifted_by" TEXT,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "gaps" JSONB NOT NULL,
    "changes" JSONB NOT NULL,
    "saved" JSONB,
    "revision" INTEGER NOT NULL,

    CONSTRAINT "enforcements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhooks" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "disabled_reason" TEXT,
    "allow_private_address" BOOLEAN NOT NULL,
    "events" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_secrets" (
    "id" UUID NOT NULL,
    "webhook_id" UUID NOT NULL,
    "key_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "webhook_id" UUID NOT NULL,
    "dedup_key" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "payload" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "last_status" INTEGER,
    "last_error" TEXT,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery_attempts" (
    "id" BIGSERIAL NOT NULL,
    "delivery_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "status" INTEGER,
    "error" TEXT,
    "duration_ms" INTEGER NOT NULL,

    CONSTRAINT "delivery_attempts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_tokens" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "act" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" JSONB NOT NULL,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "alerts_tenant_opened_at_id_idx" ON "alerts"("tenant", "opened_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "alerts_tenant_entity_kind_entity_id_opened_at_idx" ON "alerts"("tenant", "entity_kind", "entity_id", "opened_at" DESC);

-- CreateIndex
CREATE INDEX "policies_tenant_order_idx" ON "policies"("tenant", "order");

-- CreateIndex
CREATE UNIQUE INDEX "never_block_entries_tenant_kind_value_key" ON "never_block_entries"("tenant", "kind", "value");

-- CreateIndex
CREATE INDEX "enforcements_tenant_created_at_id_idx" ON "enforcements"("tenant", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "enforcements_tenant_entity_kind_entity_id_created_at_idx" ON "enforcements"("tenant", "entity_kind", "entity_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "enforcements_alert_id_policy_id_action_kind_round_key" ON "enforcements"("alert_id", "policy_id", "action_kind", "round");

-- CreateIndex
CREATE INDEX "webhooks_tenant_created_at_idx" ON "webhooks"("tenant", "created_at");

-- CreateIndex
CREATE INDEX "webhook_secrets_webhook_id_idx" ON "webhook_secrets"("webhook_id");

-- CreateIndex
CREATE INDEX "deliveries_tenant_created_at_id_idx" ON "deliveries"("tenant", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "deliveries_webhook_id_created_at_idx" ON "deliveries"("webhook_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_tenant_dedup_key_key" ON "deliveries"("tenant", "dedup_key");

-- CreateIndex
CREATE INDEX "delivery_attempts_delivery_id_id_idx" ON "delivery_attempts"("delivery_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "access_tokens_hash_key" ON "access_tokens"("hash");

-- CreateIndex
CREATE INDEX "access_tokens_tenant_created_at_idx" ON "access_tokens"("tenant", "created_at");

-- CreateIndex
CREATE INDEX "audit_entries_tenant_at_id_idx" ON "audit_entries"("tenant", "at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "delivery_attempts" ADD CONSTRAINT "delivery_attempts_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What Prisma's schema language cannot say, from here on.

-- At most one alert that is not resolved for one matter.
CREATE UNIQUE INDEX "alerts_one_unresolved" ON "alerts"("tenant", "type", "entity_kind", "entity_id") WHERE "state" <> 'resolved';

-- The sweep for alerts that no evaluation has covered.
CREATE INDEX "alerts_unevaluated" ON "alerts"("changed_at", "id") WHERE "revision" > "evaluated_revision";

-- At most one live enforcement of one kind on one target.
CREATE UNIQUE INDEX "enforcements_one_live" ON "enforcements"("tenant", "gateway", "action_kind", "entity_kind", "entity_id")
  WHERE "state" IN ('pending', 'applied', 'effective', 'lifting');

-- The cap per hour.
CREATE INDEX "enforcements_begun" ON "enforcements"("tenant", "created_at") WHERE "state" NOT IN ('simulated', 'refused');

CREATE INDEX "deliveries_pending" ON "deliveries"("next_attempt_at") WHERE "state" = 'pending';

ALTER TABLE "enforcements"
  ADD CONSTRAINT "enforcements_state" CHECK ("state" IN ('pending', 'applied', 'effective', 'lifting', 'lifted', 'failed', 'simulated', 'refused'));
ALTER TABLE "alerts" ADD CONSTRAINT "alerts_state" CHECK ("state" IN ('open', 'acknowledged', 'resolved'));
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_state" CHECK ("state" IN ('pending', 'delivered', 'failed'));

-- The audit log only grows.
CREATE FUNCTION "audit_entries_are_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries cannot be changed';
END;
$$;
CREATE TRIGGER "audit_entries_are_kept" BEFORE UPDATE ON "audit_entries" FOR EACH ROW EXECUTE FUNCTION "audit_entries_are_kept"();
