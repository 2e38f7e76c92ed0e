-- CreateTable
CREATE TABLE "detector_overrides" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "state" TEXT,
    "settings" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "updated_by" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "detector_overrides_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "detection_exceptions" (
    "id" UUID NOT NULL,
    "tenant" TEXT NOT NULL,
    "types" TEXT[],
    "match" JSONB NOT NULL,
    "reason" TEXT NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "detection_exceptions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "detector_overrides_tenant_type_service_route_key" ON "detector_overrides"("tenant", "type", "service", "route");

-- CreateIndex
CREATE INDEX "detection_exceptions_tenant_created_at_id_idx" ON "detection_exceptions"("tenant", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "detection_exceptions_until_idx" ON "detection_exceptions"("until");
