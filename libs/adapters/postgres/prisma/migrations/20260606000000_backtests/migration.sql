-- CreateTable
CREATE TABLE "backtests" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "saved_at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "result" JSONB,

    CONSTRAINT "backtests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "backtests_tenant_started_at_id_idx" ON "backtests"("tenant", "started_at" DESC, "id" DESC);
