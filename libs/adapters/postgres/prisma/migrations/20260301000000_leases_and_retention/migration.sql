-- CreateTable
CREATE TABLE "leases" (
    "role" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "term" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("role")
);

-- CreateIndex
CREATE INDEX "audit_entries_at_idx" ON "audit_entries"("at");


-- What Prisma's schema language cannot say, from here on: what retention looks through.

CREATE INDEX "deliveries_over" ON "deliveries"("created_at") WHERE "state" <> 'pending';

CREATE INDEX "enforcements_over" ON "enforcements"("created_at") WHERE "state" NOT IN ('pending', 'applied', 'effective', 'lifting');

CREATE INDEX "alerts_resolved" ON "alerts"("changed_at") WHERE "state" = 'resolved';
