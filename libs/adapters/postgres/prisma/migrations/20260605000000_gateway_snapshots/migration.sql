-- CreateTable
CREATE TABLE "gateway_snapshots" (
    "tenant" TEXT NOT NULL,
    "gateway" TEXT NOT NULL,
    "snapshot" JSONB NOT NULL,
    "memory" JSONB NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_snapshots_pkey" PRIMARY KEY ("tenant","gateway")
);
