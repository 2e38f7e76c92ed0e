-- CreateTable
CREATE TABLE "baseline_controls" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "entity_kind" TEXT NOT NULL,
    "entity_id" TEXT NOT NULL,
    "from_at" TIMESTAMPTZ(3) NOT NULL,
    "to_at" TIMESTAMPTZ(3),
    "reason" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "baseline_controls_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "baseline_controls_tenant_action_created_at_id_idx" ON "baseline_controls"("tenant", "action", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "baseline_controls_tenant_entity_kind_entity_id_idx" ON "baseline_controls"("tenant", "entity_kind", "entity_id");
