-- AlterTable
ALTER TABLE "alerts" ADD COLUMN     "campaign_id" UUID,
ADD COLUMN     "participants" TEXT[],
ADD COLUMN     "simulated" BOOLEAN NOT NULL DEFAULT false;

-- Alerts of before are campaigns of one.
UPDATE "alerts" SET
  "campaign_id" = "id",
  "participants" = (
    SELECT coalesce(array_agg(DISTINCT (entity->>'kind') || ':' || (entity->>'id')), '{}')
    FROM (
      SELECT "body"->'entity' AS entity
      UNION ALL
      SELECT contributor->'entity' FROM jsonb_array_elements("body"->'contributors') AS contributor
    ) AS entities
    WHERE entity->>'kind' IN ('consumer', 'credential', 'ip')
  );
ALTER TABLE "alerts" ALTER COLUMN "campaign_id" SET NOT NULL;

-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "campaign_id" UUID,
ADD COLUMN     "severity_rank" SMALLINT;

-- CreateIndex
CREATE INDEX "alerts_tenant_campaign_id_idx" ON "alerts"("tenant", "campaign_id");

-- CreateIndex
CREATE INDEX "alerts_participants_idx" ON "alerts" USING GIN ("participants");


-- What Prisma's schema language cannot say, from here on.

-- What a webhook was told of a campaign.
CREATE INDEX "deliveries_of_campaign" ON "deliveries"("campaign_id", "webhook_id", "created_at") WHERE "campaign_id" IS NOT NULL;

ALTER TABLE "deliveries" DROP CONSTRAINT "deliveries_state";
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_state" CHECK ("state" IN ('pending', 'delivered', 'failed', 'folded'));
